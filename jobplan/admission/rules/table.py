"""The vocabulary of the rule tables, and their one interpreter. spec: admission §3.3, §7

A table is `rules("7.5", …)`: rows in the order of the specification.

    row("4", when, text)            the text, if the condition holds
    each("6", items, when, text)    the same for every element of a list
    one("8", block, TABLE, how)     the table of a block, unless it is null
    many("14", items, TABLE, how)   the table of every element of a list or map (maps in ascending order of the keys)
    custom("9", function)           `function(subject, at)` yields texts; for what no other word says
    given(when, …, otherwise=())    rows that count only under a condition
    either(…)                       the first of several rows that reports something; `block(…)`: rows taken as one
    select(key, {value: rows}, …)   rows by a value

`how` says how the problems of a block join the list (§3.3): `SPLICED`, `COLLAPSED` (one: spliced, several: a nested
list) or a text with `{err}` at the end: the prefix of a nested list, or of the single text of a `first_only` table.

Conditions take the object (`lambda g: …`), or also where it stands (`lambda g, at: …`, see `At`). A condition may give
the text of an inner error instead of True: it fills `{err}`. Blocks and lists are named by attribute or function.
What a function gives has no place of its own in the JSON pointer, unless `where=` names one (`""`: right here).
Placeholders are looked up in the row's own keywords (attribute name or function), then among `i`, `j`, `key` of `At`,
then as attributes of the object.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import jobplan.model.job as _all_kinds
from jobplan.admission.problems import Problem
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.kinds import Kind
from jobplan.model.services import Service
from jobplan.model.settings import Settings
from jobplan.model.task import Task
from jobplan.values.messages import Message

Function = Callable[..., Any]
Found = list[Problem]


class At:
    """Where in the job a rule is applied: the objects around it, and its position in the list it belongs to."""

    __slots__ = ("earlier", "group", "i", "j", "job", "key", "owner", "service", "settings", "task")

    job: Job
    settings: Settings
    group: TaskGroup
    task: Task
    service: Service
    owner: Any
    """The object whose block or list is entered."""
    i: int
    """Position in that list, counted as the texts count."""
    key: Any
    """The key in that map."""
    j: int
    """With `unique=`: position of the first element with the same key, 0 when this is the first."""
    earlier: int
    """With `unique=`: how many elements with the same key came before."""

    def __init__(self, job: Job, settings: Settings) -> None:
        self.job, self.settings = job, settings
        nothing: Any = None
        self.group = self.task = self.service = nothing

    def inside(self, owner: Any) -> At:
        """A copy to go deeper with."""
        made = At.__new__(At)
        made.job, made.settings = self.job, self.settings
        made.group, made.task, made.service = self.group, self.task, self.service
        made.owner = owner
        return made


# ---- functions and texts of rows --------------------------------------------------------------------------------


def itself(subject: Any) -> Any:
    """The object itself, where a row asks for a block, a list or a value."""
    return subject


def _with_place(function: str | Function) -> Function:
    """The function as `(subject, at) → value`."""
    if isinstance(function, str):
        getter = operator.attrgetter(function)
        return lambda subject, at: getter(subject)
    if _takes_place(function):
        return function
    return lambda subject, at: function(subject)


def _takes_place(function: Function) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_argcount == 2


_FROM_PLACE = ("i", "j", "key")


class Text:
    """A text and where its values come from."""

    __slots__ = ("_getters", "_message", "template")

    def __init__(self, text: str, values: Mapping[str, str | Function]) -> None:
        self.template, self._message = text, Message(text)
        self._getters: dict[str, Function] = {}
        for name in self._message.names:
            if name in values:
                self._getters[name] = _with_place(values[name])
            elif name in _FROM_PLACE:
                self._getters[name] = lambda subject, at, name=name: getattr(at, name)
            elif name != "err":
                self._getters[name] = _with_place(name)
        unused = set(values) - set(self._message.names)
        assert not unused, f"{text!r} has no placeholder for {sorted(unused)}"

    def fill(self, subject: Any, at: At, err: Any = None) -> str:
        getters = self._getters
        return self._message.fill(lambda name: err if name == "err" else getters[name](subject, at))


# ---- rows -------------------------------------------------------------------------------------------------------


class AnyRow(Protocol):
    """What a table consists of."""

    def apply(self, subject: Any, at: At, path: str, found: Found) -> None:
        """Add what is wrong with the object, which stands at `path`, to `found`."""

    def within(self, section: str) -> AnyRow:
        """The same row as part of a table."""


R = TypeVar("R", "Row", "Custom", "Block")


def _named(row: R, section: str) -> R:
    return (
        row if row.rule.startswith("admission/") else dataclasses.replace(row, rule=f"admission/{section}/{row.rule}")
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One condition and its text."""

    rule: str
    when: Function
    text: Text
    placed: bool

    def apply(self, subject: Any, at: At, path: str, found: Found) -> None:
        hit = self.when(subject, at) if self.placed else self.when(subject)
        if hit:
            self.report(hit, subject, at, path, found)

    def report(self, hit: Any, subject: Any, at: At, path: str, found: Found) -> None:
        found.append(Problem(self.rule, path, self.text.fill(subject, at, hit)))

    def within(self, section: str) -> Row:
        return _named(self, section)


