"""Update, restart, reschedule, migrate, disconnect and scaling policies. spec: model §3.1, 3.3"""

from __future__ import annotations

from typing import Any

from jobplan.model.kinds import ANY, INT64, STRING, UINT64, Kind, boolean, duration, integer, kind, mapping, string
from jobplan.values.durations import MINUTE, SECOND


@kind()
class UpdateStrategy(Kind):
    """How a group is rolled out. The job's own one keeps only stagger and max_parallel. spec: model §5.1"""

    stagger: int = duration("Stagger", absent=30 * SECOND)
    max_parallel: int = integer("MaxParallel", absent=1)
    health_check: str = string("HealthCheck", absent="checks")
    min_healthy_time: int = duration("MinHealthyTime", absent=10 * SECOND)
    healthy_deadline: int = duration("HealthyDeadline", absent=5 * MINUTE)
    progress_deadline: int = duration("ProgressDeadline", absent=10 * MINUTE)
    canary: int = integer("Canary", absent=0)
    auto_revert: bool = boolean("AutoRevert", absent=False)
    auto_promote: bool = boolean("AutoPromote", absent=False)


@kind()
class RestartPolicy(Kind):
    """Restarts of a task on its node; defaults depend on the job type. spec: model §4.3"""

    interval: int = duration("Interval", absent=0)
    attempts: int = integer("Attempts", absent=0)
    delay: int = duration("Delay", absent=15 * SECOND)
    mode: str = string("Mode", absent="fail")
    render_templates: bool = boolean("RenderTemplates", absent=False)


@kind()
class ReschedulePolicy(Kind):
    """Replacing failed allocations on other nodes; defaults depend on the job type. spec: model §4.3"""

    attempts: int = integer("Attempts", absent=0)
    interval: int = duration("Interval", absent=0)
    delay: int = duration("Delay", absent=0)
    delay_function: str = string("DelayFunction", absent="")
    max_delay: int = duration("MaxDelay", absent=0)
    unlimited: bool = boolean("Unlimited", absent=False)


@kind()
class DisconnectStrategy(Kind):
    """What happens to allocations of a client that lost contact."""

    lost_after: int = duration("LostAfter", absent=0)
    stop_on_client_after: int | None = duration("StopOnClientAfter", absent=None)
    replace: bool | None = boolean("Replace", absent=True)
    reconcile: str = string("Reconcile", absent="best_score")


@kind()
class MigrateStrategy(Kind):
    """How allocations leave a draining node."""

    max_parallel: int = integer("MaxParallel", absent=1)
    health_check: str = string("HealthCheck", absent="checks")
    min_healthy_time: int = duration("MinHealthyTime", absent=10 * SECOND)
    healthy_deadline: int = duration("HealthyDeadline", absent=5 * MINUTE)


@kind(api_only={"Namespace": STRING})
class ScalingPolicy(Kind):
    """Autoscaling bounds of a group or task; the target is always derived from the owner."""

    min: int = integer("Min", INT64, absent=0)
    max: int = integer("Max", INT64, absent=-1)
    policy: dict[str, Any] | None = mapping("Policy", ANY)
    enabled: bool = boolean("Enabled", absent=True)
    type: str = string("Type", zero="horizontal")
    id: str = string("ID", carried=False)
    target: dict[str, str] | None = mapping("Target")
    create_index: int = integer("CreateIndex", UINT64, carried=False)
    modify_index: int = integer("ModifyIndex", UINT64, carried=False)
