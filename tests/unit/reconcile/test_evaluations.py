"""`CreatedEvals`. spec: reconcile §5"""

from __future__ import annotations

from itertools import count

from jobplan.reconcile.evaluations import (
    CLIENT_STOP,
    RESCHEDULE_LATER,
    Blocked,
    Evaluation,
    batch_follow_ups,
    created_evals,
    follow_up_index,
)
from jobplan.reconcile.reschedule import Delayed
from jobplan.values.durations import SECOND

from .world import NOW, alloc, make_job

EVALUATION = Evaluation("eval", "default", 50, "service", "shop")


def delayed(*seconds: float) -> list[Delayed]:
    job = make_job()
    return [Delayed(alloc(job, index), NOW + int(at * SECOND)) for index, at in enumerate(seconds)]


def test_batches_of_less_than_five_seconds() -> None:
    made = batch_follow_ups(delayed(10, 1, 5.9, 6), RESCHEDULE_LATER)
    assert [(item.triggered_by, item.wait_until - NOW, len(item.allocations)) for item in made] == [
        ("alloc-reschedule", SECOND, 2),
        ("alloc-failure", 6 * SECOND, 2),
    ]
    assert [item.description for item in batch_follow_ups(delayed(1, 9), CLIENT_STOP)] == [
        "created for delayed rescheduling",
        "",
    ]


def test_zero_members_are_left_out() -> None:
    follow_ups = batch_follow_ups(delayed(1.25), RESCHEDULE_LATER)
    made = created_evals(EVALUATION, [], follow_ups, modify_index=100, now=NOW, ids=map(str, count()))
    assert made == [
        {
            "ID": "0",
            "Namespace": "default",
            "Priority": 50,
            "Type": "service",
            "JobID": "shop",
            "PreviousEval": "eval",
            "TriggeredBy": "alloc-reschedule",
            "JobModifyIndex": 100,
            "Status": "pending",
            "StatusDescription": "created for delayed rescheduling",
            "WaitUntil": "2027-01-15T08:00:01.25Z",
        }
    ]


def test_blocked_evaluations_come_first() -> None:
    blocked = Blocked({"web": {"NodesEvaluated": 0}}, {"v1:7": False}, missing=("b", "a"))
    follow_ups = batch_follow_ups(delayed(1), RESCHEDULE_LATER)
    first, second = (
        created_evals(EVALUATION, [blocked], follow_ups, modify_index=7, now=NOW, ids=map(str, count())) or []
    )
    assert second["Status"] == "pending"
    assert first["Status"] == "blocked"
    assert first["MissingNonNodeResources"] == ["a", "b"]
    assert first["ClassEligibility"] == {"v1:7": False}
    assert first["CreateTime"] == first["ModifyTime"] == NOW
    assert {"JobModifyIndex", "NodeID", "EscapedComputedClass"} & first.keys() == set()


def test_an_escaped_job_tells_no_classes() -> None:
    blocked = Blocked({}, {"v1:7": False}, escaped=True, node_id="n0")
    (made,) = created_evals(EVALUATION, [blocked], [], modify_index=7, now=NOW, ids=iter("x")) or []
    assert made["EscapedComputedClass"] is True
    assert "ClassEligibility" not in made
    assert "FailedTGAllocs" not in made


def test_nothing_is_null() -> None:
    assert created_evals(EVALUATION, [], [], modify_index=7, now=NOW, ids=iter("")) is None


def test_a_dead_job_is_revived_at_index_100() -> None:
    assert [follow_up_index(71, status) for status in ("running", "dead", None)] == [71, 100, 100]
