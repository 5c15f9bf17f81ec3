"""One HTML file that holds a drawing pad, a view of the network and its weights."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from neuralnet.reading.digit_detector import FILE as DIGIT_DETECTOR

PAGE = Path(__file__).parent / "page"
# A page opened from a file cannot import modules, so they become one script, in this order.
MODULES = (
    "engine/resampling.js",
    "engine/distance.js",
    "engine/preparation.js",
    "engine/safetensors.js",
    "engine/network.js",
    "engine/confidence.js",
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
# Parts of the lab's page that the single file has too, without what needs the server.
_SHARED = re.compile(r"<!--shared (\w+)-->(.*?)<!--/shared-->", re.DOTALL)
_LAB_ONLY = re.compile(r"<!--lab-->.*?<!--/lab-->\s*", re.DOTALL)


def single_file(network: bytes) -> str:
    """Return a page that works from disk, with no server and no other file.

    Parameters
    ----------
    network : bytes
        A network of 784 inputs and 10 classes, as `save` wrote it.

    Returns
    -------
    str
        HTML. The weights are stored in base64, and so are those of the digit detector.
    """
    script = "\n".join(_EXPORT.sub("", _IMPORT.sub("", _text(name))) for name in MODULES)
    shared = _SHARED.findall(_LAB_ONLY.sub("", _text("index.html")))
    parts = {
        **{f"<!--{name}-->": content.strip() for name, content in shared},
        "/*style*/": _text("style.css"),
        "/*script*/": script,
        "<!--network-->": base64.b64encode(network).decode(),
        "<!--digit-detector-->": base64.b64encode(DIGIT_DETECTOR.read_bytes()).decode(),
    }
    page = _text("alone.html")
    for mark, content in parts.items():
        page = page.replace(mark, content)
    return page


def _text(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")
