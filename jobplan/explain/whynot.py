"""Why a group does not fit: every check on every node, not only the first that fails.

The server stops at the first failing check of a node and, from the second node of a class on, only says `computed
class ineligible`. Here each check runs on each node by itself, in the state in which the plan leaves the cluster.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jobplan.explain.headroom import runs_on
from jobplan.explain.suggestions import AMOUNTS, Suggestion, suggest
from jobplan.placement.chain import CHAIN, checkers
from jobplan.placement.fit import try_fit
from jobplan.placement.reasons import Reason

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.model.job import Job
    from jobplan.placement.asks import Ask
    from jobplan.placement.run import Run
    from jobplan.placement.trial import Trial

Api = dict[str, Any]

CHECK_NAMES = (*(stage.check.__name__.replace("_", " ") for stage in CHAIN), "network offer", "cpu", "memory", "disk")
"""Columns of the matrix: the checks of placement §4, then the fit stage of §9."""


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    """One check that a node does not pass.

    `key` is the server's text; `subject` what was looked at; `wanted` and `actual` its two sides; `missing` how much
    of an amount is not there (MHz, MB), 0 for anything that is no amount; `held_by` who holds a port.
    """

    check: str
    key: str
    subject: str = ""
    wanted: Any = None
    actual: Any = None
    missing: int = 0
    held_by: str = ""

    def to_api(self) -> Api:
        """Keys in upper camel case."""
        return {
            "Check": self.check,
            "Key": self.key,
            "Subject": self.subject,
            "Wanted": self.wanted,
            "Actual": self.actual,
            "Missing": self.missing,
            "HeldBy": self.held_by,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class NodeVerdict:
    """A node and all checks that it does not pass, in the order of the checks; none: the group fits there."""

    node_id: str
    node: str
    datacenter: str
    node_class: str
    failures: tuple[Failure, ...]

    def to_api(self) -> Api:
        return {
            "NodeID": self.node_id,
            "Node": self.node,
            "Datacenter": self.datacenter,
            "NodeClass": self.node_class,
            "Failures": [failure.to_api() for failure in self.failures],
        }


@dataclasses.dataclass(frozen=True, slots=True)
class WhyNot:
    """Why allocations of a group found no place.

    `nodes`: verdicts, nearest misses first, for a system job without the nodes that run the group; `left_out`: nodes
    that were no candidates at all, with the reason; `suggestions`: the smallest changes that would make it fit.
    """

    group: str
    unplaced: int
    nodes: tuple[NodeVerdict, ...]
    left_out: tuple[NodeVerdict, ...]
    suggestions: tuple[Suggestion, ...]

    def to_api(self) -> Api:
        return {
            "Group": self.group,
            "Unplaced": self.unplaced,
            "Nodes": [verdict.to_api() for verdict in self.nodes],
            "LeftOut": [verdict.to_api() for verdict in self.left_out],
            "Suggestions": [suggestion.to_api() for suggestion in self.suggestions],
        }


def why_not(run: Run, group: str, unplaced: int) -> WhyNot:
    """The whole matrix for one group, as the version of the job that found no place asks for it.

    spec: placement §4, §5, §9
    """
    ask = run.failed_asks.get(group) or run.ask(run.job, run.groups[group])
    job = ask.job
    trial = run.probe(ask, f"{job.name}.{group}[0]", run.draft)
    ready = run.ready(job)
    nodes = [node for node in ready.nodes if not (run.is_system and runs_on(trial, node))]
    verdicts = [_verdict(trial, node, job.type) for node in nodes]
    verdicts.sort(key=lambda verdict: (_distance(verdict), verdict.node, verdict.node_id))
    left_out = tuple(_left_out(job, node) for node in run.inventory.nodes.values() if node.id not in ready.ids)
    advice = suggest(ask, verdicts) if job is run.job else ()  # an older version cannot be changed
    return WhyNot(group, unplaced, tuple(verdicts), left_out, advice)


def _distance(verdict: NodeVerdict) -> tuple[int, float]:
    """Fewer failing checks are nearer; of these, the one that misses the smaller share."""
    share = sum(failure.missing / max(int(failure.wanted or 1), 1) for failure in verdict.failures if failure.missing)
    return len(verdict.failures), share


def _verdict(trial: Trial, node: Node, job_type: str) -> NodeVerdict:
    return _made(node, tuple(_failures(trial, node, job_type)))


def _made(node: Node, failures: tuple[Failure, ...]) -> NodeVerdict:
    return NodeVerdict(node.id, node.name, node.datacenter, node.node_class, failures)


def _failures(trial: Trial, node: Node, job_type: str) -> Iterator[Failure]:
    ask = trial.ask
    for name, conditions in (("job constraints", ask.job_conditions), ("group constraints", ask.group_conditions)):
        for condition in conditions:
            if not condition.holds(node):
                yield _failure(name, condition.reason(node))
    by_level = checkers(job_type)
    running = {check for checks in by_level.values() for check in checks}
    for stage in CHAIN:
        name = stage.check.__name__.replace("_", " ")
        if stage.check not in running or name in ("job constraints", "group constraints"):
            continue
        trial.claims = None
        reason = stage.check(trial, node)
        if reason is not None:
            yield _failure(name, reason)
    yield from _shortages(trial, node, ask)


def _failure(check: str, reason: Reason) -> Failure:
    return Failure(check, reason.key, reason.subject, reason.needed, reason.available)


def _shortages(trial: Trial, node: Node, ask: Ask) -> Iterator[Failure]:
    """What the fit stage misses, every dimension by itself. spec: placement §9"""
    available = node.available
    if available is None:
        return
    occupancy = trial.draft.occupancy(node.id)
    usage = ask.plain_usage
    dimensions = (
        ("cpu", usage.cpu, available.cpu - occupancy.cpu),
        ("memory", usage.memory, available.memory_mb - occupancy.memory),
        ("disk", ask.disk, available.disk_mb - occupancy.disk),
    )
    short = False
    for name, wanted, free in dimensions:
        if wanted > free:
            short = True
            yield Failure(name, name, name, wanted, free, wanted - free)
    fit = try_fit(trial, node)
    if isinstance(fit, Reason) and not (short and fit.key in AMOUNTS):
        missing = fit.needed - fit.available if fit.key in AMOUNTS else 0
        held_by = _holder(trial, node, fit)
        yield Failure(_fit_check(fit), fit.key, fit.subject, fit.needed, fit.available, missing, held_by)


def _fit_check(reason: Reason) -> str:
    return "network offer" if reason.key.startswith("network: ") else reason.key.partition(":")[0]


def _holder(trial: Trial, node: Node, reason: Reason) -> str:
    """Which allocation holds the port of a collision, or what reserves it."""
    _, collides, port = reason.key.rpartition("=")
    if not collides or not port.isdigit():
        return ""
    for occupant in trial.draft.occupancy(node.id).occupants.values():
        if occupant.resources is None:
            continue
        ports = [taken.value for taken in occupant.resources.ports]
        for network in occupant.resources.networks:
            ports += [taken.value for taken in (*network.reserved_ports, *network.dynamic_ports)]
        for task in occupant.resources.tasks.values():
            for network in task.networks:
                ports += [taken.value for taken in (*network.reserved_ports, *network.dynamic_ports)]
        if int(port) in ports:
            return occupant.name
    return "reserved by the node"


def _left_out(job: Job, node: Node) -> NodeVerdict:
    """Why a node was no candidate. spec: placement §2"""
    failures = []
    if node.status != "ready":
        failures.append(Failure("status", "node is not ready", "status", "ready", node.status))
    if node.draining:
        failures.append(Failure("drain", "node is draining"))
    elif not node.eligible:
        failures.append(Failure("eligibility", "node is not eligible for scheduling"))
    if job.node_pool not in ("", "all", node.node_pool):
        failures.append(Failure("node pool", "node is in another pool", "node pool", job.node_pool, node.node_pool))
    if not failures:
        failures.append(
            Failure("datacenter", "node is in another datacenter", "datacenter", job.datacenters, node.datacenter)
        )
    return _made(node, tuple(failures))
