"""Who may be preempted. spec: placement §12.1"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobplan.placement.occupancy import Occupancy
    from jobplan.placement.resources import Occupant
    from jobplan.placement.trial import Trial

LEAST_GAP = 10
"""How far the priorities must be apart."""


def candidates(trial: Trial, occupancy: Occupancy) -> list[Occupant]:
    """Proposed allocations of other jobs."""
    return [item for item in occupancy.occupants.values() if not trial.is_own(item.namespace, item.job_id)]


def is_preemptible(trial: Trial, occupant: Occupant) -> bool:
    """Whether an allocation of another job has a priority low enough."""
    return trial.ask.job.priority - occupant.priority >= LEAST_GAP


def by_priority(occupants: list[Occupant]) -> list[list[Occupant]]:
    """Groups of equal priority, the lowest first."""
    groups: dict[int, list[Occupant]] = {}
    for occupant in occupants:
        groups.setdefault(occupant.priority, []).append(occupant)
    return [groups[priority] for priority in sorted(groups)]
