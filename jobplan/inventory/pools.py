"""Node pools and the scheduler configuration. spec: placement §1.7"""

from __future__ import annotations

import dataclasses
from typing import Any

from jobplan.inventory import reading

BINPACK, SPREAD = "binpack", "spread"
ALL_POOL = "all"
FEASIBILITY_LIMIT = 100

PREEMPTION_KEYS = {
    "service": "ServiceSchedulerEnabled",
    "batch": "BatchSchedulerEnabled",
    "system": "SystemSchedulerEnabled",
    "sysbatch": "SysBatchSchedulerEnabled",
}


@dataclasses.dataclass(frozen=True, slots=True)
class SchedulerConfig:
    """Settings of the scheduler. The defaults are those of a server that has no configuration object at all.

    `preemption` holds the job types for which preemption is on.
    """

    algorithm: str = BINPACK
    memory_oversubscription: bool = False
    preemption: frozenset[str] = frozenset(PREEMPTION_KEYS)
    feasibility_limit: int = FEASIBILITY_LIMIT
    reject_job_registration: bool = False

    @classmethod
    def from_api(cls, obj: Any, *, path: str = "SchedulerConfig") -> SchedulerConfig:
        """From the object of `GET /v1/operator/scheduler/configuration`, with or without its envelope.

        None means that there is no such object: preemption is then on for every scheduler. In an object that
        exists, missing booleans are false.
        """
        if obj is None:
            return cls()
        obj = reading.is_object(obj, path)
        inner = reading.member(obj, "SchedulerConfig", path)
        if inner is not None:
            obj, path = inner, f"{path}.SchedulerConfig"
        preemption = reading.member(obj, "PreemptionConfig", path) or {}
        return cls(
            reading.text(obj, "SchedulerAlgorithm", path) or BINPACK,
            reading.flag(obj, "MemoryOversubscriptionEnabled", path),
            frozenset(
                job_type
                for job_type, key in PREEMPTION_KEYS.items()
                if reading.flag(preemption, key, f"{path}.PreemptionConfig")
            ),
            reading.number(obj, "NodeLimitForFeasibilityChecks", path) or FEASIBILITY_LIMIT,
            reading.flag(obj, "RejectJobRegistration", path),
        )

    def preempts(self, job_type: str) -> bool:
        """Whether allocations of the job type may displace others; an unknown type counts as service."""
        return (job_type if job_type in PREEMPTION_KEYS else "service") in self.preemption

    def in_pool(self, pool: NodePool | None) -> SchedulerConfig:
        """These settings with those of the job's pool on top; the pool `all` overrides nothing."""
        if pool is None or pool.name == ALL_POOL:
            return self
        return dataclasses.replace(
            self,
            algorithm=pool.algorithm or self.algorithm,
            memory_oversubscription=(
                self.memory_oversubscription if pool.memory_oversubscription is None else pool.memory_oversubscription
            ),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class NodePool:
    """A node pool with the settings it overrides; None or "": not overridden."""

    name: str
    algorithm: str = ""
    memory_oversubscription: bool | None = None

    @classmethod
    def from_api(cls, obj: Any, *, path: str = "NodePool") -> NodePool:
        obj = reading.is_object(obj, path)
        config = reading.member(obj, "SchedulerConfiguration", path) or {}
        path_inside = f"{path}.SchedulerConfiguration"
        memory = None
        if config.get("MemoryOversubscriptionEnabled") is not None:
            memory = reading.flag(config, "MemoryOversubscriptionEnabled", path_inside)
        return cls(reading.text(obj, "Name", path), reading.text(config, "SchedulerAlgorithm", path_inside), memory)
