"""Reading integers the way the server does, with its error texts, and 64-bit wrap-around. spec: admission §10.4"""

from __future__ import annotations

from jobplan.values.quoting import quoted

UINT16_MAX = (1 << 16) - 1
UINT64_MAX = (1 << 64) - 1
INT64_MAX = (1 << 63) - 1

INVALID, OUT_OF_RANGE = "invalid syntax", "value out of range"


def uint_problem(text: str, *, base: int = 10, maximum: int = UINT64_MAX) -> str | None:
    """Why `text` is not a number 0…`maximum`: `invalid syntax`, `value out of range`, or None when it is one.

    Digits only; they are consumed from the left and the first problem wins.
    """
    if text == "":
        return INVALID
    value = 0
    for char in text:
        if not "0" <= char < chr(ord("0") + base):
            return INVALID
        value = value * base + ord(char) - ord("0")
        if value > maximum:
            return OUT_OF_RANGE
    return None


def uint_error(text: str, *, base: int = 10, maximum: int = UINT64_MAX) -> str | None:
    """The whole error text of `uint_problem`."""
    reason = uint_problem(text, base=base, maximum=maximum)
    return None if reason is None else f"strconv.ParseUint: parsing {quoted(text)}: {reason}"


def plain_integer(text: str) -> int | None:
    """The value of an optional sign and decimal digits within 64 bits, else None."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        return None
    value = int(text)
    return value if -INT64_MAX - 1 <= value <= INT64_MAX else None


def wrap64(value: int) -> int:
    """The signed 64-bit integer that arithmetic with wrap-around would give."""
    return ((value + (1 << 63)) & UINT64_MAX) - (1 << 63)
