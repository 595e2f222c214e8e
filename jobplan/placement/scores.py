"""Scores of a node on which an allocation fits. spec: placement §10, §12.5"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jobplan.inventory.pools import SPREAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobplan.placement.fit import Fit
    from jobplan.placement.occupancy import Occupancy
    from jobplan.placement.resources import Occupant
    from jobplan.placement.spread import GroupSpread, Spreads
    from jobplan.placement.trial import Trial

MOST = 18.0
"""The best fit score: a node filled exactly, or empty when spreading."""


def fit_score(node_cpu: int, node_memory: int, cpu: int, memory: int, algorithm: str) -> float:
    """How well the use fills the node (`binpack`) or keeps it empty (`spread`), 0 to 18. spec: placement §10.1"""
    if node_cpu > 0 and node_memory > 0:
        total = _ten_to(1 - cpu / node_cpu) + _ten_to(1 - memory / node_memory)
    else:
        total = _ten_to(1 - divide(cpu, node_cpu)) + _ten_to(1 - divide(memory, node_memory))
    score = total - 2.0 if algorithm == SPREAD else 20.0 - total
    return MOST if score > MOST else 0.0 if score < 0.0 else score


def divide(left: float, right: float) -> float:
    """Division as IEEE has it."""
    if right != 0:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)


def _ten_to(exponent: float) -> float:
    try:
        return math.pow(10.0, exponent)
    except OverflowError:
        return math.inf


def preemption_score(victims: Iterable[Occupant]) -> float:
    """Better the fewer and the less important the victims. spec: placement §12.5"""
    priorities = [occupant.priority for occupant in victims]
    highest = max(priorities)
    net = highest + divide(sum(priorities), highest)
    return 1.0 / (1.0 + math.exp(0.0048 * (net - 2048.0)))


def score(trial: Trial, fit: Fit, spread: GroupSpread | None, spreads: Spreads) -> tuple[float, dict[str, float]]:
    """The mean of all numbers that the scorers give, and the parts as the metadata name them. spec: placement §10"""
    available = fit.node.available
    assert available is not None
    ask = trial.ask
    packed = (
        fit_score(available.cpu, available.memory_mb, fit.total_cpu, fit.total_memory, trial.config.algorithm) / MOST
    )
    numbers, parts = [packed], {"binpack": packed}
    if fit.device_weight != 0:
        numbers.append(fit.device_score / fit.device_weight)
        parts["devices"] = numbers[-1]
    collisions = count_collisions(trial, fit.node.id)
    parts["job-anti-affinity"] = 0.0
    if collisions > 0:
        numbers.append(-(collisions + 1) / ask.group.count)
        parts["job-anti-affinity"] = numbers[-1]
    parts["node-reschedule-penalty"] = 0.0
    if fit.node.id in trial.penalties:
        numbers.append(-1.0)
        parts["node-reschedule-penalty"] = -1.0
    parts["node-affinity"] = 0.0
    if ask.affinities:
        numbers.append(affinity_score(trial, fit))
        parts["node-affinity"] = numbers[-1]
    if spread is not None:
        boost = spreads.score(spread, fit.node)
        if boost != 0.0:
            numbers.append(boost)
            parts["allocation-spread"] = boost
    if fit.victims:
        numbers.append(preemption_score(fit.victims))
        parts["preemption"] = numbers[-1]
    return mean(numbers), parts


def mean(numbers: Sequence[float]) -> float:
    """The arithmetic mean, added up one after the other: `sum` may round differently."""
    total = 0.0
    for number in numbers:
        total += number
    return total / len(numbers)


def count_collisions(trial: Trial, node_id: str) -> int:
    """Proposed allocations of the same job and group. spec: placement §10.2"""
    return count_group(trial.draft.occupancy(node_id), trial.owner.id, trial.ask.name)


def count_group(occupancy: Occupancy, job_id: str, group: str) -> int:
    """Allocations of a group of a job; the namespace is not compared. spec: placement §10.2"""
    count = 0
    for occupant in occupancy.occupants.values():
        if occupant.job_id == job_id and occupant.group == group:
            count += 1
    return count


def affinity_score(trial: Trial, fit: Fit) -> float:
    """The share of the weights whose affinity the node meets. spec: placement §10.2"""
    affinities = trial.ask.affinities
    total = sum(abs(affinity.weight) for affinity in affinities)
    met = sum(affinity.weight for affinity in affinities if affinity.holds(fit.node))
    return divide(met, total)
