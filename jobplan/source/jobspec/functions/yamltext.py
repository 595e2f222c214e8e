"""YAML text of values and values of YAML text.

spec: jobspec §13.5 `yamlencode`, `yamldecode`
"""

from __future__ import annotations

import re
from typing import Any

from jobplan.source.jobspec.functions.signature import FunctionError
from jobplan.source.jobspec.numbers import NumberTooLarge, from_text, to_text
from jobplan.source.jobspec.numbers import from_int as number_from_int
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import NULL, Value, boolean, number, object_value, string, tuple_value


# ---- writing ---------------------------------------------------------------------------------------------------------
def encode_yaml(value: Value) -> str:
    """The document text; a scalar other than a string ends with the document mark."""
    if value.is_null or value.type.kind in ("number", "bool"):
        return _scalar(value, "") + "\n...\n"
    if value.raw and isinstance(value.raw, (dict, tuple)):
        return _block(value, "")
    return _scalar(value, "") + "\n"


def _scalar(value: Value, indent: str) -> str:
    raw = value.raw
    if raw is None:
        return "null"
    if isinstance(raw, str):
        return _text(raw, indent)
    if value.type.kind == "bool":
        return "true" if raw else "false"
    if value.type.kind == "number":
        return to_text(value.number)
    return "{}" if isinstance(raw, dict) else "[]"


def _text(text: str, indent: str) -> str:
    if "\n" not in text:
        return _quoted(text)
    chomp = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") or text == "\n" else ""
    mark = "2" if text.startswith((" ", "\n")) else ""
    lines = text.removesuffix("\n").split("\n")
    body = "".join(f"\n{indent}  {line}" if line else "\n" for line in lines)
    return f"|{mark}{chomp}{body}"


def _quoted(text: str) -> str:
    out = []
    for c in text:
        if c in '"\\':
            out.append("\\" + c)
        elif c in "\t\r\0\a\b\v\f\x1b":
            out.append(
                {
                    "\t": "\\t",
                    "\r": "\\r",
                    "\0": "\\0",
                    "\a": "\\a",
                    "\b": "\\b",
                    "\v": "\\v",
                    "\f": "\\f",
                    "\x1b": "\\e",
                }[c]
            )
        elif c < " " or c == "\x7f":
            out.append(f"\\x{ord(c):02X}")
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def _block(value: Value, indent: str) -> str:
    lines: list[str] = []
    if isinstance(value.raw, dict):
        for key, item in value.raw.items():
            lines.append(f"{indent}{_quoted(key)}:{_nested(item, indent, in_sequence=False)}")
    else:
        for item in value.items:
            lines.append(f"{indent}-{_nested(item, indent, in_sequence=True)}")
    return "".join(lines)


def _nested(value: Value, indent: str, in_sequence: bool) -> str:
    if isinstance(value.raw, dict) and value.raw:
        inner = _block(value, indent + "  ")
        return " " + inner[len(indent) + 2 :] if in_sequence else "\n" + inner
    if isinstance(value.raw, tuple) and value.raw:
        if in_sequence:
            return " " + _block(value, indent + "  ")[len(indent) + 2 :]
        return "\n" + _block(value, indent)
    return f" {_scalar(value, indent)}\n"


# ---- reading ---------------------------------------------------------------------------------------------------------
_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_INTEGER = re.compile(r"[-+]?(?:0b[01]+|0o[0-7]+|0x[0-9a-fA-F]+|[0-9]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.\d*)?[ \t]*(Z|[-+]\d{1,2}(?::?\d{2})?)?)?"
)
_TAG = "tag:yaml.org,2002:"


def decode_yaml(text: str, scope: Scope) -> Value:
    """Raises FunctionError."""
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        events = _Events(loader)
        value = _Builder(events, scope).document()
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise FunctionError(f"on line {line}, column {column}: {e.problem or e.context}") from None
    except yaml.YAMLError as e:
        raise FunctionError(f"on line 1, column 1: {e}") from None
    return value


class _Events:
    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def next(self) -> Any:
        return self.loader.get_event()


