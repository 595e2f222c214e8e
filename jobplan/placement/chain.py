"""The order of the checks, and the cache of verdicts per computed class. spec: placement §4, §7

The cache is behaviour, not only speed: a class that was turned down once is counted as `computed class ineligible`
from then on, also for other groups and in the second selection with preemption. Do not "improve" it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from jobplan.placement.checkers.constraints import group_constraints, job_constraints
from jobplan.placement.checkers.csi import csi_volumes
from jobplan.placement.checkers.devices import devices
from jobplan.placement.checkers.distinct import distinct_hosts, distinct_property
from jobplan.placement.checkers.drivers import drivers, secret_providers
from jobplan.placement.checkers.hostvolumes import host_volumes
from jobplan.placement.checkers.network import network
from jobplan.placement.reasons import CLASS_INELIGIBLE

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.reasons import Reason
    from jobplan.placement.trial import Trial

Checker = Callable[["Trial", "Node"], "Reason | None"]
Level = Literal["job", "group", "never"]
"""What a verdict is cached for."""

SERVICE, BATCH, SYSTEM, SYSBATCH = "service", "batch", "system", "sysbatch"
ALL_TYPES = frozenset({SERVICE, BATCH, SYSTEM, SYSBATCH})


@dataclasses.dataclass(frozen=True, slots=True)
class Stage:
    """A check, how its verdict is cached, and for which types of job it runs."""

    number: int
    check: Checker
    cache: Level
    types: frozenset[str] = ALL_TYPES


CHAIN = (  # spec: placement §4
    Stage(1, job_constraints, "job"),
    Stage(2, drivers, "group"),
    Stage(3, group_constraints, "group"),
    Stage(4, devices, "group"),
    Stage(5, network, "group"),
    Stage(6, secret_providers, "group"),
    Stage(7, host_volumes, "never"),
    Stage(8, csi_volumes, "never"),
    Stage(9, distinct_hosts, "never", frozenset({SERVICE, BATCH})),
    Stage(10, distinct_property, "never"),
)

_BY_TYPE: dict[str, dict[Level, tuple[Checker, ...]]] = {
    job_type: {
        level: tuple(stage.check for stage in CHAIN if stage.cache == level and job_type in stage.types)
        for level in ("job", "group", "never")
    }
    for job_type in ALL_TYPES
}


def checkers(job_type: str) -> dict[Level, tuple[Checker, ...]]:
    """The checks for a type of job by the way they are cached, in order; an unknown type counts as service."""
    return _BY_TYPE.get(job_type) or _BY_TYPE[SERVICE]


@dataclasses.dataclass(slots=True)
class ClassCache:
    """Verdicts per computed class, for one run; a missing class is unknown. spec: placement §7"""

    job: dict[str, bool] = dataclasses.field(default_factory=dict)
    groups: dict[str, dict[str, bool]] = dataclasses.field(default_factory=dict)

    def clear(self) -> None:
        """System and sysbatch jobs forget everything before every selection. spec: placement §14"""
        self.job.clear()
        self.groups.clear()

    def eligibility(self) -> dict[str, bool]:
        """`ClassEligibility` of a blocked evaluation. spec: placement §15"""
        made: dict[str, bool] = {}
        for verdicts in self.groups.values():
            for computed_class, eligible in verdicts.items():
                made[computed_class] = eligible or made.get(computed_class, False)
        for computed_class, eligible in self.job.items():
            if not eligible:
                made[computed_class] = False
            else:
                made.setdefault(computed_class, True)
        return made


class Chain:
    """The checks of one selection against the cache of the run.

    `job_verdicts` and `group_verdicts` are the parts of the cache that apply; None where constraints escape classes.
    """

    __slots__ = ("_group_checks", "_job_checks", "group_verdicts", "job_verdicts", "last_checks", "trial")

    def __init__(self, trial: Trial, cache: ClassCache, job_type: str) -> None:
        self.trial = trial
        checks, ask = checkers(job_type), trial.ask
        self._job_checks, self._group_checks = checks["job"], checks["group"]
        self.last_checks = tuple(check for check in checks["never"] if _is_needed(check, trial))
        self.job_verdicts = None if ask.job_escapes else cache.job
        self.group_verdicts = None if ask.group_escapes else cache.groups.setdefault(ask.name, {})

    def reject(self, node: Node) -> Reason | None:
        """The first reason against a node, or None if it is feasible. spec: placement §7 steps 1 to 6"""
        trial, job, group = self.trial, self.job_verdicts, self.group_verdicts
        computed_class = node.computed_class
        if job is not None and job.get(computed_class) is False:
            return CLASS_INELIGIBLE
        for check in self._job_checks:
            reason = check(trial, node)
            if reason is not None:
                if job is not None:
                    job[computed_class] = False
                return reason
        if job is not None:
            job[computed_class] = True
        eligible = None if group is None else group.get(computed_class)
        if eligible is False:
            return CLASS_INELIGIBLE
        if eligible is None:
            reason = self.reject_group(node)
            if group is not None:
                group[computed_class] = reason is None
            if reason is not None:
                return reason
        for check in self.last_checks:
            reason = check(trial, node)
            if reason is not None:
                return reason
        return None

    def reject_group(self, node: Node) -> Reason | None:
        """The first reason among the checks that are cached for the group. spec: placement §7 step 5"""
        for check in self._group_checks:
            reason = check(self.trial, node)
            if reason is not None:
                return reason
        return None


def _is_needed(check: Checker, trial: Trial) -> bool:
    """Leaves out checks that cannot fail for this ask."""
    ask = trial.ask
    if check is host_volumes:
        return bool(ask.host_volumes)
    if check is csi_volumes:
        return bool(ask.csi_volumes)
    if check is distinct_hosts:
        return ask.job_distinct_hosts or ask.group_distinct_hosts
    if check is distinct_property:
        return bool(trial.limits)
    return True
