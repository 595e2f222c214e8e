"""The name index. spec: reconcile §2.3 (index), §3.8"""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobplan.reconcile.names import NameIndex
from jobplan.reconcile.predicates import index_of

from .world import alloc, make_job

JOB = make_job()


def index(*used: int, count: int) -> NameIndex:
    return NameIndex("shop", "web", count, [alloc(JOB, number) for number in used])


def names(*numbers: int) -> list[str]:
    return [f"shop.web[{number}]" for number in numbers]


@pytest.mark.parametrize(
    "name, expected",
    [("shop.web[12]", 12), ("shop.web[x]", 0), ("shop.web[]", 0), ("s", 0), ("some.thing[7]", 7), ("a.b[34]", 0)],
)
def test_index_goes_by_position(name: str, expected: int) -> None:
    """The prefix is as long as job ID, group and two signs, whatever stands there."""
    prefixed = name if name != "some.thing[7]" else "xxxx.yyy[7]"
    assert index_of(dataclasses.replace(alloc(JOB, 0), name=prefixed)) == expected


def test_index_counts_bytes() -> None:
    job = make_job()
    job.id = "café"
    assert index_of(alloc(job, 5)) == 5


def test_next_starts_again_when_names_run_out() -> None:
    assert index(0, 2, count=3).next(3) == names(1, 0, 1)


def test_highest_clears_what_it_returns() -> None:
    made = index(0, 1, 2, 2, count=3)
    assert made.highest(2) == set(names(1, 2))
    assert made.next(2) == names(1, 2)


def test_a_duplicate_is_given_up_before_the_name() -> None:
    made = index(1, 1, count=2)
    made.unset(1)
    assert made.highest(2) == set(names(1))


def test_canaries_take_names_of_replaced_allocations_then_free_then_new_ones() -> None:
    made = index(0, 1, count=3)
    assert made.next_canaries(4, set(names(0)), [alloc(JOB, 1), alloc(JOB, 9)]) == names(1, 2, 3, 4)


@given(st.lists(st.integers(0, 20)), st.integers(0, 12), st.integers(0, 30))
def test_next_always_gives_that_many(used: list[int], count: int, number: int) -> None:
    found = index(*used, count=count).next(number)
    assert len(found) == number
    free = [name for name in names(*range(count)) if name not in names(*used)]
    assert found[: len(free)] == free[:number]