class _Builder:
    """Events → value; anchors repeat values, so their cost is charged each time."""

    def __init__(self, events: _Events, scope: Scope) -> None:
        self.events, self.scope = events, scope
        self.anchors: dict[str, Value | None] = {}

    def document(self) -> Value:
        import yaml

        event = self.events.next()
        if isinstance(event, yaml.StreamStartEvent):
            event = self.events.next()
        if isinstance(event, yaml.StreamEndEvent):
            raise _fault(event, "missing start of document")
        value = self.node(self.events.next())
        self.events.next()
        event = self.events.next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise _fault(event, "unexpected extra content after value")
        return value

    def node(self, event: Any) -> Value:
        import yaml

        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise _fault(event, f'reference to undefined anchor "{event.anchor}"')
            found = self.anchors[event.anchor]
            if found is None:
                raise _fault(event, f'cannot refer to anchor "{event.anchor}" from inside its own definition')
            self.scope.session.budget.charge(found.size)
            return found
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar_value(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(event)
        else:
            value = self.mapping(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def sequence(self, event: Any) -> Value:
        import yaml

        _check_tag(event, "seq", "sequence")
        items: list[Value] = []
        while not isinstance(item := self.events.next(), yaml.SequenceEndEvent):
            items.append(self.node(item))
        return tuple_value(items)

    def mapping(self, event: Any) -> Value:
        import yaml

        _check_tag(event, "map", "mapping")
        entries: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        while not isinstance(item := self.events.next(), yaml.MappingEndEvent):
            is_merge = isinstance(item, yaml.ScalarEvent) and item.value == "<<" and not item.style
            key = string("<<") if is_merge else self.node(item)
            value = self.node(self.events.next())
            if is_merge:
                self.merge(merged, value, item)
                continue
            entries[_key(key, item)] = value
        return object_value({**merged, **entries})

    def merge(self, into: dict[str, Value], value: Value, event: Any) -> None:
        sources = list(value.items) if isinstance(value.raw, tuple) else [value]
        for source in sources:
            if not isinstance(source.raw, dict):
                raise _fault(event, "map merge requires map or sequence of maps as the value")
            for k, v in source.entries.items():
                into.setdefault(k, v)


def _fault(event: Any, reason: str) -> FunctionError:
    return FunctionError(f"on line {event.start_mark.line + 1}, column {event.start_mark.column + 1}: {reason}")


def _check_tag(event: Any, own: str, kind: str) -> None:
    if event.tag not in (None, "!", _TAG + own):
        raise FunctionError(f"can't interpret {kind} as {event.tag}")


def _key(key: Value, event: Any) -> str:
    if isinstance(key.raw, str):
        return key.text
    if key.is_null or not key.type.is_primitive:
        raise _fault(event, "mapping key must be a string")
    return to_text(key.number) if key.type.kind == "number" else ("true" if key.raw else "false")


def _scalar_value(event: Any) -> Value:
    text, tag = event.value, event.tag
    if tag is None or tag == "!":
        return _plain(text, event) if not event.style and tag is None else string(text)
    name = tag.removeprefix(_TAG)
    if name == "str":
        return string(text)
    if name == "binary":
        return string("".join(text.split()))
    value = _plain(text, event)
    fits = {"int": "number", "float": "number", "bool": "bool", "null": "dynamic", "timestamp": "string"}
    if fits.get(name) == value.type.kind:
        return value
    raise _fault(event, f"cannot parse {text!r} as {tag}")


def _plain(text: str, event: Any) -> Value:
    """A plain scalar by the rules of YAML 1.1. spec: jobspec §13.5"""
    if text in _NULL:
        return NULL
    if text in _TRUE or text in _FALSE:
        return boolean(text in _TRUE)
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        try:
            parsed = from_text(text)
        except NumberTooLarge:
            raise _fault(event, f"cannot parse {text!r} as a number") from None
        if parsed is not None:
            return number(parsed)
    if text.lower().lstrip("+-") == ".inf":
        from jobplan.source.jobspec.numbers import Number

        return number(Number(0, 0, 512, -1 if text.startswith("-") else 1))
    if text.lower() == ".nan":
        raise FunctionError("floating point NaN is not supported")
    found = _DATE.fullmatch(text)
    if found:
        return string(_timestamp(found))
    return string(text)


def _integer(text: str) -> Value:
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text.lstrip("+"))
    for prefix, base in (("0b", 2), ("0o", 8), ("0x", 16)):
        if digits.startswith(prefix):
            value = int(digits[2:], base)
            return number(number_from_int(-value if sign else value))
    parsed = from_text(sign + digits)
    assert parsed is not None
    return number(parsed)


def _timestamp(found: re.Match[str]) -> str:
    year, month, day, hour, minute, second, zone = found.groups()
    date = f"{year}-{int(month):02d}-{int(day):02d}"
    if hour is None:
        return f"{date}T00:00:00Z"
    offset = zone or "Z"
    if offset != "Z":
        hours, _, minutes = offset[1:].partition(":")
        if not minutes and len(hours) > 2:
            hours, minutes = hours[:-2], hours[-2:]
        offset = f"{offset[0]}{int(hours):02d}:{int(minutes or '0'):02d}"
        offset = "Z" if offset in ("+00:00", "-00:00") else offset
    return f"{date}T{int(hour):02d}:{int(minute):02d}:{int(second):02d}{offset}"
