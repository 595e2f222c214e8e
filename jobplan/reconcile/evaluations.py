"""`CreatedEvals`: blocked evaluations and follow-ups as plain values. spec: reconcile §5"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jobplan.inventory.times import format_instant
from jobplan.reconcile.changes import FollowUp
from jobplan.reconcile.reschedule import Delayed
from jobplan.values.durations import SECOND

BATCH_WINDOW = 5 * SECOND
PLACE_REMAINING = "created to place remaining allocations"
DELAYED = "created for delayed rescheduling"
DISCONNECTED = "created for delayed disconnect timeout"

# spec: reconcile §5.2: trigger and description of the first batch, then of further ones
RESCHEDULE_LATER = (("alloc-reschedule", DELAYED), ("alloc-failure", ""))
CLIENT_STOP = (("alloc-failure", DELAYED), ("alloc-failure", ""))
DISCONNECT_TIMEOUT = (("max-disconnect-timeout", DISCONNECTED), ("max-disconnect-timeout", DISCONNECTED))


def batch_follow_ups(
    delayed: Iterable[Delayed], texts: tuple[tuple[str, str], tuple[str, str]]
) -> tuple[FollowUp, ...]:
    """One follow-up per batch: allocations whose times lie less than 5 s after the first of the batch."""
    batches: list[tuple[int, list[Delayed]]] = []
    for item in sorted(delayed, key=lambda item: item.time):
        if batches and item.time - batches[-1][0] < BATCH_WINDOW:
            batches[-1][1].append(item)
        else:
            batches.append((item.time, [item]))
    return tuple(
        FollowUp(*texts[min(number, 1)], start, tuple(item.alloc for item in items))
        for number, (start, items) in enumerate(batches)
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Evaluation:
    """The plan's own evaluation. `job_modify_index`: 0 for a new or an unchanged job. spec: plan §2 step 8"""

    id: str
    namespace: str
    priority: int
    type: str
    job_id: str
    job_modify_index: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Blocked:
    """What placement tells about a blocked evaluation; `failed` is `FailedTGAllocs` in API form. spec: §5.1

    `class_eligibility` is empty when the job escapes classes; `node_id` only for system and sysbatch jobs.
    """

    failed: Mapping[str, Any]
    class_eligibility: Mapping[str, bool] = dataclasses.field(default_factory=dict)
    escaped: bool = False
    missing: tuple[str, ...] = ()
    node_id: str = ""


def created_evals(
    evaluation: Evaluation,
    blocked: Sequence[Blocked],
    follow_ups: Sequence[FollowUp],
    *,
    modify_index: int,
    now: int,
    ids: Iterator[str],
) -> list[dict[str, Any]] | None:
    """`CreatedEvals` in API form, None if there are none; blocked ones first, then follow-ups in the given order.

    `modify_index`: the job's `ModifyIndex` in the snapshot (`follow_up_index`); `now` in ns; `ids` gives the random
    IDs, one per evaluation. Members with a zero value are left out.
    """
    made = [_blocked(evaluation, item, now, next(ids)) for item in blocked]
    made += [_follow_up(evaluation, item, modify_index, next(ids)) for item in follow_ups]
    return [{key: value for key, value in item.items() if not _is_zero(value)} for item in made] or None


def follow_up_index(modify_index: int, stored_status: str | None) -> int:
    """`ModifyIndex` of the job that follow-ups carry; `stored_status`: status of the stored job, None without one.

    The pending evaluation of the plan revives a dead job, which gives it the index 100. spec: reconcile §2.1
    """
    return 100 if stored_status in (None, "dead") else modify_index


def _common(evaluation: Evaluation, eval_id: str) -> dict[str, Any]:
    return {
        "ID": eval_id,
        "Namespace": evaluation.namespace,
        "Priority": evaluation.priority,
        "Type": evaluation.type,
        "JobID": evaluation.job_id,
        "PreviousEval": evaluation.id,
    }


def _blocked(evaluation: Evaluation, blocked: Blocked, now: int, eval_id: str) -> dict[str, Any]:
    return _common(evaluation, eval_id) | {
        "TriggeredBy": "queued-allocs",
        "JobModifyIndex": evaluation.job_modify_index,
        "NodeID": blocked.node_id,
        "Status": "blocked",
        "StatusDescription": PLACE_REMAINING,
        "FailedTGAllocs": dict(blocked.failed),
        "ClassEligibility": {} if blocked.escaped else dict(blocked.class_eligibility),
        "EscapedComputedClass": blocked.escaped,
        "MissingNonNodeResources": sorted(blocked.missing),
        "CreateTime": now,
        "ModifyTime": now,
    }


def _follow_up(evaluation: Evaluation, follow_up: FollowUp, modify_index: int, eval_id: str) -> dict[str, Any]:
    return _common(evaluation, eval_id) | {
        "TriggeredBy": follow_up.triggered_by,
        "JobModifyIndex": modify_index,
        "Status": "pending",
        "StatusDescription": follow_up.description,
        "WaitUntil": format_instant(follow_up.wait_until),
    }


def _is_zero(value: Any) -> bool:
    return value is False or value in ("", 0, [], {})
