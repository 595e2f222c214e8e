"""When a failed allocation is replaced. spec: reconcile §2.7, §3.4, §3.5"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment
from jobplan.model.policies import ReschedulePolicy
from jobplan.reconcile import predicates as is_
from jobplan.reconcile.classify import Allocs
from jobplan.values.durations import SECOND

WINDOW = SECOND
"""An allocation whose time comes within this is rescheduled at once."""


def next_delay(alloc: Allocation, policy: ReschedulePolicy | None) -> int:
    """The delay before the next attempt, in ns. spec: reconcile §2.7"""
    if policy is None:
        return 0
    events = alloc.tracker.events if alloc.tracker is not None else None
    if not events:
        return policy.delay
    last = events[-1]
    if policy.delay_function == "exponential":
        delay = last.delay * 2
    elif policy.delay_function == "fibonacci":
        if len(events) < 2:
            delay = policy.delay
        else:
            before = events[-2].delay
            restarted = before == policy.max_delay and last.delay == policy.delay
            delay = last.delay if restarted else last.delay + before
    else:
        return policy.delay
    if policy.max_delay > 0 and delay > policy.max_delay:
        delay = policy.max_delay
        if is_.last_event(alloc) - last.time > policy.max_delay:
            delay = policy.delay
    return delay


def next_time(alloc: Allocation, policy: ReschedulePolicy, failed_at: int) -> tuple[int, bool]:
    """Time (ns) of the next attempt after a failure, and whether there is one. spec: reconcile §2.7"""
    delay = next_delay(alloc, policy)
    eligible = policy.unlimited or (policy.attempts > 0 and alloc.tracker is None)
    if policy.attempts > 0 and alloc.tracker is not None and alloc.tracker.events is not None:
        attempted = sum(1 for event in alloc.tracker.events if failed_at - event.time < policy.interval)
        eligible = attempted < policy.attempts and delay < policy.interval
    return failed_at + delay, eligible


def normal_time(alloc: Allocation) -> tuple[int, bool]:
    """Next attempt of a failed or lost allocation."""
    policy = is_.reschedule_policy(alloc)
    if policy is None or (policy.attempts == 0 and not policy.unlimited):
        return 0, False
    if alloc.desired_status == "stop" and not is_.last_reschedule_failed(alloc):
        return 0, False
    asked = alloc.version.type == "batch" and alloc.transition.reschedule
    if alloc.client_status not in ("failed", "lost") and not asked:
        return 0, False
    return next_time(alloc, policy, is_.last_event(alloc))


def disconnect_time(alloc: Allocation, now: int) -> tuple[int, bool]:
    """Next attempt of an allocation whose client just lost contact."""
    policy = is_.reschedule_policy(alloc)
    return (0, False) if policy is None else next_time(alloc, policy, now)


@dataclasses.dataclass(frozen=True, slots=True)
class Delayed:
    """An allocation that is looked at again at a later time (ns)."""

    alloc: Allocation
    time: int


@dataclasses.dataclass(slots=True)
class Filtered:
    """Outputs of the filter; an allocation that is in none of them was dropped."""

    untainted: Allocs = dataclasses.field(default_factory=dict)
    now: Allocs = dataclasses.field(default_factory=dict)
    later: list[Delayed] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """What the timing test looks at besides the allocation."""

    now: int
    current: Deployment | None
    disconnecting: bool = False

    def test(self, alloc: Allocation) -> tuple[bool, int | None]:
        """Whether to reschedule now, and else at which time, if ever. spec: reconcile §3.5"""
        current = self.current
        rolling = current is not None and alloc.deployment_id == current.id and current.active
        if rolling and not alloc.transition.reschedule:
            return False, None
        forced = alloc.transition.force
        if self.disconnecting and not is_.replace_allowed(alloc):
            return forced, None
        time, eligible = disconnect_time(alloc, self.now) if self.disconnecting else normal_time(alloc)
        if eligible and time - self.now <= WINDOW:
            return True, None
        return forced, time if eligible and alloc.followup_eval_id == "" else None


Verdict = tuple[bool, bool]
"""(keep, drop); (False, False) leaves the decision to the timing test."""
KEEP, DROP, ASK = (True, False), (False, True), (False, False)


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table in §3.4 step 3."""

    applies: Callable[[Allocation], bool]
    verdict: Verdict


BATCH = (
    Rule(lambda a: a.transition.no_placement, KEEP),
    Rule(lambda a: a.transition.reschedule, ASK),
    Rule(lambda a: a.desired_status == "stop" and is_.ran_successfully(a), KEEP),
    Rule(lambda a: a.desired_status == "stop" and is_.last_reschedule_failed(a), ASK),
    Rule(lambda a: a.desired_status == "stop", DROP),
    Rule(lambda a: a.desired_status == "evict", DROP),
    Rule(lambda a: a.client_status == "failed", ASK),
    Rule(lambda a: True, KEEP),
)
SERVICE = (
    Rule(lambda a: a.server_terminal and is_.last_reschedule_failed(a), ASK),
    Rule(lambda a: a.server_terminal, DROP),
    Rule(lambda a: a.client_status in ("complete", "lost"), DROP),
    Rule(lambda a: True, ASK),
)


def filter_rescheduled(allocs: Iterable[Allocation], timing: Timing, *, batch: bool) -> Filtered:
    """Split allocations into those that stay and those replaced now or later. spec: reconcile §3.4

    An allocation that is looked at later also stays.
    """
    rules = BATCH if batch else SERVICE
    made = Filtered()
    for alloc in allocs:
        if timing.disconnecting and alloc.client_status == "unknown":  # step 1
            continue
        if alloc.next_allocation != "" and alloc.terminal:  # step 2
            continue
        keep, drop = next(rule.verdict for rule in rules if rule.applies(alloc))  # step 3
        if keep and not timing.disconnecting:  # step 4
            made.untainted[alloc.id] = alloc
            continue
        if drop:  # step 5
            continue
        at_once, later = timing.test(alloc)  # step 6
        if at_once:
            made.now[alloc.id] = alloc
            continue
        made.untainted[alloc.id] = alloc
        if later is not None:
            made.later.append(Delayed(alloc, later))
    return made
