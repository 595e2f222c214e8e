"""Choosing a node: walk the list, check, fit, score, take the best. spec: placement §4, §11"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobplan.placement.fit import Fit, try_fit
from jobplan.placement.metrics import Metrics
from jobplan.placement.reasons import EXHAUSTED, FILTERED, SILENT, Reason
from jobplan.placement.scores import score
from jobplan.placement.tally import Tally

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.bulk import Bulk
    from jobplan.placement.chain import Chain
    from jobplan.placement.run import Run
    from jobplan.placement.spread import GroupSpread
    from jobplan.placement.trial import Trial

LEAST_NODES = 200
"""Shorter lists are always gone through node by node."""

PATIENCE = 2000
"""So many nodes a run looks at one by one before it makes columns, if nobody has made them yet."""


class NodeList:
    """The nodes that selections go through in turn; each starts where the one before stopped. spec: placement §11

    `bulk` judges many of the nodes at once; None as long as nobody has made it.
    """

    __slots__ = ("bulk", "limit", "nodes", "position")

    def __init__(self, nodes: Sequence[Node], limit: int) -> None:
        self.nodes = nodes
        self.position = 0
        self.limit = limit
        self.bulk: Bulk | None = None

    def advance(self, pulled: int) -> None:
        """Remembers how many nodes a selection has looked at."""
        if self.nodes:
            self.position = (self.position + pulled) % len(self.nodes)


def option_limit(count: int, *, batch: bool) -> int:
    """How many fitting nodes are compared, for a list of `count` nodes. spec: placement §11"""
    if batch or count == 0:
        return 2
    return max(2, math.ceil(math.log2(count)))


class Selection:
    """One selection: pulls nodes from the list, counts, and keeps the best. spec: placement §4, §11"""

    __slots__ = ("_run", "_spread", "_trace", "chain", "metrics")

    def __init__(self, run: Run, chain: Chain, spread: GroupSpread | None) -> None:
        self.chain, self.metrics = chain, Metrics()
        self._run, self._spread, self._trace = run, spread, run.trace

    def run(self, nodes: NodeList) -> Fit | None:
        """The winner among the first options of the list, or None when no node fits."""
        tally = Tally(nodes.limit)
        total, start = len(nodes.nodes), nodes.position
        may_bulk = total >= LEAST_NODES and bulk_suits(self._run, self.chain.trial)
        while tally.pulled < total and not tally.full:
            if may_bulk and self._run.is_worth_columns(nodes):
                bulk = self._run.bulk(nodes)
                if bulk is not None and bulk.suits(self.chain.trial):
                    bulk.select(self, nodes, tally, self._spread)
                    break
                may_bulk = False
            node = nodes.nodes[(start + tally.pulled) % total]
            tally.pulled += 1
            self._run.pulled += 1
            fit = self.try_node(node)
            if fit is not None:
                tally.offer(fit, self.score(fit))
        nodes.advance(tally.pulled)
        winner = tally.finish()
        if isinstance(winner, int):
            outcome = try_fit(self.chain.trial, nodes.nodes[winner])
            assert isinstance(outcome, Fit), "the columns and the fit stage disagree"
            return outcome
        return winner

    def try_node(self, node: Node) -> Fit | None:
        """One node through all checks and the fit stage; what turns it down is counted."""
        metrics = self.metrics
        metrics.evaluated += 1
        reason = self.chain.reject(node)
        if reason is not None:
            metrics.filter_node(node, reason.key)
            self._trace.rejected(node, FILTERED, reason)
            return None
        outcome = try_fit(self.chain.trial, node)
        if isinstance(outcome, Reason):
            metrics.exhaust_node(node, outcome.key)
            self._trace.rejected(node, EXHAUSTED, outcome)
            return None
        return outcome

    def score(self, fit: Fit) -> float:
        """The final score of a node that fits."""
        final, parts = score(self.chain.trial, fit, self._spread, self._run.spreads)
        self._trace.scored(fit.node, parts, final)
        return final


def bulk_suits(run: Run, trial: Trial) -> bool:
    """Whether columns could serve the ask: nobody follows node by node, verdicts hold for classes, tasks are plain."""
    ask = trial.ask
    return run.trace is SILENT and run.use_columns and not ask.group_escapes and ask.plain_tasks is not None
