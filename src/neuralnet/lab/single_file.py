"""One HTML file that holds a drawing pad, a view of the network and its weights."""

from __future__ import annotations

import base64
import re
from pathlib import Path

PAGE = Path(__file__).parent / "page"
# A page opened from a file cannot import modules, so they become one script, in this order.
MODULES = (
    "engine/resampling.js",
    "engine/distance.js",
    "engine/preparation.js",
    "engine/safetensors.js",
    "engine/network.js",
    "dom.js",
    "pictures.js",
    "pad.js",
    "answer.js",
    "unit.js",
    "think.js",
    "theme.js",
    "alone.js",
)
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def single_file(network: bytes) -> str:
    """Return a page that works from disk, with no server and no other file.

    Parameters
    ----------
    network : bytes
        A network of 784 inputs and 10 classes, as `save` wrote it.

    Returns
    -------
    str
        HTML. The weights are stored in base64.
    """
    script = "\n".join(_EXPORT.sub("", _IMPORT.sub("", _text(name))) for name in MODULES)
    parts = {
        "/*style*/": _text("style.css"),
        "/*script*/": script,
        "<!--network-->": base64.b64encode(network).decode(),
    }
    page = _text("alone.html")
    for mark, content in parts.items():
        page = page.replace(mark, content)
    return page


def _text(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")
