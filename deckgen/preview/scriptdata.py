"""JSON for scripts and for elements that hold data."""

from __future__ import annotations

import json


def script_json(value: object) -> str:
    """Return compact JSON in which nothing ends a script element or a script's line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
