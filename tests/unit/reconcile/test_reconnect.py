"""Original or replacement. spec: reconcile §3.6"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from jobplan.inventory.allocations import Allocation, TaskState, Transition
from jobplan.reconcile.reconnect import picks_replacement, stop_reconnecting
from jobplan.reconcile.texts import NOT_NEEDED, RECONNECTED, RESCHEDULED

from .world import NOW, UNKNOWN, alloc, changed, failed, make_job


def pair(strategy: str = "best_score", *, first: Any = None, second: Any = None) -> tuple[Allocation, Allocation, Any]:
    job = make_job(groups={"web": {"Disconnect": {"LostAfter": 10**12, "Reconcile": strategy}}})
    original = alloc(job, 0, id="o", next_allocation="p", states=UNKNOWN, **(first or {}))
    return original, alloc(job, 0, id="p", on="n1", **(second or {})), (job.task_groups or [])[0]


def since(*starts: int) -> dict[str, Any]:
    tasks = {f"t{number}": TaskState("running", False, started_at=start) for number, start in enumerate(starts)}
    return {"task_states": {"main": tasks["t0"]}} if tasks else {"task_states": {}}


@pytest.mark.parametrize(
    "strategy, first, second, expected",
    [
        ("keep_original", {}, {"norm_score": 1.0}, False),
        ("keep_replacement", {}, {}, True),
        ("best_score", {"norm_score": 0.2}, {"norm_score": 0.3}, True),
        ("best_score", {"norm_score": 0.3}, {"norm_score": 0.3}, False),
        ("best_score", {}, {"norm_score": -1.0}, True),
        ("best_score", {}, {"norm_score": 1.0, "client_status": "pending"}, False),
        ("best_score", {"client_status": "unknown"}, {"norm_score": 1.0, "client_status": "pending"}, True),
        ("longest_running", since(NOW - 9), since(NOW - 5), False),
        ("longest_running", since(NOW - 5), since(NOW - 5), True),
        ("longest_running", since(), since(NOW), True),
        ("longest_running", since(NOW), since(), False),
        ("longest_running", since(), {**since(), "norm_score": 0.1}, True),
    ],
)
def test_choice(strategy: str, first: dict[str, Any], second: dict[str, Any], expected: bool) -> None:
    assert picks_replacement(*pair(strategy, first=first, second=second)) is expected


def test_a_newer_replacement_wins_against_any_strategy() -> None:
    original, replacement, group = pair("keep_original")
    newer = alloc(changed(original.job), 0, id="p")
    assert picks_replacement(original, newer, group)
    assert not picks_replacement(original, replacement, group)


def test_a_restarted_task_counts_from_its_restart() -> None:
    restarted = {"main": TaskState("running", False, restarts=1, started_at=NOW - 99, last_restart=NOW - 1)}
    assert picks_replacement(*pair("longest_running", first={"task_states": restarted}, second=since(NOW - 50)))


def stops(original: Allocation, *others: Allocation) -> dict[str, str]:
    known = {item.id: item for item in (original, *others)}
    group = (original.job.task_groups or [])[0]
    made = stop_reconnecting({"o": original}, known, original.job, group)
    return {key: stop.description for key, stop in made.items()}


def test_who_stops() -> None:
    original, replacement, _ = pair()
    assert stops(original, replacement) == {"p": RECONNECTED}
    assert stops(dataclasses.replace(original, **failed(NOW)), replacement) == {"o": RESCHEDULED}
    assert stops(dataclasses.replace(original, transition=Transition(migrate=True))) == {"o": NOT_NEEDED}
    assert stops(original, dataclasses.replace(replacement, desired_status="stop")) == {}


def test_the_chain_of_replacements_is_followed() -> None:
    original, replacement, _ = pair()
    second = dataclasses.replace(replacement, id="q")
    first = dataclasses.replace(replacement, desired_status="stop", next_allocation="q")
    circle = dataclasses.replace(second, next_allocation="o")
    assert stops(original, first, second) == {"q": RECONNECTED}
    assert stops(original, first, circle) == {"q": RECONNECTED}
