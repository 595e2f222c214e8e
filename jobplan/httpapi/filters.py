"""Filter expressions evaluated on jobs. spec: api §4

Fields are the names that a job is shown with; their types decide how the text of a value is read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from jobplan.httpapi.filtergrammar import Both, FilterSyntaxError, Match, Node, Not, Quantified, Selector, parse_filter
from jobplan.model.job import Job
from jobplan.model.kinds import ANY, Type
from jobplan.values.quoting import quoted

__all__ = ["FilterError", "FilterSyntaxError", "compile_filter"]


class FilterError(Exception):
    """A filter that cannot be evaluated on a job; `str()` is the text."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    """A value with its type. `absent`: a map has no such key."""

    type: Type
    value: Any
    absent: bool = False


Bound = Mapping[str, _Found]
_INTEGERS = {
    "int": "int", "int8": "int8", "int64": "int64", "duration": "time.Duration",
    "uint8": "uint8", "uint16": "uint16", "uint32": "uint32", "uint64": "uint64",
}  # fmt: skip
_TEXT = Type("scalar", "string", "string")
_NUMBER = Type("scalar", "int", "int")
_NONE: Bound = {}


def compile_filter(text: str) -> Callable[[Job], bool]:
    """A predicate. Raises FilterSyntaxError at once, and FilterError when it is asked."""
    node = parse_filter(text)
    return lambda job: _holds(node, job, _NONE)


def _holds(node: Node, job: Job, bound: Bound) -> bool:
    if isinstance(node, Both):
        left = _holds(node.left, job, bound)
        if left is not node.every:
            return left
        return _holds(node.right, job, bound)
    if isinstance(node, Not):
        return not _holds(node.operand, job, bound)
    if isinstance(node, Quantified):
        return _quantified(node, job, bound)
    return _matches(node, _select(node.selector, job, bound))


# ---- selectors -------------------------------------------------------------------------------------------------------


def _select(selector: Selector, job: Job, bound: Bound) -> _Found:
    first = selector.path[0]
    if first in bound:
        current, rest, at = bound[first], selector.path[1:], 1
    else:
        current, rest, at = _Found(Type("object", Job, "api.Job"), job), selector.path, 0
    for place, part in enumerate(rest, start=at):
        current = _step(current, part, selector, place)
        if current.absent:
            return current
    return current


def _step(current: _Found, part: str, selector: Selector, place: int) -> _Found:
    pointer = "/" + "/".join(selector.path)
    type_, value = current.type, current.value
    if type_.shape == "object" and value is None:
        raise FilterError(f"error finding value in datum: {pointer}: at part {place}, invalid value kind: invalid")
    if type_.shape == "object":
        row = next((row for row in type(value).ROWS if row.out == part), None)
        if row is None:
            missing = f'couldn\'t find key: struct field with name "{part}"'
            raise FilterError(f"error finding value in datum: {pointer} at part {place}: {missing}")
        return _Found(row.type, getattr(value, row.name))
    if type_.shape == "map":
        if value is None or part not in value:
            return _Found(type_.of, None, absent=True)
        return _Found(type_.of, value[part])
    if type_ is ANY or type_.of == "any":
        return _step_into_opaque(current, part, pointer, place)
    if type_.shape == "list":
        if not part.isdigit() or int(part) >= len(value or ()):
            problem = f'couldn\'t find key "{part}"' if not part.isdigit() else f"index {part} is out of range"
            raise FilterError(f"error finding value in datum: {pointer} at part {place}: {problem}")
        return _Found(type_.of, value[int(part)])
    kind = _name_of(type_)
    raise FilterError(f"error finding value in datum: {pointer}: at part {place}, invalid value kind: {kind}")


def _step_into_opaque(current: _Found, part: str, pointer: str, place: int) -> _Found:
    value = current.value
    if isinstance(value, dict):
        return _Found(ANY, value.get(part), absent=part not in value)
    if isinstance(value, list) and part.isdigit() and int(part) < len(value):
        return _Found(ANY, value[int(part)])
    raise FilterError(f"error finding value in datum: {pointer}: at part {place}, invalid value kind: {_kind(value)}")


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    names = {str: "string", float: "float64", list: "slice", dict: "map"}
    return names.get(type(value), "invalid")


def _name_of(type_: Type) -> str:
    if type_.shape == "object":
        return "struct"
    if type_.shape in ("list", "map"):
        return "slice" if type_.shape == "list" else "map"
    return _INTEGERS.get(type_.of, str(type_.of))


# ---- matches ---------------------------------------------------------------------------------------------------------

# A missing map key: spec: api §4
OF_ABSENT = {
    "==": False, "in": False, "matches": False, "not empty": False, "not nil": False,
    "!=": True, "not in": True, "not matches": True, "empty": True, "nil": True,
}  # fmt: skip


def _matches(match: Match, found: _Found) -> bool:
    if found.absent:
        return OF_ABSENT[match.operator]
    operator = match.operator.removeprefix("not ")
    negated = operator != match.operator
    if operator == "!=":
        operator, negated = "==", True
    return _OPERATORS[operator](match, found) is not negated


def _equals(match: Match, found: _Found) -> bool:
    if found.type.shape == "scalar":
        return bool(found.value == _converted(match.value or "", found))
    raise FilterError(f"unable to find suitable primitive comparison function for matching: {_name_of(found.type)}")


def _converted(text: str, found: _Found) -> Any:
    """The value's text in the type of the field."""
    kind = found.type.of
    if kind == "any":
        return _converted_like(text, found.value)
    if kind == "bytes":
        return text.encode()
    if kind == "string":
        return text
    return _parsed(text, "bool" if kind == "bool" else "uint" if kind.startswith("uint") else "int")


