"""How an update will proceed, forecast from the update block and the counters of a plan.

Nomad's plan tells the first step only: for a service the allocations beyond `max_parallel` count as ignored. The
forecast puts the steps together: how many waves, how few allocations run at worst, when it can be finished at the
earliest. It is an estimate of the orchestration alone: pulling images, starting and failing health checks take time
on top.

Everything here is a pure function of plain values. spec: plan §3.3, reconcile §3.11–§3.14, §4
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Api = Mapping[str, Any]
Strategy = Literal["none", "create", "stop", "in place", "all at once", "rolling", "canary", "blue/green"]

SECOND = 1_000_000_000

# What an update block holds after defaulting. spec: model §4
DEFAULT_UPDATE: dict[str, Any] = {
    "MaxParallel": 1,
    "HealthCheck": "checks",
    "MinHealthyTime": 10 * SECOND,
    "HealthyDeadline": 300 * SECOND,
    "ProgressDeadline": 600 * SECOND,
    "Canary": 0,
    "AutoRevert": False,
    "AutoPromote": False,
}

_WITH_DEPLOYMENTS = ("service", "system")


@dataclass(frozen=True, slots=True)
class GroupRollout:
    """The forecast of one group.

    `running`: allocations kept or replaced, before anything happens. `replaced`, `placed`, `stopped`: over the whole
    rollout. `waves`: how many batches of replacements, the canaries not counted. `min_available`: how many of the
    running ones are up at worst. `earliest_finish_ns`: shortest time until all are healthy, `None` when somebody
    has to act.
    `progress_deadline_ns`: longest pause between two allocations becoming healthy before the deployment fails, 0: none.
    """

    group: str
    strategy: Strategy
    running: int
    replaced: int
    placed: int
    stopped: int
    canaries: int
    max_parallel: int
    waves: int
    min_available: int
    earliest_finish_ns: int | None
    progress_deadline_ns: int
    notes: tuple[str, ...] = ()

    def to_api(self) -> dict[str, Any]:
        """Plain values, keys in snake case."""
        return {**asdict(self), "notes": list(self.notes)}


def forecast_rollout(response: Api, job: Api) -> tuple[GroupRollout, ...]:
    """One forecast per group of the plan response, in the order of its diff or by name.

    `response`: plan response; `job`: the planned API job (missing update settings count with their defaults).
    """
    updates = (response.get("Annotations") or {}).get("DesiredTGUpdates") or {}
    groups = {group.get("Name") or "": group for group in job.get("TaskGroups") or []}
    changed = ((response.get("Diff") or {}).get("Type") or "None") != "None"
    names = [name for name in groups if name in updates] + sorted(name for name in updates if name not in groups)
    return tuple(_forecast(name, updates[name], groups.get(name), job, changed) for name in names)


def _forecast(name: str, counters: Api, group: Api | None, job: Api, changed: bool) -> GroupRollout:
    counts = {key: _signed(value or 0) for key, value in counters.items()}
    kind = job.get("Type") or "service"
    update = _update_block(group, job, kind)
    waiting = counts.get("Ignore", 0) if _ignored_are_waiting(counts, kind, group, changed) else 0
    replaced = counts.get("DestructiveUpdate", 0) + waiting
    moved = counts.get("Migrate", 0)
    running = replaced + counts.get("InPlaceUpdate", 0) + moved + (counts.get("Ignore", 0) - waiting)
    canaries = min(counts.get("Canary", 0), max(replaced, 0))
    max_parallel = update["MaxParallel"]
    rest = replaced - canaries
    placed = 0 if kind == "system" else counts.get("Place", 0)  # for system jobs it counts candidate nodes
    waves, steps, down = _waves(rest, max_parallel, 0 if canaries else placed)
    strategy = _strategy(counts, replaced, canaries, waves, placed)
    return GroupRollout(
        group=name,
        strategy=strategy,
        running=running,
        replaced=replaced,
        placed=placed,
        stopped=counts.get("Stop", 0),
        canaries=canaries,
        max_parallel=max_parallel,
        waves=waves,
        min_available=max(0, running - down - moved),
        earliest_finish_ns=_earliest(update, kind, steps, canaries),
        progress_deadline_ns=update["ProgressDeadline"] if kind in _WITH_DEPLOYMENTS else 0,
        notes=tuple(_notes(update, kind, strategy, replaced, running, down)),
    )


def _update_block(group: Api | None, job: Api, kind: str) -> dict[str, Any]:
    """The settings that hold for a group; batch jobs replace everything at once."""
    given: dict[str, Any] = dict(DEFAULT_UPDATE)
    for block in (job.get("Update"), (group or {}).get("Update")):
        given.update({key: value for key, value in (block or {}).items() if value is not None})
    if kind not in _WITH_DEPLOYMENTS:
        given.update(MaxParallel=0, Canary=0, MinHealthyTime=0, HealthCheck="", ProgressDeadline=0)
    return given


def _ignored_are_waiting(counts: Api, kind: str, group: Api | None, changed: bool) -> bool:
    """Whether ignored allocations of a service are ones that await their replacement. spec: reconcile §3.14

    With a changed job no allocation of a service is up to date, so whatever is ignored waits. When the diff is empty an
    ignored one may just as well be up to date; then only a replacement that has begun says that others wait.
    """
    if kind != "service" or group is None:
        return False
    return changed or counts.get("DestructiveUpdate", 0) > 0 or counts.get("Canary", 0) > 0


def _strategy(counts: Api, replaced: int, canaries: int, waves: int, placed: int) -> Strategy:
    if canaries:
        return "blue/green" if canaries >= replaced else "canary"
    if replaced:
        return "all at once" if waves == 1 else "rolling"
    if counts.get("InPlaceUpdate"):
        return "in place"
    if placed or counts.get("Migrate"):
        return "create"
    return "stop" if counts.get("Stop") else "none"


def _waves(replaced: int, max_parallel: int, placed: int) -> tuple[int, int, int]:
    """Batches with replacements, all batches, replacements in the largest batch.

    Placements go first, all at once, and use up the allowance. spec: reconcile §3.12, §3.13
    """
    if max_parallel <= 0:
        return min(replaced, 1), min(replaced + placed, 1), replaced
    first = min(replaced, max(0, max_parallel - placed)) if placed else 0
    later = -(-(replaced - first) // max_parallel)
    return later + min(first, 1), later + min(placed, 1), max(first, min(max_parallel, replaced - first))


def _earliest(update: Api, kind: str, steps: int, canaries: int) -> int | None:
    steps += min(canaries, 1)
    if not steps:
        return 0
    if kind in _WITH_DEPLOYMENTS and update["HealthCheck"] == "manual":
        return None
    if canaries and not update["AutoPromote"]:
        return None
    return int(steps * update["MinHealthyTime"])


def _notes(update: Api, kind: str, strategy: Strategy, replaced: int, running: int, down: int) -> list[str]:
    notes = []
    if strategy in ("canary", "blue/green"):
        notes.append(
            "canaries are promoted automatically"
            if update["AutoPromote"]
            else "waits for somebody to promote the canaries"
        )
    if replaced and kind in _WITH_DEPLOYMENTS and update["HealthCheck"] == "manual":
        notes.append("waits for somebody to set the health of every allocation")
    if replaced and down >= running > 0:
        notes.append("nothing of the old version runs while its replacement starts")
    if replaced and kind in _WITH_DEPLOYMENTS and strategy != "all at once":
        notes.append(
            "goes back to the last stable version when it fails"
            if update["AutoRevert"]
            else "stays as it is when it fails half-way (auto_revert is off)"
        )
    return notes


def _signed(counter: int) -> int:
    """A counter that wrapped below zero counts as zero here. spec: plan §3.2"""
    return 0 if counter >= 1 << 63 else counter
