"""The smallest change that would make a group fit: to the job, or to one node."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobplan.explain.whynot import Failure, NodeVerdict
    from jobplan.placement.asks import Ask

AMOUNTS = {"cpu": "MHz", "memory": "MB", "disk": "MB"}
MOST = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Suggestion:
    """A change and the nodes on which the group would then fit (one more allocation on each, at least)."""

    text: str
    nodes: tuple[str, ...]

    def to_api(self) -> dict[str, Any]:
        return {"Text": self.text, "Nodes": list(self.nodes)}


def suggest(ask: Ask, verdicts: Sequence[NodeVerdict]) -> tuple[Suggestion, ...]:
    """Single changes that help, the ones that open most nodes first; then the smallest mixed one."""
    made = sorted(_removals(verdicts), key=lambda item: (-len(item.nodes), item.text))
    made += _smaller_asks(ask, verdicts)
    return tuple(made[:MOST])


def _removals(verdicts: Sequence[NodeVerdict]) -> Iterator[Suggestion]:
    """Failures that stand alone on some nodes: without them the group would fit there."""
    alone: dict[str, list[str]] = {}
    for verdict in verdicts:
        keys = {failure.key for failure in verdict.failures}
        if len(keys) == 1 and verdict.failures[0].check not in AMOUNTS:
            alone.setdefault(_remedy(verdict.failures[0]), []).append(verdict.node)
    for text, nodes in alone.items():
        yield Suggestion(text, tuple(nodes))


def _remedy(failure: Failure) -> str:
    if failure.held_by:
        return f"free the port ({failure.key.removeprefix('network: ')}, held by {failure.held_by}) or make it dynamic"
    if failure.check in ("job constraints", "group constraints"):
        return f"relax the constraint `{failure.key}`"
    return f"resolve `{failure.key}`" + (f" ({failure.subject})" if failure.subject else "")


def _smaller_asks(ask: Ask, verdicts: Sequence[NodeVerdict]) -> list[Suggestion]:
    """The least reduction of amounts with which one node, or more, would do."""
    candidates = [
        verdict
        for verdict in verdicts
        if verdict.failures and all(failure.check in AMOUNTS and failure.missing for failure in verdict.failures)
    ]
    if not candidates:
        return []
    best = candidates[0]  # nearest misses come first
    parts = [
        f"{failure.check} by {failure.missing} {AMOUNTS[failure.check]} (to {failure.actual})"
        for failure in best.failures
    ]
    limits = {failure.check: failure.actual for failure in best.failures}
    nodes = [
        verdict.node
        for verdict in candidates
        if all(failure.check in limits and failure.actual >= limits[failure.check] for failure in verdict.failures)
    ]
    least = _least(ask)
    possible = all(failure.actual >= least[failure.check] for failure in best.failures)
    text = f"lower {' and '.join(parts)} per allocation of {ask.name!r}"
    return [Suggestion(text, tuple(nodes))] if possible else []


def _least(ask: Ask) -> dict[str, int]:
    """The smallest amounts that a server accepts. spec: admission §7.11 to §7.13"""
    tasks = ask.group.tasks or []
    logs = (task.log_config for task in tasks)
    storage = [log.max_files * log.max_file_size_mb for log in logs if log is not None]
    return {"cpu": 1, "memory": 10 * len(tasks), "disk": max(10, *(amount + 1 for amount in storage), 0)}