def _converted_like(text: str, value: Any) -> Any:
    if isinstance(value, bool):
        return _parsed(text, "bool")
    return _parsed(text, "float") if isinstance(value, (int, float)) else text


def _parsed(text: str, kind: str) -> Any:
    problem = "invalid syntax"
    if kind == "bool":
        from jobplan.httpapi.params import boolean

        value = boolean(text)
        if value is not None:
            return value
    elif kind == "float":
        try:
            return float(text)
        except ValueError:
            pass
    else:
        try:
            number = int(text, 0) if text[:1] not in "0" or text in ("0",) else int(text, 10)
        except ValueError:
            pass
        else:
            low, high = (0, 2**64) if kind == "uint" else (-(2**63), 2**63)
            if low <= number < high:
                return number
            problem = "invalid syntax" if kind == "uint" and number < 0 else "value out of range"
    function = {"bool": "ParseBool", "int": "ParseInt", "uint": "ParseUint", "float": "ParseFloat"}[kind]
    raise FilterError(f"error getting match value in expression: strconv.{function}: parsing {quoted(text)}: {problem}")


def _contains(match: Match, found: _Found) -> bool:
    text, shape = match.value or "", found.type.shape
    if shape == "map":
        return text in (found.value or {})
    if shape == "list":
        element = found.type.of
        if element.shape != "scalar":
            raise _unsuitable("Cannot perform in/contains", match, element)
        return any(item == _converted(text, _Found(element, item)) for item in found.value or ())
    value = found.value
    if shape == "scalar" and (found.type.of == "string" or isinstance(value, str)):
        return text in value
    if isinstance(value, (list, dict)):
        return text in value
    if shape == "scalar":
        _converted(text, found)
    raise _unsuitable("Cannot perform in/contains", match, found.type)


def _unsuitable(what: str, match: Match, type_: Type) -> FilterError:
    return FilterError(f"{what} operations on type {_name_of(type_)} for selector: {quoted(match.selector.text)}")


def _matches_pattern(match: Match, found: _Found) -> bool:
    from jobplan.values.regexes import compile_regex, regex_problem

    if not isinstance(found.value, str):
        raise FilterError(f"Value of type {_name_of(found.type)} is not convertible to []byte")
    pattern = match.value or ""
    compiled = compile_regex(pattern)
    if compiled is None:
        raise FilterError(f"Failed to compile regular expression {quoted(pattern)}: {regex_problem(pattern)}")
    return compiled(found.value)


def _is_empty(match: Match, found: _Found) -> bool:
    value = found.value
    sized = found.type.shape in ("list", "map") or isinstance(value, (str, list, dict))
    if not sized and not (value is None and found.type.of == "any"):
        raise _unsuitable("cannot perform is-empty", match, found.type)
    return not value


def _is_nil(match: Match, found: _Found) -> bool:
    optional = found.type.shape in ("list", "map", "object") or found.type.of in ("any", "bytes")
    if not optional:
        raise _unsuitable("cannot perform is-nil", match, found.type)
    return found.value is None


_OPERATORS: dict[str, Callable[[Match, _Found], bool]] = {
    "==": _equals,
    "in": _contains,
    "matches": _matches_pattern,
    "empty": _is_empty,
    "nil": _is_nil,
}


# ---- any, all --------------------------------------------------------------------------------------------------------


def _quantified(node: Quantified, job: Job, bound: Bound) -> bool:
    found = _select(node.selector, job, bound)
    if found.absent or found.value is None:
        return node.every
    for first, second in _elements(found, node.selector):
        inner = dict(bound)
        names = node.names
        if len(names) == 1:
            # One name stands for the element of a list, and for the key of a map.
            if names[0] is not None:
                inner[names[0]] = first if found.type.shape == "map" else second
        else:
            inner.update({name: value for name, value in zip(names, (first, second)) if name is not None})
        if _holds(node.body, job, inner) is not node.every:
            return not node.every
    return node.every


def _elements(found: _Found, selector: Selector) -> list[tuple[_Found, _Found]]:
    value = found.value
    if found.type.shape == "list" or isinstance(value, list):
        element = found.type.of if found.type.shape == "list" else ANY
        return [(_Found(_NUMBER, index), _Found(element, item)) for index, item in enumerate(value)]
    if found.type.shape == "map" or isinstance(value, dict):
        element = found.type.of if found.type.shape == "map" else ANY
        return [(_Found(_TEXT, key), _Found(element, item)) for key, item in sorted(value.items())]
    raise FilterError(f"{selector.text} is not a list or a map, but a {_name_of(found.type)}")