def row(number: str, when: Function, text: str, **values: str | Function) -> Row:
    return Row(number, when, Text(text, values), _takes_place(when))


@dataclasses.dataclass(frozen=True, slots=True)
class Custom:
    """Texts made by a function."""

    rule: str
    function: Callable[[Any, At], Iterable[str]]

    def apply(self, subject: Any, at: At, path: str, found: Found) -> None:
        found.extend(Problem(self.rule, path, text) for text in self.function(subject, at))

    def within(self, section: str) -> Custom:
        return _named(self, section)


def custom(number: str, function: Callable[[Any, At], Iterable[str]]) -> Custom:
    return Custom(number, function)


@dataclasses.dataclass(frozen=True, slots=True)
class Group:
    """Several rows: all of them, or the first that reports something; perhaps only under a condition."""

    rows: tuple[AnyRow, ...]
    first_only: bool = False
    when: Function | None = None
    placed: bool = False
    otherwise: tuple[AnyRow, ...] = ()
    steps: tuple[Step, ...] = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", _steps(self.rows))

    def apply(self, subject: Any, at: At, path: str, found: Found) -> None:
        when = self.when
        if when is None or (when(subject, at) if self.placed else when(subject)):
            _run(self.steps, subject, at, path, found, self.first_only)
        else:
            for part in self.otherwise:
                part.apply(subject, at, path, found)

    def within(self, section: str) -> Group:
        return dataclasses.replace(
            self, rows=_all_within(self.rows, section), otherwise=_all_within(self.otherwise, section)
        )


def either(*rows: AnyRow) -> Group:
    return Group(rows, first_only=True)


def block(*rows: AnyRow) -> Group:
    return Group(rows)


def given(when: Function, *rows: AnyRow, otherwise: tuple[AnyRow, ...] = ()) -> Group:
    return Group(rows, when=when, placed=_takes_place(when), otherwise=otherwise)


@dataclasses.dataclass(frozen=True, slots=True)
class Select:
    """Rows chosen by a value."""

    key: Function
    rows: Mapping[Any, tuple[AnyRow, ...]]
    otherwise: tuple[AnyRow, ...]

    def apply(self, subject: Any, at: At, path: str, found: Found) -> None:
        for part in self.rows.get(self.key(subject), self.otherwise):
            part.apply(subject, at, path, found)

    def within(self, section: str) -> Select:
        chosen = {key: _all_within(rows, section) for key, rows in self.rows.items()}
        return dataclasses.replace(self, rows=chosen, otherwise=_all_within(self.otherwise, section))


def select(
    key: str | Function, rows: Mapping[str | tuple[str, ...], tuple[AnyRow, ...]], otherwise: tuple[AnyRow, ...] = ()
) -> Select:
    flat = {name: chosen for names, chosen in rows.items() for name in ((names,) if isinstance(names, str) else names)}
    return Select(operator.attrgetter(key) if isinstance(key, str) else key, flat, otherwise)


def _all_within(rows: Iterable[AnyRow], section: str) -> tuple[AnyRow, ...]:
    return tuple(part.within(section) for part in rows)


# ---- blocks and lists -------------------------------------------------------------------------------------------

SPLICED, COLLAPSED, NESTED = "spliced", "collapsed", "{err}"

_WIRE = {part.name: part.wire for cls in Kind.__subclasses__() for part in cls.ROWS}
assert _all_kinds is not None


def _segment(get: str | Function, where: str | None) -> str | None:
    """The piece of the JSON pointer that leads to a block or list; None: it has no place of its own."""
    if where is None:
        if not isinstance(get, str):
            return None
        where = "/".join(_WIRE[name] for name in get.split("."))
    return f"/{where}" if where else ""


