"""Query parameters and bodies, read by the server's rules. spec: api §1.3–§1.5"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from jobplan.errors import JobDecodeError
from jobplan.httpapi.exchange import HTTPError, Request
from jobplan.model.kinds import Kind
from jobplan.source.decode import Decoder, described
from jobplan.source.jsontext import Pairs, decode_bytes, parse, parse_exactly
from jobplan.values.durations import HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND
from jobplan.values.quoting import quoted

TRUE, FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")
BAD_STALE = "Expect `true` or `false` for `stale` query string parameter"
BAD_PER_PAGE = "Expect a number for `per_page` query string parameter"
BAD_WAIT, BAD_INDEX = "Invalid wait time", "Invalid index"
NO_REGION = "No path to region"
EMPTY_BODY = "Request body is empty"
LONGEST_WAIT = 300 * SECOND

_UNITS = {
    "h": HOUR,
    "m": MINUTE,
    "s": SECOND,
    "ms": MILLISECOND,
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "μs": MICROSECOND,
    "ns": 1,
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)")
_DECIMAL = re.compile(r"[+-]?[0-9]+")


@dataclasses.dataclass(frozen=True, slots=True)
class ReadOptions:
    """The common parameters of a read; `wait` in ns, 0 if none was given."""

    namespace: str
    prefix: str
    per_page: int
    next_token: str
    filter: str
    reverse: bool
    wait: int
    index: int


def read_options(request: Request, region: str) -> ReadOptions:
    """The parameters of a read, checked in the server's order."""
    stale = request.params.get("stale")
    if stale is not None and stale != "" and boolean(stale) is None:
        raise HTTPError(400, BAD_STALE)
    per_page = number(request.param("per_page"), 32) if request.param("per_page") else 0
    if per_page is None:
        raise HTTPError(400, BAD_PER_PAGE)
    wait = duration(request.param("wait")) if request.param("wait") else 0
    if wait is None:
        raise HTTPError(400, BAD_WAIT)
    text = request.param("index")
    index = int(text) if text.isascii() and text.isdigit() and int(text) < 2**64 else None if text else 0
    if index is None:
        raise HTTPError(400, BAD_INDEX)
    check_region(request.param("region"), region)
    return ReadOptions(
        request.param("namespace") or "default",
        request.param("prefix"),
        per_page,
        request.param("next_token"),
        request.param("filter"),
        request.param("reverse") == "true",
        wait,
        index,
    )


def check_region(wanted: str, region: str) -> None:
    if wanted not in ("", region):
        raise HTTPError(500, NO_REGION)


def boolean(text: str) -> bool | None:
    """A boolean of a query; None if it is none."""
    if text in TRUE:
        return True
    return False if text in FALSE else None


def number(text: str, bits: int = 64) -> int | None:
    """A signed decimal number; None if it is none or does not fit."""
    if _DECIMAL.fullmatch(text) is None:
        return None
    value = int(text) if len(text) < 25 else 2**bits
    return value if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else None


def duration(text: str) -> int | None:
    """A duration text in ns; None if it is none."""
    sign = -1 if text.startswith("-") else 1
    text = text.removeprefix("-") if sign < 0 else text.removeprefix("+")
    if text == "0":
        return 0
    parts = _PART.findall(text)
    if not parts or "".join(value + unit for value, unit in parts) != text:
        return None
    total = sum(int(float(value) * _UNITS[unit]) for value, unit in parts)
    return sign * total if total < 2**63 else None


def flag(request: Request, name: str, *, shown: str | None = None, status: int = 500) -> bool:
    """A boolean parameter of an endpoint, false if absent. spec: api §6.1, §6.5, §6.17"""
    text = request.param(name)
    if text == "":
        return False
    value = boolean(text)
    if value is None:
        label = f'"{name}"' if shown is None else shown
        problem = f"strconv.ParseBool: parsing {quoted(text)}: invalid syntax"
        raise HTTPError(status, f"Failed to parse value of {label} ({text}) as a bool: {problem}")
    return value


def number_error(name: str, text: str, kind: str, function: str, *, out_of_range: bool) -> HTTPError:
    problem = "value out of range" if out_of_range else "invalid syntax"
    what = f'Failed to parse value of "{name}" ({text}) as a {kind}'
    return HTTPError(500, f"{what}: strconv.{function}: parsing {quoted(text)}: {problem}")


# ---- bodies ----------------------------------------------------------------------------------------------------------

Api = dict[str, Any]


def body_of(request: Request, kind: type[Kind], *, package: str = "api", lenient: tuple[str, ...] = ()) -> Api:
    """The decoded body with canonical keys; absent and null keys are left out. spec: api §1.5

    `package` is part of a decode error. `lenient` names booleans that older clients send as numbers: unless the server
    is strict, they are taken.
    """
    if not request.body:
        raise HTTPError(400, EMPTY_BODY)
    text = decode_bytes(request.body)
    try:
        if request.strict:
            return _decode(text, kind, package, ())
        return _decode_leniently(text, kind, package, lenient)
    except JobDecodeError as error:
        raise HTTPError(400, str(error)) from None
    except RecursionError:
        raise HTTPError(400, "exceeded max depth") from None


_WASTE = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|,(?=(?:\s|//[^\n]*)*[}\]])', re.DOTALL)


def _decode_leniently(text: str, kind: type[Kind], package: str, lenient: tuple[str, ...]) -> Api:
    """As `_decode`, also without what samples of old documents hold: comments, and commas at the end."""
    try:
        return _decode(text, kind, package, lenient)
    except JobDecodeError:
        cleaned = _WASTE.sub(lambda match: match[1] or "", text)
        if cleaned == text:
            raise
        try:
            return _decode(cleaned, kind, package, lenient)
        except JobDecodeError:
            pass
        raise


def _decode(text: str, kind: type[Kind], package: str, lenient: tuple[str, ...]) -> Api:
    decoder = Decoder()
    made = _decoded(decoder, _softened(parse(text), lenient), kind, package)
    if decoder.error is not None:
        decoder = Decoder()
        _decoded(decoder, _softened(parse_exactly(text), lenient), kind, package)
        raise JobDecodeError(decoder.error or "the document cannot be decoded")
    return made


def _decoded(decoder: Decoder, value: Any, kind: type[Kind], package: str) -> Api:
    if value is None:
        return {}
    if not isinstance(value, (dict, Pairs)):
        found = described(value, False)
        raise JobDecodeError(f"json: cannot unmarshal {found} into Go value of type {package}.{kind.__name__}")
    return decoder.kind(kind, value)


def _softened(value: Any, lenient: tuple[str, ...]) -> Any:
    """Numbers in the place of booleans become booleans: 0 is false."""
    if not lenient or not isinstance(value, dict):
        return value
    names = {name.casefold() for name in lenient}
    made = dict(value)
    for key, item in value.items():
        if key.casefold() in names and not isinstance(item, (bool, str, list, dict, Pairs)) and item is not None:
            literal: Any = getattr(item, "literal", item)
            made[key] = float(literal) != 0
    return made
