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

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy

from jobplan.inventory.columns import Codes
from jobplan.placement.constraints import first_failure
from jobplan.placement.fit import MAX_ALLOCATIONS, try_fit
from jobplan.placement.ports import PORTS
from jobplan.placement.preemption.candidates import LEAST_GAP
from jobplan.placement.reasons import CLASS_INELIGIBLE_KEY, Reason
from jobplan.placement.scores import MOST, count_group, divide, fit_score, mean

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

FITS, ALONE = 0, -1
"""Verdicts on a row besides the number of a dimension: it fits; it must be looked at alone."""

DIMENSIONS = ("", MAX_ALLOCATIONS, "cpu", "memory", "disk")
"""Keys by verdict, in the order of their priority. spec: placement §9.6"""

Places = dict[int, str]
"""Place in a window → key of the reason that only this node got."""


class Following:
    """A column that follows the plan: values are made when asked for, and again after the plan touched the node."""

    __slots__ = ("_bulk", "_known", "_make", "_seen", "_values")

    def __init__(
        self, bulk: Bulk, make: Callable[[int], float], values: NDArray[Any], rows: Iterable[int] | None = None
    ) -> None:
        """`values`: the array to fill; `rows`: where its values do not hold yet (None: nowhere do they)."""
        self._bulk, self._make, self._values = bulk, make, values
        self._known = numpy.full(len(values), rows is not None, numpy.bool_)
        self._known[list(rows or ())] = False
        self._seen = len(bulk.run.draft.touched)

    def at(self, rows: NDArray[numpy.intp]) -> NDArray[Any]:
        """The values of some rows."""
        self._refresh()
        for row in rows[~self._known[rows]].tolist():
            self._make_one(row)
        values: NDArray[Any] = self._values[rows]
        return values

    def one(self, row: int) -> Any:
        """The value of one row."""
        self._refresh()
        if not self._known[row]:
            self._make_one(row)
        return self._values[row]

    def _refresh(self) -> None:
        touched = self._bulk.run.draft.touched
        if self._seen != len(touched):
            self._known[self._bulk.rows_of(touched[self._seen :])] = False
            self._seen = len(touched)

    def _make_one(self, row: int) -> None:
        self._values[row] = self._make(row)
        self._known[row] = True


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
        everybody = len(self.columns.computed_classes.values)
        self._many_classes = everybody > FIRST_WINDOW + len(nodes) // 20

    def suits(self, trial: Trial) -> bool:
        """Whether it pays: with a computed class for nearly every node there is nothing to share."""
        return not self._many_classes and trial.draft is self.run.draft

    # ---- the selection -------------------------------------------------------------------------------------------

    def select(self, selection: Selection, nodes: NodeList, tally: Tally, spread: GroupSpread | None) -> None:
        """Continues a selection after the nodes that it has pulled, to its end."""
        self._sync()
        judge = _Judge(self, selection, spread)
        total = len(self.nodes)
        size = max(FIRST_WINDOW, nodes.limit + nodes.limit // 4)
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
            found = self._job_ok[id(ask)] = numpy.logical_and.reduce(verdicts)
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


class _Judge:
    """One selection on the columns."""

    def __init__(self, bulk: Bulk, selection: Selection, spread: GroupSpread | None) -> None:
        trial = selection.chain.trial
        ask = trial.ask
        self.bulk, self.selection, self.trial, self.ask = bulk, selection, trial, ask
        self.chain, self.spread = selection.chain, spread
        self.job_ok = bulk.job_ok(ask)
        self.own = bulk.own(ask.name)
        self.affine = bulk.affine(ask) if ask.affinities else None
        self.affine_total = sum(abs(affinity.weight) for affinity in ask.affinities)
        self.boosts: dict[tuple[int, str], float] = {}
        self.code_boosts: dict[int, NDArray[numpy.float64]] = {}
        network = ask.network
        self.wants_ports = network is not None and bool(network.static or network.dynamic)
        # A value of which none are wanted gets the lowest boost so far: that depends on the nodes seen before.
        unwanted = any(target.percent == 0 for item in ask.spreads for target in item.spread_target or ())
        self.adds_up = not unwanted and (self.affine is None or self.affine_total > 0)
        self.known_good = self._find_known_good()
        self.learnt: list[tuple[int, dict[str, bool], str, bool]] = []

    def _find_known_good(self) -> NDArray[numpy.bool_]:
        """Classes that the cache knows to be eligible for job and group."""
        job, group = self.chain.job_verdicts, self.chain.group_verdicts
        assert group is not None
        classes = self.bulk.columns.computed_classes.values
        return numpy.array(
            [(job is None or job.get(name or "") is True) and group.get(name or "") is True for name in classes]
        )

    # ---- one window --------------------------------------------------------------------------------------------------

    def window(self, start: int, stop: int, tally: Tally) -> int:
        """Judges the rows from `start` to `stop` until the tally is full; the number of rows pulled."""
        inherited, alone = self._filter(start, stop)
        filtered = inherited.copy()
        filtered[list(alone)] = True
        verdicts = self._measure(start, stop)
        exhausted: Places = {}
        last = self._offer(start, numpy.logical_not(filtered), verdicts, alone, exhausted, tally)
        for place, known, name, verdict in self.learnt:
            if place <= last:
                known[name] = verdict
        self.learnt = []
        if not tally.full:
            filtered[list(alone)] = True
            verdicts[filtered] = FITS
            self._count(start, stop, inherited, alone, verdicts, exhausted)
        return last + 1

    def _filter(self, start: int, stop: int) -> tuple[NDArray[numpy.bool_], Places]:
        """Rows turned down because their class is, and rows with a reason of their own. spec: placement §7"""
        codes = self.bulk.columns.computed_classes.codes[start:stop]
        inherited = numpy.zeros(stop - start, numpy.bool_)
        alone: Places = {}
        passed = None if self.job_ok is None else self.job_ok[start:stop]
        if bool(self.known_good[codes].all()) and (passed is None or bool(passed.all())):
            return inherited, alone
        if self.chain.job_verdicts is None and passed is not None:
            for place in numpy.flatnonzero(~passed).tolist():
                alone[place] = self._job_reason(start + place)
        for code in numpy.unique(codes).tolist():
            name = self.bulk.columns.computed_classes.values[code] or ""
            self._filter_class(start, name, codes == code, passed, inherited, alone)
        return inherited, alone

    def _filter_class(
        self,
        start: int,
        name: str,
        members: NDArray[numpy.bool_],
        passed: NDArray[numpy.bool_] | None,
        inherited: NDArray[numpy.bool_],
        alone: Places,
    ) -> None:
        """One computed class: steps 1 to 5 of the cache. spec: placement §7"""
        job, group = self.chain.job_verdicts, self.chain.group_verdicts
        assert group is not None
        if job is None:
            if passed is not None:
                members = members & passed
        elif job.get(name) is False:
            inherited |= members
            return
        elif passed is not None and not bool(passed[members].all()):
            failed = int(numpy.argmax(members & ~passed))
            alone[failed] = self._job_reason(start + failed)
            inherited[failed + 1 :] |= members[failed + 1 :]
            members = members.copy()
            members[failed:] = False
            self.learnt.append((failed, job, name, False))
        if not bool(members.any()):
            return
        first = int(numpy.argmax(members))
        if job is not None and name not in job:
            self.learnt.insert(0, (first, job, name, True))
        verdict = group.get(name)
        if verdict is None:
            reason = self.chain.reject_group(self.bulk.nodes[start + first])
            verdict = reason is None
            self.learnt.append((first, group, name, verdict))
            if reason is not None:
                alone[first] = reason.key
                members = members.copy()
                members[first] = False
        if not verdict:
            inherited |= members

    def _job_reason(self, row: int) -> str:
        node = self.bulk.nodes[row]
        failed = first_failure(self.ask.job_conditions, node)
        assert failed is not None
        return failed.key

    def _measure(self, start: int, stop: int) -> NDArray[numpy.int8]:
        """The first dimension in which each row lacks room. spec: placement §9.6"""
        columns, used, ask = self.bulk.columns, self.bulk.usage, self.ask
        need = ask.plain_usage
        verdicts = numpy.zeros(stop - start, numpy.int8)
        verdicts[columns.disk[start:stop] - used.disk[start:stop] < need.disk] = 4
        verdicts[columns.memory[start:stop] - used.memory[start:stop] < need.memory] = 3
        verdicts[columns.cpu[start:stop] - used.cpu[start:stop] < need.cpu] = 2
        verdicts[columns.slots[start:stop] <= used.count[start:stop]] = 1
        if self.trial.preempting:
            verdicts[(verdicts > FITS) & (used.lowest[start:stop] <= ask.job.priority - LEAST_GAP)] = ALONE
        verdicts[used.odd[start:stop]] = ALONE
        return verdicts

    def _offer(
        self,
        start: int,
        feasible: NDArray[numpy.bool_],
        verdicts: NDArray[numpy.int8],
        alone: Places,
        exhausted: Places,
        tally: Tally,
    ) -> int:
        """Offers the rows that fit, in order; the place of the last row pulled."""
        checks = self.chain.last_checks
        wide = len(feasible) > FIRST_WINDOW or self.ask.scores_many
        unsure = self._without_ports(start, feasible) if wide else numpy.full(len(feasible), self.wants_ports)
        if not checks:
            feasible &= (verdicts <= FITS) | unsure
            if self.adds_up and wide and not bool((unsure | (verdicts < FITS))[feasible].any()):
                return self._offer_all(start, feasible, tally)
        for place in numpy.flatnonzero(feasible).tolist():
            row, node = start + place, self.bulk.nodes[start + place]
            reason = next((reason for check in checks if (reason := check(self.trial, node)) is not None), None)
            if reason is not None:
                alone[place] = reason.key
                continue
            verdict = int(verdicts[place])
            if verdict == ALONE or (unsure[place] and (wide or not self.bulk.row_has_ports(row, self.ask))):
                outcome = try_fit(self.trial, node)
                if isinstance(outcome, Reason):
                    exhausted[place] = outcome.key
                    continue
                tally.offer(outcome, self.selection.score(outcome))
            elif verdict == FITS:
                tally.offer(row, self._score(row, node))
            if tally.full:
                return place
        return len(feasible) - 1

    def _without_ports(self, start: int, feasible: NDArray[numpy.bool_]) -> NDArray[numpy.bool_]:
        """The rows of a window on which the group's ports are in doubt."""
        doubtful = numpy.zeros(len(feasible), numpy.bool_)
        if self.wants_ports:
            places = numpy.flatnonzero(feasible)
            doubtful[places] = ~self.bulk.has_ports(self.ask).at(places + start)
        return doubtful

    def _offer_all(self, start: int, fitting: NDArray[numpy.bool_], tally: Tally) -> int:
        """Offers the fitting rows of a window at once; the place of the last row pulled."""
        rows = numpy.flatnonzero(fitting) + start
        if len(rows) == 0:
            return len(fitting) - 1
        spreads = self.bulk.run.spreads
        lowest = spreads.lowest_boost
        looked_at = tally.offer_many(rows, self._score_all(rows))
        if self.spread is not None:  # only what was looked at counts
            spreads.lowest_boost = min(lowest, self._least_boost(self.spread, rows[:looked_at]))
        return int(rows[looked_at - 1]) - start if tally.full else len(fitting) - 1

    def _least_boost(self, spread: GroupSpread, rows: NDArray[numpy.intp]) -> float:
        least = 0.0
        for index, (attribute, use) in enumerate(spread.trackers):
            if spread.goals[attribute].desired:
                codes = self.bulk.columns.texts(attribute, use.raw_value_on).codes[rows]
                least = min(least, float(self.code_boosts[index][codes].min()))
        return least

    # ---- score and metrics -------------------------------------------------------------------------------------------

    def _score(self, row: int, node: Node) -> float:
        """As `scores.score`, for a row without devices and victims. spec: placement §10"""
        ask, trial = self.ask, self.trial
        numbers = [self.bulk.packed(row, ask.plain_usage, trial.config.algorithm)]
        collisions = int(self.own.one(row))
        if collisions > 0:
            numbers.append(-(collisions + 1) / ask.group.count)
        if node.id in trial.penalties:
            numbers.append(-1.0)
        if self.affine is not None:
            numbers.append(divide(int(self.affine[row]), self.affine_total))
        if self.spread is not None:
            boost = self._boost(self.spread, node)
            if boost != 0.0:
                numbers.append(boost)
        return mean(numbers)

    def _score_all(self, rows: NDArray[numpy.intp]) -> NDArray[numpy.float64]:
        """The scores of rows, added up in the same order as one by one."""
        ask, trial = self.ask, self.trial
        total = self.bulk.packed_scores(ask, trial.config.algorithm).at(rows)
        number = numpy.ones(len(rows))
        own = self.own.at(rows)
        if own.any():
            total += numpy.where(own > 0, -(own + 1) / ask.group.count, 0.0)
            number += own > 0
        if trial.penalties:
            penalised = numpy.isin(rows, self.bulk.rows_of(trial.penalties))
            total -= penalised
            number += penalised
        if self.affine is not None:
            total += self.affine[rows] / self.affine_total
            number += 1
        if self.spread is not None:
            boosts = self._boost_all(self.spread, rows)
            total += boosts
            number += boosts != 0.0
        return total / number

    def _boost_all(self, spread: GroupSpread, rows: NDArray[numpy.intp]) -> NDArray[numpy.float64]:
        spreads, total = self.bulk.run.spreads, numpy.zeros(len(rows))
        for index, (attribute, use) in enumerate(spread.trackers):
            column = self.bulk.columns.texts(attribute, use.raw_value_on)
            codes = column.codes[rows]
            if index not in self.code_boosts:
                self.code_boosts[index] = numpy.full(len(column.values), numpy.nan)
            boosts = self.code_boosts[index]
            for code in numpy.unique(codes[numpy.isnan(boosts[codes])]).tolist():
                value = use.fold(column.values[code])
                boosts[code] = -1.0 if value is None else spreads.boost(spread, index, value)
            total += boosts[codes]
        return total

    def _boost(self, spread: GroupSpread, node: Node) -> float:
        spreads, total = self.bulk.run.spreads, 0.0
        for index, (_, use) in enumerate(spread.trackers):
            value = use.value_on(node)
            if value is None:
                total -= 1.0
                continue
            boost = self.boosts.get((index, value))
            if boost is None:
                boost = spreads.boost(spread, index, value)
                if not spread.is_unwanted(index, value):
                    self.boosts[index, value] = boost
            total += boost
        return total

    def _count(
        self,
        start: int,
        stop: int,
        inherited: NDArray[numpy.bool_],
        alone: Places,
        verdicts: NDArray[numpy.int8],
        exhausted: Places,
    ) -> None:
        """Adds a whole window to the metrics."""
        metrics, nodes = self.selection.metrics, self.bulk.nodes
        metrics.evaluated += stop - start
        labels = self.bulk.columns.node_classes
        codes = labels.codes[start:stop]
        metrics.filter_many(int(inherited.sum()), CLASS_INELIGIBLE_KEY, _by_label(labels, codes[inherited]))
        for place, key in alone.items():
            metrics.filter_node(nodes[start + place], key)
        for place, key in exhausted.items():
            metrics.exhaust_node(nodes[start + place], key)
            verdicts[place] = FITS
        for number, key in enumerate(DIMENSIONS):
            if number > FITS:
                rows = verdicts == number
                metrics.exhaust_many(int(rows.sum()), key, _by_label(labels, codes[rows]))


def _by_label(labels: Codes, codes: NDArray[numpy.intp]) -> dict[str, int]:
    """How often each node class occurs, the empty one left out."""
    counts = numpy.bincount(codes, minlength=len(labels.values)).tolist()
    return {label: count for label, count in zip(labels.values, counts) if label and count}


def _windows(start: int, length: int, total: int, size: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows, from small to large, that go once around from `start`."""
    while length > 0:
        start %= total
        stop = min(start + min(size, length), total)
        yield start, stop
        length -= stop - start
        start, size = stop, size * GROWTH
