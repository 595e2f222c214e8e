"""`format` and `formatlist`.

spec: jobspec §13.3
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from jobplan.source.jobspec.conversion import ConversionError, convert
from jobplan.source.jobspec.diagnostics import grapheme_count
from jobplan.source.jobspec.functions import jsontext
from jobplan.source.jobspec.functions.signature import Function, FunctionError, function
from jobplan.source.jobspec.functions.strings import STRINGS, bounded
from jobplan.source.jobspec.numbers import Number, digits_of, shortest
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import BOOL, NUMBER, STRING, Type, Value, sequence, string

_HEAD = re.compile(
    r"%(?P<flags>[ \-+0#]*+)(?P<width>[1-9][0-9]*+)?(?:\.(?P<precision>[0-9]*+))?"
    r"(?:\[(?P<index>[1-9][0-9]*+)\]|(?P<open>\[(?:[1-9][0-9]*+)?))?"
)
_INTEGER = {"d": 10, "b": 2, "o": 8, "x": 16, "X": 16}
_PREFIX = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}
_VERBS = "%vsqdboxXeEfgGt"


@dataclass(frozen=True, slots=True)
class Verb:
    text: str
    offset: int
    flags: str
    width: int
    precision: int | None
    letter: str


def render(template: str, arguments: list[Value], scope: Scope) -> str:
    """Raises FunctionError."""
    out: list[str] = []
    at = used = highest = 0
    verbs = False
    while (found := template.find("%", at)) >= 0:
        out.append(template[at:found])
        verb, index, at = _read_verb(template, found)
        if verb.letter == "%":
            out.append("%")
            continue
        verbs = True
        used = index if index is not None else used + 1
        highest = max(highest, used)
        if used < 1 or used > len(arguments):
            raise FunctionError(
                f'not enough arguments for "{verb.text}" at {verb.offset}: need index {used} but have '
                f"{len(arguments)} total"
            )
        piece = _formatted(verb, arguments[used - 1], scope)
        bounded(len(piece), scope)
        out.append(piece)
    out.append(template[at:])
    if highest < len(arguments):
        if not verbs:
            raise FunctionError("too many arguments; no verbs in format string", 1)
        raise FunctionError(f"too many arguments; only {highest} used by format string", highest + 1)
    return "".join(out)


def _byte_offset(template: str, at: int) -> int:
    return len(template[:at].encode())


def _read_verb(template: str, at: int) -> tuple[Verb, int | None, int]:
    offset = _byte_offset(template, at)
    head = _HEAD.match(template, at)
    assert head is not None
    stop = head.end()
    if stop >= len(template):
        raise FunctionError(f"invalid format string starting at offset {_byte_offset(template, stop)}")
    letter = template[stop]
    if letter != "%" and not (letter.isascii() and letter.isalpha() and not head["open"]):
        raise FunctionError(f"unrecognized format character '{letter}' at offset {_byte_offset(template, stop)}")
    if letter not in _VERBS:
        raise FunctionError(f"unsupported format verb '{letter}' in \"{template[at : stop + 1]}\" at offset {offset}")
    found = head
    if max(len(found["width"] or ""), len(found["precision"] or ""), len(found["index"] or "")) > 5:
        raise FunctionError(f"invalid format string starting at offset {offset}")
    precision = None if found["precision"] is None else int(found["precision"] or "0")
    index = None if found["index"] is None else int(found["index"])
    verb = Verb(template[at : stop + 1], offset, found["flags"], int(found["width"] or "0"), precision, letter)
    return verb, index, stop + 1


def _formatted(verb: Verb, value: Value, scope: Scope) -> str:
    bounded(verb.width + (verb.precision or 0), scope)
    if verb.letter != "v" and value.is_null:
        raise _unsupported(verb, "null value cannot be formatted")
    if verb.letter == "v":
        return _padded(
            verb, _any(verb, value), "#" not in verb.flags and value.type.kind == "number" and not value.is_null
        )
    if verb.letter == "t":
        return "true" if _as(verb, value, BOOL).raw else "false"
    if verb.letter in "sq":
        text = _as(verb, value, STRING).text
        if verb.precision is not None and verb.letter == "s":
            from jobplan.source.jobspec.diagnostics import graphemes

            text = "".join(graphemes(text)[: verb.precision])
        return _padded(verb, text if verb.letter == "s" else jsontext.quoted(text), False)
    number = _as(verb, value, NUMBER).number
    if verb.letter in _INTEGER:
        return _padded(verb, _integer(verb, number), True)
    return _padded(verb, _float(verb, number), True)


def _as(verb: Verb, value: Value, wanted: Type) -> Value:
    try:
        return convert(value, wanted)
    except ConversionError as e:
        raise _unsupported(verb, str(e)) from None


def _unsupported(verb: Verb, reason: str) -> FunctionError:
    return FunctionError(f'unsupported value for "{verb.text}" at {verb.offset}: {reason}')


def _any(verb: Verb, value: Value) -> str:
    if "#" in verb.flags:
        return jsontext.encode(value)
    if value.is_null:
        return "null"
    if value.type.kind == "string":
        return value.text
    if value.type.kind == "bool":
        return "true" if value.raw else "false"
    if value.type.kind == "number":
        return _float(Verb(verb.text, verb.offset, verb.flags, 0, verb.precision, "g"), value.number)
    return jsontext.encode(value)


def _padded(verb: Verb, text: str, numeric: bool) -> str:
    missing = verb.width - grapheme_count(text)
    if missing <= 0:
        return text
    if "-" in verb.flags:
        return text + " " * missing
    if "0" in verb.flags:
        sign = text[0] if numeric and text[:1] in ("+", "-", " ") else ""
        return sign + "0" * missing + text[len(sign) :]
    return " " * missing + text


def _signed(verb: Verb, negative: bool, magnitude: str) -> str:
    sign = "-" if negative else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    return sign + magnitude


def _integer(verb: Verb, number: Number) -> str:
    if not number.is_whole:
        raise _unsupported(verb, "an integer is required")
    value = abs(number.to_int())
    match verb.letter:
        case "d":
            digits = digits_of(value)
        case "b":
            digits = format(value, "b")
        case "o":
            digits = format(value, "o")
        case _:
            digits = format(value, verb.letter)
    if verb.precision is not None:
        digits = digits.rjust(verb.precision, "0")
    if "#" in verb.flags:
        digits = _PREFIX.get(verb.letter, "") + digits
    return _signed(verb, number.sign < 0, digits)


def _float(verb: Verb, number: Number) -> str:
    if number.infinite:
        sign = "-" if number.infinite < 0 else "+"
        return sign + "Inf"
    letter = verb.letter.lower()
    text = _general(verb.precision, number) if letter == "g" else _fixed(letter, verb.precision, number)
    return _signed(verb, number.sign < 0, text.upper() if verb.letter in "EG" else text)


def _exact(number: Number) -> Decimal:
    """|number| as an exact decimal."""
    magnitude = abs(number.mantissa)
    if number.exponent >= 0:
        return Decimal(magnitude << number.exponent)
    digits = Decimal(magnitude * 5**-number.exponent)
    return digits.scaleb(number.exponent, Context(prec=max(28, len(digits.as_tuple().digits))))


def _fixed(letter: str, precision: int | None, number: Number) -> str:
    places = 6 if precision is None else precision
    value = _exact(number)
    wide = Context(prec=len(value.as_tuple().digits) + places + abs(value.adjusted()) + 10, rounding=ROUND_HALF_EVEN)
    if letter == "f":
        return format(value.quantize(Decimal(1).scaleb(-places), context=wide), "f")
    return _exponent_form(*_significant(value, places + 1))


def _significant(value: Decimal, digits: int) -> tuple[str, int]:
    """The first digits, correctly rounded, and the decimal exponent of the first."""
    if value == 0:
        return "0" * digits, 0
    context = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    rounded = context.plus(value)
    text = "".join(map(str, rounded.as_tuple().digits))
    return text.ljust(digits, "0"), rounded.adjusted()


def _exponent_form(digits: str, exponent: int) -> str:
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _general(precision: int | None, number: Number) -> str:
    if precision is None:
        digits, point = shortest(number)
        digits, exponent, limit = digits or "0", (point - 1 if digits else 0), 6
    else:
        limit = max(precision, 1)
        digits, exponent = _significant(_exact(number), limit)
        digits = digits.rstrip("0") or "0"
    if exponent < -4 or exponent >= limit:
        return _exponent_form(digits, exponent)
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    rest = digits[exponent + 1 :]
    return f"{whole}.{rest}" if rest else whole


def _format(a: list[Value], scope: Scope) -> Value:
    return string(render(a[0].text, a[1:], scope))


def _formatlist(a: list[Value], scope: Scope) -> Value:
    arguments = a[1:]
    length, first = None, 0
    for i, value in enumerate(arguments, 1):
        if value.is_null or not value.type.is_sequence:
            continue
        if length is None:
            length, first = len(value.items), i
        elif len(value.items) != length:
            reason = (
                f"argument {i} has length {len(value.items)}, which is inconsistent with argument {first} "
                f"of length {length}"
            )
            raise FunctionError(reason, i)
    rounds = 1 if length is None else length
    scope.session.budget.charge(rounds)
    lines = []
    for i in range(rounds):
        row = [v.items[i] if not v.is_null and v.type.is_sequence else v for v in arguments]
        try:
            lines.append(string(render(a[0].text, row, scope)))
        except FunctionError as e:
            raise FunctionError(f"error on format iteration {i}: {e}") from None
    return sequence(STRINGS, lines)


FUNCTIONS: tuple[Function, ...] = (
    function("format", "format:str, args:any?…", STRING, _format),
    function("formatlist", "format:str, args:any?…", STRINGS, _formatlist),
)
