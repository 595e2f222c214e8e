"""Judging many nodes at once, with exactly the answer that one by one would give. spec: placement §4, §7, §9, §11

A selection goes through its list in windows. In a window

1. verdicts on job constraints come from columns of attribute values, verdicts of the group checks from the first node
   of each computed class, as the class cache has it; what is learnt beyond the point where the selection stops is
   forgotten again;
2. room for cpu, memory, disk and the number of allocations is compared for all nodes together; nodes with something
   odd, and those on which preemption could help, go through the fit stage one by one;
3. only nodes that fit are scored, with the same arithmetic as ever.

Metrics are summed up per window; they are needed only where the whole list is gone through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy

from jobplan.placement.following import Following
from jobplan.placement.judge import Judge
from jobplan.placement.ports import PORTS
from jobplan.placement.scores import MOST, count_group, fit_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobplan.inventory.nodes import Node
    from jobplan.placement.asks import Ask
    from jobplan.placement.constraints import Condition
    from jobplan.placement.resources import Usage
    from jobplan.placement.run import Run
    from jobplan.placement.select import NodeList, Selection
    from jobplan.placement.spread import GroupSpread
    from jobplan.placement.tally import Tally
    from jobplan.placement.trial import Trial

FIRST_WINDOW, GROWTH = 64, 4


class Bulk:
    """The columns of one list of nodes together with the state of one run."""

    def __init__(self, run: Run, nodes: Sequence[Node]) -> None:
        self.run, self.nodes = run, nodes
        self.columns, usage = run.cluster.columns(nodes)
        self.usage = usage.copy()
        self._own: dict[str, Following] = {}
        self._scores: dict[tuple[int, str], Following] = {}
        self._ports: dict[int, Following] = {}
        self._verdicts: dict[int, NDArray[numpy.bool_]] = {}
        self._job_ok: dict[int, NDArray[numpy.bool_]] = {}
        self._affine: dict[int, NDArray[numpy.int64]] = {}
        self._packed: dict[tuple[int, int, int, int, str], float] = {}
        self._synced = 0
        self.first_window = FIRST_WINDOW
        everybody = len(self.columns.computed_classes.values)
        self._many_classes = everybody > self.first_window + len(nodes) // 20

    def suits(self, trial: Trial) -> bool:
        """Whether it pays: with a computed class for nearly every node there is nothing to share."""
        return not self._many_classes and trial.draft is self.run.draft

    # ---- the selection -------------------------------------------------------------------------------------------

    def select(self, selection: Selection, nodes: NodeList, tally: Tally, spread: GroupSpread | None) -> None:
        """Continues a selection after the nodes that it has pulled, to its end."""
        self._sync()
        judge = Judge(self, selection, spread)
        total = len(self.nodes)
        size = max(self.first_window, nodes.limit + nodes.limit // 4)
        for start, stop in _windows(nodes.position + tally.pulled, total - tally.pulled, total, size):
            if tally.full:
                break
            tally.pulled += judge.window(start, stop, tally)

    def _sync(self) -> None:
        """Takes over what the plan has changed since the last selection."""
        draft = self.run.draft
        touched = draft.touched
        for row in self.rows_of(touched[self._synced :]):
            node = self.nodes[row]
            self.usage.set_row(row, node, draft.occupancy(node.id))
        self._synced = len(touched)

    def rows_of(self, node_ids: Iterable[str]) -> list[int]:
        """The rows of those nodes that are in the list."""
        rows = self.columns.row
        return [rows[node_id] for node_id in dict.fromkeys(node_ids) if node_id in rows]

    # ---- columns ---------------------------------------------------------------------------------------------------

    def own(self, group: str) -> Following:
        """How many proposed allocations of the job's group each node has. spec: placement §10.2"""
        found = self._own.get(group)
        if found is None:
            draft, job_id = self.run.draft, self.run.job.id
            homes = {
                allocation.node_id
                for (_, other), allocations in self.run.inventory.by_job.items()
                if other == job_id
                for allocation in allocations
            }
            found = self._own[group] = Following(
                self,
                lambda row: count_group(draft.occupancy(self.nodes[row].id), job_id, group),
                numpy.zeros(len(self.nodes), numpy.int64),
                self.rows_of((*homes, *draft.touched)),
            )
        return found

    def packed_scores(self, ask: Ask, algorithm: str) -> Following:
        """The first part of the score for all nodes. spec: placement §10.1"""
        key = (id(ask), algorithm)
        found = self._scores.get(key)
        if found is None:
            found = self._scores[key] = Following(
                self,
                lambda row: self.packed(row, ask.plain_usage, algorithm),
                numpy.zeros(len(self.nodes), numpy.float64),
            )
        return found

    def has_ports(self, ask: Ask) -> Following:
        """Where the ports of the group's network are there beyond doubt."""
        found = self._ports.get(id(ask))
        if found is None:
            found = self._ports[id(ask)] = Following(
                self, lambda row: self.row_has_ports(row, ask), numpy.zeros(len(self.nodes), numpy.bool_)
            )
        return found

    def row_has_ports(self, row: int, ask: Ask) -> bool:
        """The same for one node."""
        network = ask.network
        assert network is not None
        index = self.run.draft.occupancy(self.nodes[row].id).ports
        base, wanted = index.base, len(network.static) + len(network.dynamic)
        for port in network.static:
            addresses = base.aliases.get(port.host_network, ())
            if not (0 <= port.value < PORTS) or all(index.in_use(address, port.value) for address in addresses):
                return False
        for port in network.dynamic:
            addresses = base.aliases.get(port.host_network, ())
            if not addresses:
                return False
            taken = len(index.taken.get(addresses[0], ())) + len(base.reserved.get(addresses[0], ()))
            if base.high - base.low + 1 - taken < wanted:
                return False
        return True

    def holds(self, condition: Condition) -> NDArray[numpy.bool_]:
        """The verdicts of a constraint or affinity on all nodes."""
        found = self._verdicts.get(id(condition))
        if found is None:
            found = self._verdicts[id(condition)] = self._judge_condition(condition)
        return found

    def _judge_condition(self, condition: Condition) -> NDArray[numpy.bool_]:
        left = self.columns.texts(condition.left, condition.left_of)
        right = self.columns.texts(condition.right, condition.right_of)
        if len(right.values) == 1:
            answers = [condition.holds_for(value, right.values[0]) for value in left.values]
            return numpy.array(answers, numpy.bool_)[left.codes]
        pairs = zip(left.codes.tolist(), right.codes.tolist())
        return numpy.array([condition.holds_for(left.values[one], right.values[two]) for one, two in pairs])

    def job_ok(self, ask: Ask) -> NDArray[numpy.bool_] | None:
        """Where all constraints of the job hold; None without any."""
        if not ask.job_conditions:
            return None
        found = self._job_ok.get(id(ask))
        if found is None:
            verdicts = [self.holds(condition) for condition in ask.job_conditions]
            found = self._job_ok[id(ask)] = numpy.all(verdicts, axis=0)
        return found

    def affine(self, ask: Ask) -> NDArray[numpy.int64]:
        """The sum of the weights of the affinities that each node meets. spec: placement §10.2"""
        found = self._affine.get(id(ask))
        if found is None:
            found = numpy.zeros(len(self.nodes), numpy.int64)
            for affinity in ask.affinities:
                found += self.holds(affinity) * affinity.weight
            self._affine[id(ask)] = found
        return found

    def packed(self, row: int, usage: Usage, algorithm: str) -> float:
        """The first part of the score. spec: placement §10.1"""
        columns, used = self.columns, self.usage
        key = (
            int(columns.cpu[row]),
            int(columns.memory[row]),
            int(used.cpu[row]) + usage.cpu,
            int(used.memory[row]) + usage.memory,
            algorithm,
        )
        found = self._packed.get(key)
        if found is None:
            found = self._packed[key] = fit_score(*key) / MOST
        return found


def _windows(start: int, length: int, total: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows, from small to large, that go once around from `start`."""
    while length > 0:
        start %= total
        stop = min(start + min(size, length), total)
        yield start, stop
        length -= stop - start
        start, size = stop, size * GROWTH
