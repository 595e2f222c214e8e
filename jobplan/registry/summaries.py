"""Counters of a job: allocations by group, children by status. spec: api §5.8"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobplan.model.job import Job
from jobplan.registry import records as rec
from jobplan.registry.records import Api
from jobplan.registry.state import State

COUNTERS = ("Queued", "Complete", "Failed", "Running", "Starting", "Lost", "Unknown")
COUNTER_OF = {
    "pending": "Starting",
    "running": "Running",
    "complete": "Complete",
    "failed": "Failed",
    "lost": "Lost",
    "unknown": "Unknown",
}
DECREMENTED = ("running", "pending", "lost", "unknown")
"""Client statuses whose counter goes down when it is left; `failed` and `complete` only grow."""
CHILD_COUNTER = {"pending": "Pending", "running": "Running", "dead": "Dead"}


def ensure_summary(state: State, job: Job, index: int) -> None:
    """The summary of a stored job: made with it, extended by new groups, never shortened."""
    key = (job.namespace, job.id)
    summary = state.get(rec.SUMMARIES, *key)
    names = [group.name for group in job.task_groups or ()]
    if summary is None:
        children = {"Pending": 0, "Running": 0, "Dead": 0}
        summary = {
            "JobID": job.id,
            "Namespace": job.namespace,
            "Summary": {},
            "Children": children,
            "CreateIndex": index,
            "ModifyIndex": index,
        }
    elif all(name in summary["Summary"] for name in names):
        return
    groups = dict(summary["Summary"])
    for name in names:
        groups.setdefault(name, dict.fromkeys(COUNTERS, 0))
    state.put(rec.SUMMARIES, key, {**summary, "Summary": groups, "ModifyIndex": index}, index=index)


class SummaryWriter:
    """Collects changes of one summary within one write."""

    def __init__(self, state: State, namespace: str, job_id: str, index: int) -> None:
        self.state, self.key, self.index = state, (namespace, job_id), index
        self.before: Api | None = state.get(rec.SUMMARIES, *self.key)
        self.groups: dict[str, dict[str, int]] = {}

    def _group(self, name: str) -> dict[str, int] | None:
        if self.before is None or name not in self.before["Summary"]:
            return None
        return self.groups.setdefault(name, dict(self.before["Summary"][name]))

    def placed(self, group: str, client_status: str) -> None:
        """A new allocation."""
        counts = self._group(group)
        if counts is not None and client_status == "pending":
            counts["Starting"] += 1
            counts["Queued"] = max(0, counts["Queued"] - 1)

    def moved(self, group: str, before: str, now: str) -> None:
        """The client status of an allocation changed."""
        counts = self._group(group)
        if counts is None or before == now:
            return
        if now in COUNTER_OF:
            counts[COUNTER_OF[now]] += 1
        if before in DECREMENTED:
            counts[COUNTER_OF[before]] = max(0, counts[COUNTER_OF[before]] - 1)

    def queued(self, counts: dict[str, int]) -> None:
        """What an evaluation could not place."""
        for name, number in counts.items():
            group = self._group(name)
            if group is not None:
                group["Queued"] = number

    def write(self) -> None:
        """Store the summary if something changed."""
        if self.before is None:
            return
        changed = {name: counts for name, counts in self.groups.items() if counts != self.before["Summary"][name]}
        if changed:
            summary = {**self.before, "Summary": {**self.before["Summary"], **changed}, "ModifyIndex": self.index}
            self.state.put(rec.SUMMARIES, self.key, summary, index=self.index)


def count_queued(state: State, evaluations: Iterable[Api], index: int) -> None:
    for evaluation in evaluations:
        if evaluation.get("QueuedAllocations"):
            writer = SummaryWriter(state, evaluation["Namespace"], evaluation["JobID"], index)
            writer.queued(evaluation["QueuedAllocations"])
            writer.write()


def count_child(state: State, child: Job, index: int, before: str | None, now: str | None) -> None:
    """A child was created (`before` None), changed its status, or was purged (`now` None)."""
    if not child.parent_id or before == now:
        return
    key = (child.namespace, child.parent_id)
    summary: dict[str, Any] | None = state.get(rec.SUMMARIES, *key)
    if summary is None or summary["Children"] is None:
        return
    children = dict(summary["Children"])
    if now is None:
        if before not in ("pending", "running"):
            return
        now = "dead"
    if before is not None and before in CHILD_COUNTER:
        children[CHILD_COUNTER[before]] = max(0, children[CHILD_COUNTER[before]] - 1)
    children[CHILD_COUNTER[now]] += 1
    if children != summary["Children"]:
        state.put(rec.SUMMARIES, key, {**summary, "Children": children, "ModifyIndex": index}, index=index)
