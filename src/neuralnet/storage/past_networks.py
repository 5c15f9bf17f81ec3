"""Metadata of networks in past format versions, converted to the present one.

Until version 4 was released, the settings were stored without `classes` and `input_range`, which
had texts of their own. Such files have no checksum.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from neuralnet.checks import InputError
from neuralnet.storage.container import RETRY_HINT, check_keys, parse_json

_TEXTS = ("settings", "classes", "preprocessing", "notes")
# For each format version, the settings it added and their values for files of older versions.
_ADDED_IN: dict[int, dict[str, Any]] = {
    2: {"batch_norm": False, "dropout": 0.0, "label_smoothing": 0.0},
}


def converted_texts(texts: dict[str, str], version: int) -> dict[str, str]:
    """Return the texts of a network in the present form: `texts` itself if they have it already.

    Raises
    ------
    InputError
        If they are invalid in their own form.
    """
    if "preprocessing" not in texts and version >= 4:
        return texts
    texts = check_keys(texts, _TEXTS, "its metadata")
    settings = converted_settings(parse_json(texts["settings"], "settings"), version)
    pixels = check_keys(
        parse_json(texts["preprocessing"], "preprocessing"), ("uint8_range",), "preprocessing"
    )
    settings["classes"] = parse_json(texts["classes"], "classes")
    settings["input_range"] = pixels["uint8_range"]
    return {"settings": json.dumps(settings), "notes": texts["notes"]}


def converted_settings(stored: object, version: int) -> dict[str, Any]:
    """Return the settings of a network of a past version, without classes and input range."""
    if not isinstance(stored, Mapping) or "num_hidden" not in stored:
        raise InputError(f"settings is {stored!r:.60}; it must hold the settings. {RETRY_HINT}")
    settings = dict(stored)
    for added_in, added in _ADDED_IN.items():
        if version < added_in:
            settings = {**added, **settings}
    if version < 4:
        settings.pop("receptive_fields", None)  # they affected the training only
        initial, hidden = settings.get("initial_weights"), settings["num_hidden"]
        if not isinstance(initial, list) and isinstance(hidden, list):  # one for all layers
            settings["initial_weights"] = [initial] * (len(hidden) + 1)
    return settings
