"""Numbers of the job language: binary floating point with a precision of its own for every value.

A `Number` is `mantissa * 2**exponent`, rounded half to even to `precision` bits; the mantissa carries the sign and is
odd (or zero), so equal numbers have equal fields. Infinity has `infinite` = ±1. Nothing here depends on the size
limits that Python puts on the conversion between integers and decimal text.

spec: jobspec §3.2
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from jobplan.source.jobspec.limits import LimitExceeded

SOURCE_PRECISION = 512  # literals, strings, jsondecode, variables
INTEGER_PRECISION = 64  # indexes, lengths, counters
FLOAT_PRECISION = 53  # pow, log

MAX_EXPONENT = 20_000
"""Decimal exponents beyond this are refused: they are no numbers of a job, only work for the reader."""

MAX_BITS = 80_000  # the same in powers of two, for results of arithmetic

_MAX_DIGITS = 4_000  # more digits than 512 bits can tell apart; the rest only decides ties

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)


class NumberTooLarge(ValueError):
    """A decimal exponent beyond MAX_EXPONENT."""


class NotANumber(ArithmeticError):
    """0 / 0, or infinity / infinity, or infinity - infinity."""


@dataclass(frozen=True, slots=True)
class Number:
    """`mantissa * 2**exponent` at `precision` bits; `infinite` is -1, 0 or 1. Two numbers are equal when they are the
    same quantity, whatever their precision: compare with `same_number`."""

    mantissa: int
    exponent: int
    precision: int
    infinite: int = 0

    @property
    def sign(self) -> int:
        if self.infinite:
            return self.infinite
        return (self.mantissa > 0) - (self.mantissa < 0)

    @property
    def is_whole(self) -> bool:
        return not self.infinite and self.exponent >= 0

    def to_int(self) -> int:
        """The value truncated toward zero. Only for finite numbers."""
        if self.exponent >= 0:
            return self.mantissa << self.exponent
        magnitude = abs(self.mantissa) >> -self.exponent
        return magnitude if self.mantissa >= 0 else -magnitude

    def to_float(self) -> float:
        """The nearest 64-bit float; too large becomes infinity."""
        if self.infinite:
            return math.inf * self.infinite
        try:
            if self.exponent >= 0:
                return float(self.mantissa << self.exponent)
            return self.mantissa / (1 << -self.exponent)
        except OverflowError:
            return math.copysign(math.inf, self.mantissa)


def rounded(mantissa: int, exponent: int, precision: int, sticky: bool = False) -> Number:
    """The number nearest to `mantissa * 2**exponent` (plus a little, away from zero, when `sticky`)."""
    magnitude = abs(mantissa)
    excess = magnitude.bit_length() - precision
    if excess > 0:
        half, rest = 1 << (excess - 1), magnitude & ((1 << excess) - 1)
        magnitude >>= excess
        exponent += excess
        if rest > half or (rest == half and (sticky or magnitude & 1)):
            magnitude += 1
    if not magnitude:
        return Number(0, 0, precision)
    zeros = (magnitude & -magnitude).bit_length() - 1
    magnitude >>= zeros
    if abs(exponent) > MAX_BITS:
        raise LimitExceeded("a number is too large or too small", detail=f"its exponent is beyond {MAX_EXPONENT}")
    return Number(-magnitude if mantissa < 0 else magnitude, exponent + zeros, precision)


def from_int(value: int, precision: int = SOURCE_PRECISION) -> Number:
    return rounded(value, 0, precision)


def from_count(value: int) -> Number:
    """An index, length or counter; larger integers keep all their bits."""
    return rounded(value, 0, max(INTEGER_PRECISION, value.bit_length()))


def from_float(value: float, precision: int = FLOAT_PRECISION) -> Number:
    """Raises `NotANumber` for NaN."""
    if math.isnan(value):
        raise NotANumber
    if math.isinf(value):
        return Number(0, 0, precision, 1 if value > 0 else -1)
    numerator, denominator = value.as_integer_ratio()
    return rounded(numerator, 1 - denominator.bit_length(), precision)


def from_text(text: str, precision: int = SOURCE_PRECISION) -> Number | None:
    """The number that a decimal text denotes, or None. Raises `NumberTooLarge`."""
    if not _DECIMAL.fullmatch(text):
        return None
    mantissa_text, _, exponent_text = text.replace("E", "e").partition("e")
    if len(exponent_text.lstrip("+-0")) > 9:
        raise NumberTooLarge
    exponent = int(exponent_text or "0")
    negative = mantissa_text.startswith("-")
    whole, _, fraction = mantissa_text.lstrip("+-").partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent -= len(fraction)
    sticky = False
    if len(digits) > _MAX_DIGITS:
        sticky = digits[_MAX_DIGITS:].strip("0") != ""
        exponent += len(digits) - _MAX_DIGITS
        digits = digits[:_MAX_DIGITS]
    if abs(exponent) > MAX_EXPONENT:
        if not digits:
            return Number(0, 0, precision)
        raise NumberTooLarge
    mantissa = int(digits or "0")
    return _scaled(-mantissa if negative else mantissa, exponent, precision, sticky)


def _scaled(mantissa: int, ten_exponent: int, precision: int, sticky: bool) -> Number:
    """`mantissa * 10**ten_exponent`, rounded once."""
    if ten_exponent >= 0:
        return rounded(mantissa * 5**ten_exponent, ten_exponent, precision, sticky)
    return _quotient(mantissa, 5**-ten_exponent, ten_exponent, precision, sticky)


def _quotient(numerator: int, denominator: int, exponent: int, precision: int, sticky: bool = False) -> Number:
    shift = max(0, precision + 2 + denominator.bit_length() - numerator.bit_length())
    quotient, rest = divmod(abs(numerator) << shift, denominator)
    value = rounded(quotient * 2 + (rest != 0 or sticky), exponent - shift - 1, precision, rest != 0 or sticky)
    return negate(value) if numerator < 0 else value


# ---- arithmetic ------------------------------------------------------------------------------------------------------
def negate(x: Number) -> Number:
    return Number(-x.mantissa, x.exponent, x.precision, -x.infinite)


def same_number(x: Number, y: Number) -> bool:
    return (x.mantissa, x.exponent, x.infinite) == (y.mantissa, y.exponent, y.infinite)


def compare(x: Number, y: Number) -> int:
    """-1, 0 or 1."""
    if x.infinite or y.infinite:
        return (x.infinite > y.infinite) - (x.infinite < y.infinite)
    if x.sign != y.sign:
        return 1 if x.sign > y.sign else -1
    low = min(x.exponent, y.exponent)
    a, b = x.mantissa << (x.exponent - low), y.mantissa << (y.exponent - low)
    return (a > b) - (a < b)


def add(x: Number, y: Number) -> Number:
    precision = max(x.precision, y.precision)
    if x.infinite or y.infinite:
        if x.infinite and y.infinite and x.infinite != y.infinite:
            raise NotANumber
        return Number(0, 0, precision, x.infinite or y.infinite)
    low = min(x.exponent, y.exponent)
    return rounded((x.mantissa << (x.exponent - low)) + (y.mantissa << (y.exponent - low)), low, precision)


def multiply(x: Number, y: Number) -> Number:
    precision = max(x.precision, y.precision)
    if x.infinite or y.infinite:
        if x.sign == 0 or y.sign == 0:
            raise NotANumber
        return Number(0, 0, precision, x.sign * y.sign)
    return rounded(x.mantissa * y.mantissa, x.exponent + y.exponent, precision)


def divide(x: Number, y: Number) -> Number:
    """`x / 0` is infinite; raises `NotANumber` for 0 / 0 and infinity / infinity. spec: jobspec §3.2"""
    precision = max(x.precision, y.precision)
    if (x.sign == 0 and y.sign == 0) or (x.infinite and y.infinite):
        raise NotANumber
    if x.infinite or y.sign == 0:
        return Number(0, 0, precision, x.sign * (y.sign or 1))
    if y.infinite:
        return Number(0, 0, precision)
    value = _quotient(x.mantissa, abs(y.mantissa), x.exponent - y.exponent, precision)
    return negate(value) if y.mantissa < 0 else value


def modulo(x: Number, y: Number) -> Number:
    """`x - y * trunc(x / y)`; `x % 0` is x. spec: jobspec §3.2"""
    if y.sign == 0 or y.infinite:
        return x
    if x.infinite:
        raise NotANumber
    precision = max(x.precision, y.precision)
    low = min(x.exponent, y.exponent)
    a, b = x.mantissa << (x.exponent - low), abs(y.mantissa << (y.exponent - low))
    rest = abs(a) % b
    return rounded(-rest if a < 0 else rest, low, precision)


# ---- text ------------------------------------------------------------------------------------------------------------
def digits_of(value: int) -> str:
    """Decimal digits of an integer of any size."""
    return str(value) if value.bit_length() < 10_000 else format(Decimal(value), "f")


def shortest(x: Number) -> tuple[str, int]:
    """The shortest digits d and the decimal point p such that 0.d * 10**p reads back as |x| at its precision.

    The neighbourhood is half a unit of x's own last place to both sides, also at powers of two.
    """
    magnitude, exponent = abs(x.mantissa), x.exponent
    if not magnitude:
        return "", 0
    spare = x.precision - magnitude.bit_length()
    center, low = (magnitude << spare) * 2, exponent - spare - 1
    inclusive = (magnitude << spare) % 2 == 0
    scale = 1 << low if low >= 0 else 5**-low
    texts = [digits_of(n * scale) for n in (center - 1, center, center + 1)]
    point = len(texts[1]) + min(low, 0)
    lower, digits, upper = (t.rstrip("0") for t in texts)
    for i, digit in enumerate(digits):
        below = lower[i] if i < len(lower) else "0"
        above = upper[i] if i < len(upper) else "0"
        down = below != digit or (inclusive and i + 1 == len(lower))
        up = digit != above and (inclusive or int(digit) + 1 < int(above) or i + 1 < len(upper))
        if down and up:
            return _cut(digits, i + 1, point, _rounds_up(digits, i + 1))
        if down:
            return _cut(digits, i + 1, point, False)
        if up:
            return _cut(digits, i + 1, point, True)
    return digits, point


def _rounds_up(digits: str, n: int) -> bool:
    if n >= len(digits):
        return False
    if digits[n] == "5" and n + 1 == len(digits):
        return n > 0 and (ord(digits[n - 1]) - 48) % 2 == 1
    return digits[n] >= "5"


def _cut(digits: str, n: int, point: int, up: bool) -> tuple[str, int]:
    head = digits[:n]
    if up:
        head = head.rstrip("9")
        if not head:
            return "1", point + 1
        head = head[:-1] + str(int(head[-1]) + 1)
    return head.rstrip("0"), point


def to_text(x: Number) -> str:
    """Decimal text, never in exponent form. spec: jobspec §3.2"""
    if x.infinite:
        return "+Inf" if x.infinite > 0 else "-Inf"
    if x.exponent >= 0 and x.mantissa.bit_length() + x.exponent <= x.precision:
        return digits_of(x.mantissa << x.exponent)
    digits, point = shortest(x)
    sign = "-" if x.mantissa < 0 else ""
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return sign + digits + "0" * (point - len(digits))
    return f"{sign}{digits[:point]}.{digits[point:]}"
