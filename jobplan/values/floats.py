"""Floating point numbers as text, the way Go prints them. spec: diff §2.2"""

from __future__ import annotations


def float_text(value: float, *, limit: int = 6) -> str:
    """The shortest digits that read back as the same double; scientific from 10**`limit` on and below 10**-4.

    `1000000.0` → `1e+06`, `0.1` → `0.1`, `123456.0` → `123456`, `-0.0` → `-0`. Integers count as doubles.
    """
    text = repr(float(value))
    mantissa, _, power = text.partition("e")
    sign, mantissa = ("-", mantissa[1:]) if mantissa[0] == "-" else ("", mantissa)
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return f"{sign}0"
    exponent = len(whole) - 1 + int(power or 0) if whole != "0" else len(digits) - len(fraction) - 1
    digits = digits.rstrip("0")
    if -4 <= exponent < limit:
        return sign + _positional(digits, exponent)
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _positional(digits: str, exponent: int) -> str:
    """`digits` is d.ddd without its point, times 10**`exponent`."""
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
