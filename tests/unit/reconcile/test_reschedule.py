"""Delays and eligibility. spec: reconcile §2.7, §3.5"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.inventory.allocations import Allocation, RescheduleEvent, RescheduleTracker, Transition
from jobplan.inventory.deployments import GroupState
from jobplan.reconcile.reschedule import Timing, next_delay, normal_time
from jobplan.values.durations import MINUTE, SECOND

from .world import HOUR, NOW, alloc, deployment, failed, make_job

EXPONENTIAL = {"Delay": 30 * SECOND, "DelayFunction": "exponential", "MaxDelay": HOUR, "Unlimited": True}
FIBONACCI = {**EXPONENTIAL, "DelayFunction": "fibonacci"}
CONSTANT = {**EXPONENTIAL, "DelayFunction": "constant", "MaxDelay": 10 * SECOND}
LIMITED = {"Attempts": 2, "Interval": HOUR, "Delay": 5 * SECOND, "DelayFunction": "constant", "Unlimited": False}


def events(*delays: int, ago: int = MINUTE) -> RescheduleTracker:
    return RescheduleTracker(tuple(RescheduleEvent(NOW - ago, delay, "n9") for delay in delays), "ok")


def broken(policy: dict[str, Any], *, job_type: str = "service", ago: int = MINUTE, **fields: Any) -> Allocation:
    job = make_job(job_type, groups={"web": {"Count": 1, "ReschedulePolicy": policy}})
    return alloc(job, 0, **{**failed(NOW - ago), **fields})


@pytest.mark.parametrize(
    "policy, tracker, expected",
    [
        (EXPONENTIAL, None, 30 * SECOND),
        (EXPONENTIAL, RescheduleTracker(()), 30 * SECOND),
        (EXPONENTIAL, events(MINUTE), 2 * MINUTE),
        (EXPONENTIAL, events(50 * MINUTE), HOUR),
        (EXPONENTIAL, events(50 * MINUTE, ago=3 * HOUR), 30 * SECOND),  # quiet for longer than the cap: from the start
        (FIBONACCI, events(MINUTE), 30 * SECOND),
        (FIBONACCI, events(MINUTE, 2 * MINUTE), 3 * MINUTE),
        (FIBONACCI, events(HOUR, 30 * SECOND), 30 * SECOND),
        (CONSTANT, events(MINUTE), 30 * SECOND),  # not capped
    ],
)
def test_next_delay(policy: dict[str, Any], tracker: RescheduleTracker | None, expected: int) -> None:
    item = broken(policy, tracker=tracker)
    group = (item.job.task_groups or [])[0]
    assert next_delay(item, group.reschedule_policy) == expected


@pytest.mark.parametrize(
    "tracker, eligible",
    [
        (None, True),
        (RescheduleTracker(None), False),
        (RescheduleTracker(()), True),
        (events(5 * SECOND), True),
        (events(5 * SECOND, 5 * SECOND), False),
        (events(5 * SECOND, 5 * SECOND, ago=HOUR + MINUTE), True),  # exactly an interval before the failure
        (events(5 * SECOND, 5 * SECOND, ago=HOUR + MINUTE - 1), False),
    ],
)
def test_limited_attempts(tracker: RescheduleTracker | None, eligible: bool) -> None:
    """A tracker without an event list is not the same as one with an empty list."""
    assert normal_time(broken(LIMITED, tracker=tracker))[1] is eligible


def test_attempts_override_unlimited() -> None:
    policy = {**LIMITED, "Unlimited": True}
    assert normal_time(broken(policy, tracker=events(SECOND, SECOND)))[1] is False
    assert normal_time(broken(policy, tracker=RescheduleTracker(None)))[1] is True


def test_time_without_finished_tasks_is_the_modify_time() -> None:
    item = broken(EXPONENTIAL, task_states={}, modify_time=NOW - 7)
    assert normal_time(item) == (NOW - 7 + 30 * SECOND, True)


def test_running_allocations_only_on_request_and_only_for_batch() -> None:
    asked: dict[str, Any] = {"client_status": "running", "transition": Transition(reschedule=True)}
    assert normal_time(broken(EXPONENTIAL, job_type="batch", **asked))[1] is True
    assert normal_time(broken(EXPONENTIAL, **asked))[1] is False


def test_the_window_is_one_second() -> None:
    timing = Timing(NOW, None)
    assert timing.test(broken(EXPONENTIAL, ago=29 * SECOND)) == (True, None)
    assert timing.test(broken(EXPONENTIAL, ago=29 * SECOND - 1)) == (False, NOW + SECOND + 1)


def test_waiting_for_a_follow_up_is_left_alone() -> None:
    item = broken(EXPONENTIAL, ago=SECOND, followup_eval_id="e-1")
    assert Timing(NOW, None).test(item) == (False, None)


def test_a_rollout_reschedules_only_on_request() -> None:
    rollout = deployment(make_job(), "running", web=GroupState())
    timing = Timing(NOW, rollout)
    assert timing.test(broken(EXPONENTIAL, ago=HOUR, deployment_id="d-1")) == (False, None)
    asked = broken(EXPONENTIAL, ago=HOUR, deployment_id="d-1", transition=Transition(reschedule=True))
    assert timing.test(asked) == (True, None)
