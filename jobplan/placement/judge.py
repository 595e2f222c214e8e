"""One selection on columns: which rows pass, which fit, which score best. See jobplan.placement.bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy

from jobplan.inventory.columns import Codes
from jobplan.placement.constraints import first_failure
from jobplan.placement.fit import MAX_ALLOCATIONS, try_fit
from jobplan.placement.preemption.candidates import LEAST_GAP
from jobplan.placement.reasons import CLASS_INELIGIBLE_KEY, Reason
from jobplan.placement.scores import divide, mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobplan.inventory.nodes import Node
    from jobplan.placement.bulk import Bulk
    from jobplan.placement.select import Selection
    from jobplan.placement.spread import GroupSpread
    from jobplan.placement.tally import Tally

FITS, ALONE = 0, -1
"""Verdicts on a row besides the number of a dimension: it fits; it must be looked at alone."""

DIMENSIONS = ("", MAX_ALLOCATIONS, "cpu", "memory", "disk")
"""Keys by verdict, in the order of their priority. spec: placement §9.6"""

Places = dict[int, str]
"""Place in a window → key of the reason that only this node got."""


class Judge:
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
        wide = len(feasible) > self.bulk.first_window or self.ask.scores_many
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
                least = min(least, float(numpy.min(self.code_boosts[index][codes])))
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
