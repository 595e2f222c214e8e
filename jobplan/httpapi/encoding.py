"""JSON as the server writes it. spec: api §2"""

from __future__ import annotations

import json
import re
from typing import Any

_EXPONENT = re.compile(r"\d(?:\.\d+)?e[+-]\d")
_MARKED = re.compile(r'"\\u0000(-?[0-9.]+(?:e[+-][0-9]+)?)\\u0000"')
_COMPACT = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)
_PRETTY = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ": "), indent=4, check_circular=False)


def encode(value: Any, *, pretty: bool = False) -> bytes:
    """UTF-8 text with keys in ascending order; pretty output is indented by four spaces and ends in a line feed."""
    encoder = _PRETTY if pretty else _COMPACT
    text = encoder.encode(value)
    if _EXPONENT.search(text) is not None:
        text = _MARKED.sub(r"\1", encoder.encode(_with_doubles(value)))
    if "\u2028" in text or "\u2029" in text:
        text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if pretty:
        text += "\n"
    return text.encode("utf-8", "replace")


def _with_doubles(value: Any) -> Any:
    """The value with every double that Python would write with an exponent replaced by a marked text."""
    if isinstance(value, dict):
        return {key: _with_doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_doubles(item) for item in value]
    if type(value) is float and "e" in repr(value):
        return f"\0{double_text(value)}\0"
    return value


def double_text(value: float) -> str:
    """Exponent form below 1e-6 and from 1e21 on, else positional with at least one fractional digit."""
    text = repr(value)
    if "e" not in text:
        return text
    mantissa, _, power = text.partition("e")
    exponent = int(power)
    if exponent >= 21 or exponent < -6:
        return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = whole + fraction
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    return f"{sign}{digits[: exponent + 1].ljust(exponent + 1, '0')}.0"
