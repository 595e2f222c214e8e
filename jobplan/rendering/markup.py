"""Colour tags of Nomad's command line: `[green]text[reset]` → terminal codes.

spec: plan §7.3.1
"""

from __future__ import annotations

import re

_FOREGROUND = {
    "default": 39,
    "black": 30,
    "red": 31,
    "green": 32,
    "yellow": 33,
    "blue": 34,
    "magenta": 35,
    "cyan": 36,
    "light_gray": 37,
    "dark_gray": 90,
    "light_red": 91,
    "light_green": 92,
    "light_yellow": 93,
    "light_blue": 94,
    "light_magenta": 95,
    "light_cyan": 96,
    "white": 97,
}
_ATTRIBUTES = {
    "bold": 1,
    "dim": 2,
    "underline": 4,
    "blink_slow": 5,
    "blink_fast": 6,
    "invert": 7,
    "hidden": 8,
    "reset": 0,
    "reset_bold": 21,
}
TAGS = {
    **_FOREGROUND,
    **{f"_{name}_": code + 10 for name, code in _FOREGROUND.items()},
    **_ATTRIBUTES,
}
"""Tag name → terminal code."""

RESET = "\x1b[0m"

_TAG = re.compile(r"\[([A-Za-z0-9_-]+)\]")


def expand(text: str, color: bool) -> str:
    """Replace the known tags of one printed text; unknown ones stay.

    Runs over everything, text of users included: with colour off a field named `Env[red]` prints as `Env`. spec:
    plan §7.3.1
    """
    found = False

    def code(match: re.Match[str]) -> str:
        nonlocal found
        number = TAGS.get(match[1])
        if number is None:
            return match[0]
        found = True
        return f"\x1b[{number}m" if color else ""

    expanded = _TAG.sub(code, text)
    return expanded + RESET if color and found else expanded
