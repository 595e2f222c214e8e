"""The vocabulary of the tables, and the tables as data. spec: admission §3.3"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import pytest

from jobplan.admission.problems import Problem
from jobplan.admission.rules import table, validators
from jobplan.admission.rules.table import COLLAPSED, NESTED, SPLICED, At, each, either, given, itself, many, one, row
from jobplan.model.job import Job
from jobplan.model.settings import Settings

CHILD = table.rules(
    "9.2", row("1", lambda n: n > 1, "{n} > 1", n=itself), row("2", lambda n: n > 2, "{n} > 2", n=itself)
)
SINGLE = table.rules("9.3", *CHILD.rows, first_only=True)


def check(*rows: Any, **fields: Any) -> list[Problem]:
    return table.rules("9.1", *rows).check(types.SimpleNamespace(**fields), At(Job(), Settings()), "")


def texts(*rows: Any, **fields: Any) -> list[str]:
    return [str(problem) for problem in check(*rows, **fields)]


def test_how_a_block_joins_its_owner() -> None:
    def block(how: str, value: int, child: table.Rules = CHILD) -> list[str]:
        return texts(one("1", lambda s: s.value, child, how), value=value)

    listed = "2 errors occurred:\n\t* 3 > 1\n\t* 3 > 2\n\n"
    assert block(SPLICED, 3) == ["3 > 1", "3 > 2"]
    assert block(NESTED, 3) == [listed]
    assert block('bad: "{err}"', 3) == [f'bad: "{listed}"']
    assert block("bad: {err}", 3, SINGLE) == ["bad: 3 > 1"]
    assert [block(COLLAPSED, value) for value in (1, 2, 3)] == [[], ["2 > 1"], [listed]]


def test_lists_count_and_maps_go_by_key() -> None:
    assert texts(many("1", lambda s: s.items, CHILD, "{i} {key}: {err}", start=0), items={"b": 2, "a": 2}) == [
        "0 a: 1 error occurred:\n\t* 2 > 1\n\n",
        "1 b: 1 error occurred:\n\t* 2 > 1\n\n",
    ]
    assert texts(each("1", lambda s: s.items, lambda n: n < 0, "{i}"), items=[1, -1, None, -1]) == ["2", "4"]


def test_unique_lists_know_the_first_user() -> None:
    repeated = table.rules("", row("1", lambda n, at: at.earlier > 0, "{i} repeats {j}"))
    assert texts(many("1", lambda s: s.items, repeated, SPLICED, unique=itself), items=["a", "b", "a", "a"]) == [
        "3 repeats 1",
        "4 repeats 1",
    ]


def test_alternatives_and_conditions() -> None:
    yes = row("1", lambda s: s.value > 0, "positive"), row("2", lambda s: True, "always")
    assert texts(either(*yes), value=1) == ["positive"]
    assert texts(either(*yes), value=0) == ["always"]
    assert texts(given(lambda s: s.value > 0, yes[0], otherwise=(yes[1],)), value=0) == ["always"]


def test_a_condition_may_give_the_inner_error() -> None:
    assert texts(row("1", lambda s: s.error, "bad: {err}"), error="worse") == ["bad: worse"]
    assert texts(row("1", lambda s: s.error, "bad: {err}"), error=None) == []


def test_a_value_without_placeholder_is_refused() -> None:
    with pytest.raises(AssertionError, match="no placeholder"):
        row("1", lambda s: True, "text", n="name")


def _rows(part: Any) -> Iterator[Any]:
    match part:
        case table.Rules(rows=rows):
            yield from (found for inner in rows for found in _rows(inner))
        case table.Group(rows=rows, otherwise=otherwise):
            yield from (found for inner in (*rows, *otherwise) for found in _rows(inner))
        case table.Select(rows=rows, otherwise=otherwise):
            yield from (found for inner in (*sum(rows.values(), ()), *otherwise) for found in _rows(inner))
        case table.Block(table=inner):
            yield from _rows(inner)
        case _:
            yield part


def test_at_most_one_row_in_eight_is_custom() -> None:
    rows = [row for validator in validators.VALIDATORS for row in _rows(validator)]
    assert sum(isinstance(row, table.Custom) for row in rows) * 8 <= len(rows)


def test_a_rule_id_means_one_text() -> None:
    """Ids are public: people suppress and count by them. Only the placeholders' sources may differ."""
    meanings: dict[str, set[str]] = {}
    for validator in validators.VALIDATORS:
        for found in _rows(validator):
            if isinstance(found, table.Row):
                meanings.setdefault(found.rule, set()).add(found.text.template)
    assert {rule: texts for rule, texts in meanings.items() if len(texts) > 1} == {}
