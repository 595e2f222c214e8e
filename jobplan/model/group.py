"""Task groups. spec: model §3.3"""

from __future__ import annotations

from jobplan.model.identity import Consul
from jobplan.model.kinds import Kind, boolean, duration, integer, kind, mapping, nested, object_map, objects, string
from jobplan.model.placement_rules import Affinity, Constraint, Spread
from jobplan.model.policies import (
    DisconnectStrategy,
    MigrateStrategy,
    ReschedulePolicy,
    RestartPolicy,
    ScalingPolicy,
    UpdateStrategy,
)
from jobplan.model.resources import NetworkResource
from jobplan.model.services import Service
from jobplan.model.task import Task
from jobplan.model.volumes import EphemeralDisk, VolumeRequest


@kind()
class TaskGroup(Kind):
    """Tasks that are placed together."""

    name: str = string("Name", absent="")
    count: int = integer("Count", absent=0)
    constraints: list[Constraint] | None = objects("Constraints", Constraint, empty=None)
    affinities: list[Affinity] | None = objects("Affinities", Affinity, empty=None)
    tasks: list[Task] | None = objects("Tasks", Task, empty=None)
    spreads: list[Spread] | None = objects("Spreads", Spread, empty=None)
    volumes: dict[str, VolumeRequest] | None = object_map("Volumes", VolumeRequest, null="drop")
    restart_policy: RestartPolicy = nested("RestartPolicy", RestartPolicy, absent=RestartPolicy)
    disconnect: DisconnectStrategy | None = nested("Disconnect", DisconnectStrategy)
    reschedule_policy: ReschedulePolicy | None = nested("ReschedulePolicy", ReschedulePolicy)
    ephemeral_disk: EphemeralDisk = nested("EphemeralDisk", EphemeralDisk, absent=EphemeralDisk)
    update: UpdateStrategy | None = nested("Update", UpdateStrategy)
    migrate: MigrateStrategy | None = nested("Migrate", MigrateStrategy)
    networks: list[NetworkResource] | None = objects("Networks", NetworkResource, empty=None)
    meta: dict[str, str] | None = mapping("Meta", empty=None)
    services: list[Service] | None = objects("Services", Service, empty=None)
    shutdown_delay: int | None = duration("ShutdownDelay", absent=None)
    max_run_duration: int | None = duration("MaxRunDuration", absent=None)
    stop_after_client_disconnect: int | None = duration("StopAfterClientDisconnect", absent=None, carried=False)
    max_client_disconnect: int | None = duration("MaxClientDisconnect", absent=None, carried=False)
    scaling: ScalingPolicy | None = nested("Scaling", ScalingPolicy)
    consul: Consul | None = nested("Consul", Consul)
    prevent_reschedule_on_lost: bool = boolean("PreventRescheduleOnLost", absent=False, carried=False)
