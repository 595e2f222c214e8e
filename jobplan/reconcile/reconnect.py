"""An allocation and its replacement after the client came back: which of them stays. spec: reconcile §3.6"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.times import ZERO_TIME
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.reconcile import predicates as is_
from jobplan.reconcile.changes import Stop
from jobplan.reconcile.texts import NOT_NEEDED, RECONNECTED, RESCHEDULED

BEST_SCORE, LONGEST_RUNNING = "best_score", "longest_running"
KEEP_ORIGINAL, KEEP_REPLACEMENT = "keep_original", "keep_replacement"


def is_wanted(alloc: Allocation, job: Job) -> bool:
    """A reconnecting allocation that is not on its way out and not outdated."""
    asked = alloc.transition.migrate or alloc.transition.reschedule or alloc.transition.force
    return alloc.desired_status == "run" and not asked and not is_.is_older(alloc, job)


def stop_reconnecting(
    reconnecting: Mapping[str, Allocation], known: Mapping[str, Allocation], job: Job, group: TaskGroup
) -> dict[str, Stop]:
    """Stops by allocation ID; originals and replacements. `known`: the allocations of the group (*A*)."""
    stops: dict[str, Stop] = {}
    for original in reconnecting.values():
        if not original.server_terminal and original.client_status == "failed":  # step 1
            stops.setdefault(original.id, Stop(original, RESCHEDULED, "failed"))
        elif not is_wanted(original, job):  # step 2
            stops.setdefault(original.id, Stop(original, NOT_NEEDED))
        else:  # steps 3 and 4
            for replacement in _replacements(original, known):
                if replacement.server_terminal:
                    continue
                if picks_replacement(original, replacement, group):
                    stops.setdefault(original.id, Stop(original, NOT_NEEDED))
                else:
                    stops.setdefault(replacement.id, Stop(replacement, RECONNECTED))
    return stops


def _replacements(original: Allocation, known: Mapping[str, Allocation]) -> Iterator[Allocation]:
    """The chain of `NextAllocation`, as far as it is known."""
    seen = {original.id}
    follower = known.get(original.next_allocation)
    while follower is not None and follower.id not in seen:
        seen.add(follower.id)
        yield follower
        follower = known.get(follower.next_allocation)


def picks_replacement(original: Allocation, replacement: Allocation, group: TaskGroup) -> bool:
    """Whether the replacement wins. spec: reconcile §3.6 step 4"""
    ours, theirs = original.version, replacement.version
    if theirs.version > ours.version or theirs.create_index > ours.create_index:
        return True
    strategy = "" if group.disconnect is None else group.disconnect.reconcile
    if strategy == KEEP_ORIGINAL:
        return False
    if strategy == KEEP_REPLACEMENT:
        return True
    if strategy == LONGEST_RUNNING:
        return _runs_longer(original, replacement)
    return _scores_better(original, replacement)


def _scores_better(original: Allocation, replacement: Allocation) -> bool:
    if replacement.norm_score is None:
        return False
    better = original.norm_score is None or replacement.norm_score > original.norm_score
    return better and (replacement.client_status == "running" or original.client_status != "running")


def _runs_longer(original: Allocation, replacement: Allocation) -> bool:
    group = is_.own_group(original)
    first, second = _start(original, group), _start(replacement, group)
    if first == ZERO_TIME and second == ZERO_TIME:
        return _scores_better(original, replacement)
    if first == ZERO_TIME or second == ZERO_TIME:
        return first == ZERO_TIME
    return first >= second


def _start(alloc: Allocation, group: TaskGroup | None) -> int:
    """Last start of the leader among the group's tasks, else the earliest last start; `ZERO_TIME` if there is none."""
    earliest = ZERO_TIME
    for task in () if group is None else group.tasks or ():
        state = alloc.task_states.get(task.name)
        start = ZERO_TIME if state is None else state.last_start
        if task.leader:
            return start
        if start != ZERO_TIME and (earliest == ZERO_TIME or start < earliest):
            earliest = start
    return earliest
