"""Host volumes, configured on the client or made at run time. spec: placement §5.6"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.reasons import Reason
from jobplan.placement.trial import index_suffix

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.inventory.volumes import HostVolume, StickyClaim
    from jobplan.model.volumes import VolumeRequest
    from jobplan.placement.trial import Trial

MISSING = "missing compatible host volumes"

READER, WRITER = "single-node-reader-only", "single-node-writer"
SINGLE_WRITER, MULTI_WRITER = "single-node-single-writer", "single-node-multi-writer"
FILE_SYSTEM = "file-system"


def effective_source(request: VolumeRequest, suffix: str) -> str:
    """The name of the volume; per allocation with the index in brackets."""
    return request.source + suffix if request.per_alloc else request.source


def host_volumes(trial: Trial, node: Node) -> Reason | None:
    """All asks must be met. spec: placement §5.6"""
    for request in trial.ask.host_volumes:
        source = effective_source(request, trial.suffix)
        if not _satisfied(trial, node, request, source):
            return Reason(MISSING, source, source, sorted(node.host_volumes))
    return None


def _satisfied(trial: Trial, node: Node, request: VolumeRequest, source: str) -> bool:
    mounted = node.host_volumes.get(source)
    if mounted is None:
        return False
    if mounted.id == "":
        return not request.sticky and (request.read_only or not mounted.read_only)
    volume = trial.cluster.host_volumes.get((trial.owner.namespace, mounted.id))
    if volume is None or volume.state != "ready" or not _allows(trial, node, volume, request):
        return False
    return not request.sticky or _claims_allow(trial, volume)


def _allows(trial: Trial, node: Node, volume: HostVolume, request: VolumeRequest) -> bool:
    """Whether the way of access fits the volume and its other users. spec: placement §5.6 step 3"""
    access = request.access_mode or (READER if request.read_only else WRITER)
    attachment = request.attachment_mode or FILE_SYSTEM
    if not any(item.access_mode == access and item.attachment_mode == attachment for item in volume.capabilities):
        return False
    if access == READER:
        return request.read_only
    if access == WRITER:
        return not request.read_only
    if access == SINGLE_WRITER:
        return not _has_writer(trial, node, volume)
    return access == MULTI_WRITER


def _has_writer(trial: Trial, node: Node, volume: HostVolume) -> bool:
    """Whether a proposed allocation may write to the volume; an unknown job or group counts as a writer."""
    seen: set[tuple[str, str, str]] = set()
    for occupant in trial.draft.occupancy(node.id).occupants.values():
        key = (occupant.namespace, occupant.job_id, occupant.group)
        if key in seen:
            continue
        seen.add(key)
        stored = (
            trial.owner
            if trial.is_own(occupant.namespace, occupant.job_id)
            else trial.cluster.inventory.job(occupant.namespace, occupant.job_id)
        )
        groups = {} if stored is None else {group.name: group for group in stored.job.task_groups or ()}
        group = groups.get(occupant.group)
        if group is None:
            return True
        for other in (group.volumes or {}).values():
            name = effective_source(other, index_suffix(occupant.name))
            if other.type == "host" and name == volume.name and not other.read_only:
                return True
    return False


def _claims_allow(trial: Trial, volume: HostVolume) -> bool:
    """A sticky volume goes to the group that had it. spec: placement §5.6 step 4"""
    if trial.claims is None:
        trial.claims = _open_claims(trial)
    if not trial.claims:
        return True
    if not any(claim.volume_id == volume.id for claim in trial.claims):
        return False
    trial.claims = [claim for claim in trial.claims if claim.volume_id != volume.id]
    return True


def _open_claims(trial: Trial) -> list[StickyClaim]:
    """Claims of the job that no proposed allocation meets yet."""
    inventory = trial.cluster.inventory
    volumes = {volume.id: volume for volume in inventory.host_volumes}
    return [
        claim
        for claim in inventory.claims
        if trial.is_own(claim.namespace, claim.job_id)
        and claim.allocation_id in inventory.allocations
        and claim.volume_id in volumes
        and not _is_met(trial, claim, volumes[claim.volume_id])
    ]


def _is_met(trial: Trial, claim: StickyClaim, volume: HostVolume) -> bool:
    """Whether the claiming allocation, or another one of its group in its place, is proposed on the volume's node."""
    if volume.node_id not in trial.cluster.nodes:
        return False
    for occupant in trial.draft.occupancy(volume.node_id).occupants.values():
        if occupant.terminal:
            continue
        if occupant.id == claim.allocation_id:
            return True
        home = trial.cluster.inventory.allocations[claim.allocation_id].node_id
        if home == volume.node_id and (
            (occupant.namespace, occupant.job_id, occupant.group) == (claim.namespace, claim.job_id, claim.group)
        ):
            return True
    return False
