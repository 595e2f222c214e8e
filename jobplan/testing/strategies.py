"""Hypothesis strategies for jobs, derived from the declarations of the kinds.

    from jobplan.testing.strategies import api_jobs

    @given(api_jobs())
    def test_something(job): ...

Values come from small pools, so that two jobs often agree in parts and elements often collide. Nothing is null that
makes a server crash; most of these jobs would not pass validation, which the diff does not ask for.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.model.kinds import ANY, Kind, Type
from jobplan.model.task import Task

Api = dict[str, Any]

_TEXTS = st.sampled_from(["", "oak", "elm", "oak elm", "a/b", "Ünï"])
_NUMBERS = st.sampled_from([0, 1, 2, 100])
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": _TEXTS,
    "bool": st.booleans(),
    "bytes": st.sampled_from(["", "YWNvcm4="]),
    "duration": st.sampled_from([0, 1, 1_500_000_000, 60_000_000_000]),
}
_OPAQUE = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 1, 1.5, 1_000_000, -1]) | _TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_TEXTS, inner, max_size=2),
    max_leaves=4,
)
_MOST_FIELDS = 4
"""Optional fields that one object brings at most; more only make examples slow and hard to read."""

_REQUIRED: dict[str, tuple[str, ...]] = {
    # A mount with a volume and no destination crashes a server. spec: model §1.6
    "VolumeMount": ("Destination",),
}
_UNUSUAL = frozenset({"Payload"})


def opaque_values() -> st.SearchStrategy[Any]:
    """Any JSON value, as in a driver config."""
    return _OPAQUE


@st.composite
def kinds(draw: st.DrawFn, kind: type[Kind]) -> Api:
    """An API object of this kind with a few of its fields, at any depth."""
    rows = [row for row in kind.ROWS if row.api and row.wire not in _UNUSUAL]
    if not rows:
        return {}
    chosen = draw(st.lists(st.sampled_from(rows), max_size=_MOST_FIELDS, unique_by=lambda row: row.wire))
    chosen += [row for row in rows if row.wire in _REQUIRED.get(kind.__name__, ()) and row not in chosen]
    return {row.wire: draw(_value(row.type)) for row in chosen}


def _value(type_: Type) -> st.SearchStrategy[Any]:
    if type_ is ANY:
        return _OPAQUE
    if type_.shape == "scalar":
        return _SCALARS.get(type_.of, _NUMBERS)
    if type_.shape == "object":
        return kinds(type_.of)
    if type_.shape == "list":
        return st.lists(_value(type_.of), max_size=2)
    return st.dictionaries(_TEXTS, _value(type_.of), max_size=2)


@st.composite
def api_jobs(draw: st.DrawFn, job_id: str = "grove") -> Api:
    """An API job with up to two groups of up to two tasks."""
    made = draw(_without(Job, "TaskGroups", "ID", "Namespace", "Region"))
    made["ID"] = job_id
    made["TaskGroups"] = [draw(_groups(name)) for name in draw(_names("glade", "thicket"))]
    return made


@st.composite
def _groups(draw: st.DrawFn, name: str) -> Api:
    made = draw(_without(TaskGroup, "Tasks", "Name"))
    made["Name"] = name
    made["Tasks"] = [{**draw(_without(Task, "Name")), "Name": task} for task in draw(_names("owl", "fox"))]
    return made


@st.composite
def _without(draw: st.DrawFn, kind: type[Kind], *wires: str) -> Api:
    return {key: value for key, value in draw(kinds(kind)).items() if key not in wires}


def _names(*names: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=len(names), unique=True)
