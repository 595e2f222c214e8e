"""How a function is described: its parameters by name and type, and what runs.

spec: jobspec §13
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from jobplan.source.jobspec.numbers import Number
from jobplan.source.jobspec.scope import Scope
from jobplan.source.jobspec.values import DYNAMIC, NUMBER, STRING, Type, Value, list_of


class FunctionError(Exception):
    """A function refuses its arguments; `argument` is the index of the one to blame, if one is."""

    def __init__(self, reason: str, argument: int | None = None) -> None:
        super().__init__(reason)
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: Type
    allows_null: bool = False


Run = Callable[[list[Value], Scope], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """`rest` describes the arguments beyond `parameters`, None when there are none."""

    name: str
    parameters: tuple[Parameter, ...]
    rest: Parameter | None
    result: Type
    run: Run

    def parameter(self, index: int) -> Parameter:
        if index < len(self.parameters):
            return self.parameters[index]
        assert self.rest is not None
        return self.rest


_TYPES = {"str": STRING, "num": NUMBER, "any": DYNAMIC, "list": list_of(DYNAMIC), "list(str)": list_of(STRING)}


def function(name: str, parameters: str, result: Type, run: Run) -> Function:
    """A row of the library. `parameters` reads like the specification's column: `"str:str, cutset:str"`; a trailing
    `…` marks the variadic one, a trailing `?` one that takes null."""
    plain: list[Parameter] = []
    rest: Parameter | None = None
    for item in filter(None, (p.strip() for p in parameters.split(","))):
        label, _, kind = item.partition(":")
        parameter = Parameter(label, _TYPES[kind.rstrip("?…")], allows_null="?" in kind)
        if "…" in kind:
            rest = parameter
        else:
            plain.append(parameter)
    return Function(name, tuple(plain), rest, result, run)


def renamed(other: Function, name: str) -> Function:
    return replace(other, name=name)


WHOLE = "value must be a whole number, between -9223372036854775808 and 9223372036854775807"


def whole(value: Value, argument: int | None = None, prefix: str = "") -> int:
    """A 64-bit integer argument; `prefix` goes before the reason when it is none."""
    n: Number = value.number
    if not n.is_whole or n.mantissa.bit_length() + n.exponent > 64:
        raise FunctionError(prefix + WHOLE, argument)
    result = n.to_int()
    if not -(1 << 63) <= result < 1 << 63:
        raise FunctionError(prefix + WHOLE, argument)
    return result


def texts(values: Sequence[Value]) -> list[str]:
    return [v.text for v in values]
