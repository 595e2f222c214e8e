"""CSI volumes. spec: placement §5.7"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.checkers.hostvolumes import effective_source
from jobplan.placement.reasons import Reason

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.inventory.volumes import CSIVolume
    from jobplan.model.volumes import VolumeRequest
    from jobplan.placement.trial import Trial

WRITING = frozenset({"single-node-writer", "multi-node-single-writer", "multi-node-multi-writer"})
ONE_WRITER = frozenset({"single-node-writer", "multi-node-single-writer"})


def csi_volumes(trial: Trial, node: Node) -> Reason | None:
    """spec: placement §5.7"""
    requests = trial.ask.csi_volumes
    if not requests:
        return None
    namespace = trial.owner.namespace
    asked: list[tuple[VolumeRequest, CSIVolume]] = []
    missing: list[str] = []
    for request in requests:
        volume_id = effective_source(request, trial.suffix)
        volume = trial.cluster.csi_volumes.get((namespace, volume_id))
        if volume is None:
            missing.append(volume_id)
        else:
            asked.append((request, volume))
    if missing:
        trial.missing_volumes.update(f"csi-volume:{namespace}:{volume_id}" for volume_id in missing)
        return Reason(f"missing CSI volume(s) {', '.join(missing)}", missing[0])
    counts = _volumes_in_use(trial, node)
    for request, volume in asked:
        reason = _plugin_problem(node, volume, counts) or _claim_problem(trial, request, volume)
        if reason is not None:
            return reason
    return None


def _volumes_in_use(trial: Trial, node: Node) -> dict[str, int]:
    """Plugin → number of distinct volumes of live allocations on the node. spec: placement §5.7 step 2

    Volumes are looked up by their plain source; an unknown one ends the count, as it does in the server.
    """
    counts: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    for allocation in trial.cluster.inventory.allocations_on(node.id):
        if allocation.desired_status != "run" and allocation.client_status != "running":
            continue
        group = next((item for item in allocation.job.task_groups or () if item.name == allocation.task_group), None)
        for request in (group.volumes or {}).values() if group is not None else ():
            if request.type != "csi":
                continue
            key = (allocation.namespace, request.source)
            volume = trial.cluster.csi_volumes.get(key)
            if volume is None:
                return counts
            if key not in seen:
                seen.add(key)
                counts[volume.plugin_id] = counts.get(volume.plugin_id, 0) + 1
    return counts


def _plugin_problem(node: Node, volume: CSIVolume, counts: dict[str, int]) -> Reason | None:
    """spec: placement §5.7 step 3"""
    plugin_id = volume.plugin_id
    plugin = node.csi_plugins.get(plugin_id)
    if plugin is None:
        return Reason(f"CSI plugin {plugin_id} is missing from client {node.id}", volume.id, plugin_id)
    if not plugin.healthy:
        return Reason(f"CSI plugin {plugin_id} is unhealthy on client {node.id}", volume.id, plugin_id)
    used = counts.get(plugin_id, 0)
    if used >= plugin.max_volumes:
        key = f"CSI plugin {plugin_id} has the maximum number of volumes on client {node.id}"
        return Reason(key, volume.id, used + 1, plugin.max_volumes)
    if volume.topologies:
        segments = plugin.segments
        reached = segments is not None and any(
            all(segments.get(key) == value for key, value in topology.items()) for topology in volume.topologies
        )
        if not reached:
            topologies = [dict(topology) for topology in volume.topologies]
            return Reason("did not meet topology requirement", volume.id, topologies, segments)
    return None


def _claim_problem(trial: Trial, request: VolumeRequest, volume: CSIVolume) -> Reason | None:
    """spec: placement §5.7 steps 4 and 5"""
    usable = volume.schedulable and not volume.exhausted
    if request.read_only:
        if usable:
            return None
        key = f"CSI volume {volume.id} is unschedulable or has exhausted its available reader claims"
        return Reason(key, volume.id)
    modes = {item.access_mode for item in volume.capabilities} if volume.access_mode == "" else {volume.access_mode}
    if not usable or modes.isdisjoint(WRITING):
        return Reason(f"CSI volume {volume.id} is unschedulable or is read-only", volume.id)
    if volume.access_mode not in ONE_WRITER:
        return None
    key = f"CSI volume {volume.id} has exhausted its available writer claims"
    for allocation_id in volume.write_allocations:
        writer = trial.cluster.inventory.allocations.get(allocation_id)
        if writer is None:
            gone = (
                f"{key} and is claimed by a garbage collected allocation {allocation_id}; "
                "waiting for claim to be released"
            )
            return Reason(gone, volume.id)
        if not trial.is_own(writer.namespace, writer.job_id):
            return Reason(key, volume.id, None, allocation_id)
    return None
