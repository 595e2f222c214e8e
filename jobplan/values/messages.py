"""The placeholder language of message texts. spec: admission §1.1

Texts are written as the specification prints them; each is compiled once:

    {x}      raw: text as it is, a number in decimal, a boolean as true/false
    {x!q}    quoted; {x!Q} quoted with only ASCII left as it is
    {x!d}    a duration in ns as text; {x!ns} as the plain number
    {xs!l}   a list: [a b]; {xs!lq} with every element quoted

`${…}` is literal. A name may hold spaces (`{max delay!d}`): the value is then called `max_delay`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jobplan.values.durations import duration_text
from jobplan.values.quoting import quoted, quoted_ascii

_PLACEHOLDER = re.compile(r"(?<!\$)\{([A-Za-z][A-Za-z_ -]*)(?:!(q|Q|d|ns|lq|l))?\}")


def _raw(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


FORMS: dict[str, Callable[[Any], str]] = {
    "": _raw,
    "q": quoted,
    "Q": quoted_ascii,
    "d": duration_text,
    "ns": str,
    "l": lambda values: f"[{' '.join(values)}]",
    "lq": lambda values: f"[{' '.join(map(quoted, values))}]",
}


class Message:
    """One compiled text. `names` are the values it needs, in order of appearance."""

    __slots__ = ("_parts", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        pieces = _PLACEHOLDER.split(text)
        self._parts: list[tuple[str, str, Callable[[Any], str] | None]] = []
        for index in range(0, len(pieces), 3):
            literal = pieces[index]
            if index + 1 == len(pieces):
                self._parts.append((literal, "", None))
            else:
                name = pieces[index + 1].replace(" ", "_").replace("-", "_")
                self._parts.append((literal, name, FORMS[pieces[index + 2] or ""]))
        self.names = tuple(name for _, name, _ in self._parts if name)

    def fill(self, lookup: Callable[[str], Any]) -> str:
        """The text, every value fetched by its name."""
        out = []
        for literal, name, form in self._parts:
            out.append(literal if form is None else literal + form(lookup(name)))
        return "".join(out)

    def __call__(self, **values: Any) -> str:
        """The text with these values."""
        return self.fill(values.__getitem__)

    def __repr__(self) -> str:
        return f"Message({self.text!r})"
