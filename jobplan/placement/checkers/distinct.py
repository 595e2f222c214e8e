"""`distinct_hosts` and `distinct_property`. spec: placement §5.8, §5.9"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.reasons import Reason
from jobplan.values.integers import uint_error
from jobplan.values.quoting import quoted

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.trial import Trial

DISTINCT_HOSTS = Reason("distinct_hosts")


def distinct_hosts(trial: Trial, node: Node) -> Reason | None:
    """No other allocation of the job (or of the group) may be proposed on the node. spec: placement §5.8"""
    ask = trial.ask
    if not (ask.job_distinct_hosts or ask.group_distinct_hosts):
        return None
    for occupant in trial.draft.occupancy(node.id).occupants.values():
        if trial.is_own(occupant.namespace, occupant.job_id) and (ask.job_distinct_hosts or occupant.group == ask.name):
            return DISTINCT_HOSTS
    return None


def distinct_property(trial: Trial, node: Node) -> Reason | None:
    """At most so many allocations per value of a property; limits of the job first. spec: placement §5.9"""
    for limit, use in trial.limits:
        if limit.allowed is None:
            problem = uint_error(limit.rtarget)
            return Reason(f"failed to convert RTarget {quoted(limit.rtarget)} to uint64: {problem}", limit.target)
        value = use.value_on(node)
        if value is None:
            return Reason(f'missing property "{limit.target}"', limit.target)
        used = use.used(value)
        if used >= limit.allowed:
            key = f"distinct_property: {limit.target}={value} used by {used} allocs"
            return Reason(key, limit.target, limit.allowed, used)
    return None
