"""Forecasts of rollouts, from counters as real plans show them. spec: reconcile §9"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.explain.rollout import SECOND, GroupRollout, forecast_rollout

from .responses import counters, group, response


def forecast(
    counts: dict[str, int], update: dict[str, Any] | None = None, kind: str = "service", diff: str = "Edited"
) -> GroupRollout:
    job = {"Type": kind, "TaskGroups": [{"Name": "api", "Update": update}]}
    plan = response(diff, groups=(group(diff, "api"),), updates={"api": counters(**counts)})
    (row,) = forecast_rollout(plan, job)
    return row


@pytest.mark.parametrize(
    "counts, update, strategy, replaced, waves, at_worst",
    [
        # Three running, changed, one at a time: the two others count as ignored.
        ({"DestructiveUpdate": 1, "Ignore": 2}, None, "rolling", 3, 3, 2),
        ({"DestructiveUpdate": 2, "Ignore": 3}, {"MaxParallel": 2}, "rolling", 5, 3, 3),
        # Placements used up the allowance; all three old ones still wait.
        ({"Place": 2, "Ignore": 3}, {"MaxParallel": 2}, "rolling", 3, 2, 1),
        # Placements take two of three, one is replaced with them, then the two others.
        ({"Place": 2, "DestructiveUpdate": 1, "Ignore": 2}, {"MaxParallel": 3}, "rolling", 3, 2, 1),
        ({"DestructiveUpdate": 3}, {"MaxParallel": 0}, "all at once", 3, 1, 0),
        ({"DestructiveUpdate": 3}, {"MaxParallel": 5}, "all at once", 3, 1, 0),
        ({"Canary": 1, "Ignore": 3}, {"Canary": 1}, "canary", 3, 2, 2),
        ({"Canary": 3, "Ignore": 3}, {"Canary": 3}, "blue/green", 3, 0, 3),
        ({"InPlaceUpdate": 3}, None, "in place", 0, 0, 3),
        ({"Place": 3}, None, "create", 0, 0, 0),
        ({"Stop": 3}, None, "stop", 0, 0, 0),
        ({"Migrate": 1, "InPlaceUpdate": 2}, None, "in place", 0, 0, 2),
    ],
)  # fmt: skip
def test_service(
    counts: dict[str, int], update: dict[str, Any] | None, strategy: str, replaced: int, waves: int, at_worst: int
) -> None:
    row = forecast(counts, update)
    assert (row.strategy, row.replaced, row.waves, row.min_available) == (strategy, replaced, waves, at_worst)


def test_ignored_allocations_of_an_unchanged_job_wait_for_nothing() -> None:
    row = forecast({"Ignore": 3}, diff="None")
    assert (row.strategy, row.running, row.replaced, row.earliest_finish_ns) == ("none", 3, 0, 0)


def test_system_jobs_tell_all_replacements_and_no_placements() -> None:
    """spec: plan §3.3: `Place` of a system job counts candidate nodes."""
    row = forecast({"Place": 4, "DestructiveUpdate": 3, "Ignore": 1}, {"MaxParallel": 2}, kind="system")
    assert (row.placed, row.replaced, row.waves, row.running, row.min_available) == (0, 3, 2, 4, 2)


def test_batch_jobs_know_no_waves_and_no_health() -> None:
    row = forecast({"DestructiveUpdate": 3}, {"MaxParallel": 1}, kind="batch")
    assert (row.strategy, row.waves, row.earliest_finish_ns, row.progress_deadline_ns) == ("all at once", 1, 0, 0)


@pytest.mark.parametrize(
    "counts, update, earliest",
    [
        ({"DestructiveUpdate": 1, "Ignore": 2}, {"MinHealthyTime": 20 * SECOND}, 60 * SECOND),
        ({"DestructiveUpdate": 1, "Ignore": 2}, {"HealthCheck": "manual"}, None),
        ({"Canary": 1, "Ignore": 3}, {"Canary": 1}, None),
        ({"Canary": 1, "Ignore": 3}, {"Canary": 1, "AutoPromote": True}, 30 * SECOND),
        ({"Place": 1}, None, 10 * SECOND),
        ({"Place": 2, "Ignore": 3}, {"MaxParallel": 2}, 30 * SECOND),
        ({"Place": 2, "DestructiveUpdate": 1, "Ignore": 2}, {"MaxParallel": 3}, 20 * SECOND),
    ],
)  # fmt: skip
def test_earliest_finish(counts: dict[str, int], update: dict[str, Any] | None, earliest: int | None) -> None:
    assert forecast(counts, update).earliest_finish_ns == earliest


def test_settings_of_the_group_win_over_those_of_the_job() -> None:
    job = {
        "Update": {"MaxParallel": 3, "Canary": None},
        "TaskGroups": [{"Name": "a", "Update": {"MaxParallel": 2}}, {"Name": "b"}],
    }
    updates = {
        "a": counters(DestructiveUpdate=2, Ignore=4),
        "b": counters(DestructiveUpdate=3, Ignore=3),
        "gone": counters(Stop=1),
    }
    rows = forecast_rollout(response("Edited", updates=updates), job)
    assert [(row.group, row.max_parallel, row.waves) for row in rows] == [("a", 2, 3), ("b", 3, 2), ("gone", 3, 0)]


def test_wrapped_counters_count_as_nothing() -> None:
    """spec: plan §3.2"""
    assert forecast({"Place": 2**64 - 7, "DestructiveUpdate": 7}, kind="sysbatch").placed == 0
