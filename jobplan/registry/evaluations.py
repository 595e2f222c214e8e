"""Evaluation records: how they are made, stored, and shown. spec: api §5.9, §8.6"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from jobplan.inventory.times import ZERO_TIME, format_instant
from jobplan.model.job import Job
from jobplan.registry import records as rec
from jobplan.registry.records import Api
from jobplan.registry.state import State
from jobplan.registry.statuses import refresh_statuses
from jobplan.registry.summaries import count_queued

PENDING, COMPLETE, FAILED, CANCELED, BLOCKED = "pending", "complete", "failed", "canceled", "blocked"
FINISHED = (COMPLETE, FAILED, CANCELED)
DEFAULT_PRIORITY = 50


def new_evaluation(
    job: Job, triggered_by: str, *, priority: int = 0, type_: str | None = None, now: int, **more: Any
) -> Api:
    """A pending evaluation of a job; its indexes are set when it is stored. spec: api §5.9"""
    return {
        "ID": str(uuid.uuid4()),
        "Namespace": job.namespace,
        "Priority": priority if priority > 0 else job.priority or DEFAULT_PRIORITY,
        "Type": job.type if type_ is None else type_,
        "TriggeredBy": triggered_by,
        "JobID": job.id,
        "Status": PENDING,
        "CreateTime": now,
        "ModifyTime": now,
        **more,
    }


def put_evaluations(state: State, evaluations: Iterable[Api], index: int, *, derive: bool = True) -> list[Api]:
    """Store evaluations under one index: queued counts, cancelled blocked ones, statuses of the jobs.

    `derive`: whether the statuses of the jobs are derived again. spec: api §5.7–5.9
    """
    stored = []
    for evaluation in evaluations:
        before = state.get(rec.EVALUATIONS, evaluation["ID"])
        created = index if before is None else before["CreateIndex"]
        made = {**evaluation, "CreateIndex": created, "ModifyIndex": index}
        state.put(rec.EVALUATIONS, (made["ID"],), made, index=index)
        stored.append(made)
        if made["Status"] == COMPLETE and not made.get("FailedTGAllocs"):
            _cancel_blocked(state, made, index)
    count_queued(state, stored, index)
    if derive:
        refresh_statuses(state, [(item["Namespace"], item["JobID"]) for item in stored], index)
    return stored


def _cancel_blocked(state: State, done: Api, index: int) -> None:
    """A success makes the blocked evaluations of the job pointless. spec: api §5.9"""
    for other in state.listed(rec.EVALUATIONS, done["Namespace"], done["JobID"]):
        if other["Status"] == BLOCKED:
            made = {
                **other,
                "Status": CANCELED,
                "StatusDescription": f'evaluation "{done["ID"]}" successful',
                "ModifyIndex": index,
                "ModifyTime": done["ModifyTime"],
            }
            state.put(rec.EVALUATIONS, (other["ID"],), made, index=index)


STUB_KEYS = (
    "ID", "Namespace", "Priority", "Type", "TriggeredBy", "JobID", "NodeID", "DeploymentID", "Status",
    "StatusDescription", "WaitUntil", "NextEval", "PreviousEval", "BlockedEval", "CreateIndex", "ModifyIndex",
    "CreateTime", "ModifyTime",
)  # fmt: skip
_NUMBERS = ("Priority", "CreateIndex", "ModifyIndex", "CreateTime", "ModifyTime")


def evaluation_stub(evaluation: Api) -> Api:
    """All fields written. spec: api §8.6"""
    made: Api = {key: evaluation.get(key, 0 if key in _NUMBERS else "") for key in STUB_KEYS}
    made["WaitUntil"] = evaluation.get("WaitUntil")
    return made


def evaluation_api(evaluation: Api) -> Api:
    """Empty fields are left out. spec: api §2.4"""
    return {key: value for key, value in evaluation.items() if not is_empty(value)}


def is_empty(value: Any) -> bool:
    return value is None or value is False or (isinstance(value, (str, list, dict)) and not value) or value == 0


def related(state: State, evaluation: Api) -> list[Api]:
    """Everything that hangs together with an evaluation by next, previous and blocked, ascending by ID."""
    seen, found, todo = {evaluation["ID"]}, [], [evaluation]
    while todo:
        item = todo.pop()
        names = [item.get(key) for key in ("NextEval", "PreviousEval", "BlockedEval")]
        for name in names:
            if name and name not in seen:
                seen.add(name)
                other = state.get(rec.EVALUATIONS, name)
                if other is not None:
                    found.append(other)
                    todo.append(other)
    return sorted(found, key=lambda item: str(item["ID"]))


def instant_text(ns: int) -> str | None:
    """A time stamp of a response; the zero time is null. spec: api §2.3"""
    return None if ns in (0, ZERO_TIME) else format_instant(ns)