def _pointed(key: int | str) -> int | str:
    """A list index or map key as part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1") if isinstance(key, str) else key


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """The table of a block, of every element of a list, or of every value of a map."""

    rule: str
    get: Function
    table: Rules
    how: str
    prefix: Text
    closing: str
    segment: str | None
    listed: bool
    start: int
    enter: str
    unique: Callable[[Any], Any] | None

    def apply(self, subject: Any, at: At, path: str, found: Found) -> None:
        item = self.get(subject)
        if item is not None and not (self.listed and not item):
            self.enter_block(item, subject, at, path, found)

    def enter_block(self, item: Any, subject: Any, at: At, path: str, found: Found) -> None:
        if self.segment is not None:
            path += self.segment
        if not self.listed and not self.enter:
            self._join(item, at, path, found)
            return
        inner = at.inside(subject)
        if self.listed:
            self._go_through(item, inner, path, found)
        else:
            setattr(inner, self.enter, item)
            self._join(item, inner, path, found)

    def _go_through(self, items: Any, at: At, path: str, found: Found) -> None:
        keys: Sequence[Any] = range(len(items))
        if isinstance(items, dict):
            keys = sorted(items)
            items = [items[key] for key in keys]
        seen: dict[Any, list[int]] = {}
        for index, item in enumerate(items):
            if item is None:
                continue
            at.i, at.key = index + self.start, keys[index]
            if self.unique is not None:
                positions = seen.setdefault(self.unique(item), [])
                at.j, at.earlier = positions[0] if positions else 0, len(positions)
                positions.append(at.i)
            if self.enter:
                setattr(at, self.enter, item)
            self._join(item, at, path if self.segment is None else f"{path}/{_pointed(at.key)}", found)

    def _join(self, item: Any, at: At, path: str, found: Found) -> None:
        table = self.table
        problems: Found = []
        _run(table.steps, item, at, path, problems, table.first_only)
        if not problems:
            return
        if table.first_only:
            del problems[1:]
        if self.how == SPLICED or (self.how == COLLAPSED and len(problems) == 1):
            found.extend(problems)
        elif self.how == COLLAPSED:
            found.append(Problem(self.rule, path, "", children=tuple(problems)))
        elif table.first_only:
            found.append(problems[0].prefixed(self.prefix.fill(item, at)))
        else:
            prefix = self.prefix.fill(item, at)
            found.append(Problem(self.rule, path, prefix, children=tuple(problems), closing=self.closing))

    def within(self, section: str) -> Block:
        return dataclasses.replace(_named(self, section), table=self.table.within(section))


def _block(
    listed: bool,
    number: str,
    get: str | Function,
    table: Rules,
    how: str,
    *,
    start: int = 1,
    enter: str = "",
    unique: str | Function | None = None,
    where: str | None = None,
    **values: str | Function,
) -> Block:
    prefix, _, closing = ("", "", "") if how in (SPLICED, COLLAPSED) else how.partition("{err}")
    key = operator.attrgetter(unique) if isinstance(unique, str) else unique
    text, segment = Text(prefix, values), _segment(get, where)
    getter = operator.attrgetter(get) if isinstance(get, str) else get
    return Block(number, getter, table, how, text, closing, segment, listed, start, enter, key)


def one(number: str, get: str | Function, table: Rules, how: str, **options: Any) -> Block:
    return _block(False, number, get, table, how, **options)


def many(number: str, get: str | Function, table: Rules, how: str, **options: Any) -> Block:
    return _block(True, number, get, table, how, **options)


def each(
    number: str, get: str | Function, when: Function, text: str, start: int = 1, **values: str | Function
) -> Block:
    return _block(True, number, get, rules("", row(number, when, text, **values)), SPLICED, start=start)


# ---- tables ---------------------------------------------------------------------------------------------------------

_ROW, _PLACED_ROW, _ONE, _MANY, _OTHER = range(5)
Step = tuple[int, Function, Any]
"""A row prepared for the loop below: which word it is, its condition or getter, the row."""


def _steps(rows: Iterable[AnyRow]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for part in rows:
        if isinstance(part, Row):
            steps.append((_PLACED_ROW if part.placed else _ROW, part.when, part))
        elif isinstance(part, Block):
            steps.append((_MANY if part.listed else _ONE, part.get, part))
        else:
            steps.append((_OTHER, part.apply, part))
    return tuple(steps)


def _run(steps: tuple[Step, ...], subject: Any, at: At, path: str, found: Found, first_only: bool) -> None:
    """Apply rows in order. The loop knows the most frequent words, whose conditions nearly always say no."""
    before = len(found)
    for word, function, part in steps:
        if word == _ROW:
            if not (hit := function(subject)):
                continue
            part.report(hit, subject, at, path, found)
        elif word == _MANY:
            if not (item := function(subject)):
                continue
            part.enter_block(item, subject, at, path, found)
        elif word == _ONE:
            if (item := function(subject)) is None:
                continue
            part.enter_block(item, subject, at, path, found)
        elif word == _PLACED_ROW:
            if not (hit := function(subject, at)):
                continue
            part.report(hit, subject, at, path, found)
        else:
            function(subject, at, path, found)
        if first_only and len(found) > before:
            return


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """A table; `first_only`: its object reports a single error."""

    section: str
    rows: tuple[AnyRow, ...]
    first_only: bool
    steps: tuple[Step, ...] = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", _steps(self.rows))

    def check(self, subject: Any, at: At, path: str) -> Found:
        """The problems of an object that stands at `path`, in order."""
        found: Found = []
        _run(self.steps, subject, at, path, found, self.first_only)
        return found[:1] if self.first_only else found

    def within(self, section: str) -> Rules:
        """The table itself, or, without a section, as part of the table that uses it."""
        return self if self.section else rules(section, *self.rows, first_only=self.first_only)


def rules(section: str, *rows: AnyRow, first_only: bool = False) -> Rules:
    """A table. Without a section it belongs to the table that uses it."""
    return Rules(section, _all_within(rows, section) if section else rows, first_only)
