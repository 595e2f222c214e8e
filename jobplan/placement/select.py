"""Choosing a node: walk the list, check, fit, score, take the best. spec: placement §4, §11"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobplan.placement.chain import Chain
from jobplan.placement.fit import Fit, try_fit
from jobplan.placement.metrics import Metrics
from jobplan.placement.reasons import EXHAUSTED, FILTERED, Reason, Trace
from jobplan.placement.scores import score

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.spread import GroupSpread, Spreads

MOST_SKIPPED = 3
"""How many nodes with a score of at most 0 are set aside in one selection."""


class NodeList:
    """The nodes that selections go through in turn; each starts where the one before stopped. spec: placement §11"""

    __slots__ = ("limit", "nodes", "position")

    def __init__(self, nodes: Sequence[Node], limit: int) -> None:
        self.nodes = nodes
        self.position = 0
        self.limit = limit

    def advance(self, pulled: int) -> None:
        """Remembers how many nodes a selection has looked at."""
        if self.nodes:
            self.position = (self.position + pulled) % len(self.nodes)

    def in_turn(self) -> list[Node]:
        """All nodes once, beginning at the position."""
        if self.position == 0:
            return list(self.nodes)
        return [*self.nodes[self.position :], *self.nodes[: self.position]]


def option_limit(count: int, *, batch: bool) -> int:
    """How many fitting nodes are compared, for a list of `count` nodes. spec: placement §11"""
    if batch or count == 0:
        return 2
    return max(2, math.ceil(math.log2(count)))


class Selection:
    """One selection: pulls nodes from the list, counts, and keeps the best. spec: placement §4, §11"""

    __slots__ = ("_spread", "_spreads", "_trace", "chain", "metrics")

    def __init__(self, chain: Chain, spread: GroupSpread | None, spreads: Spreads, trace: Trace) -> None:
        self.chain, self.metrics = chain, Metrics()
        self._spread, self._spreads, self._trace = spread, spreads, trace

    def run(self, nodes: NodeList) -> Fit | None:
        """The winner among the first options of the list, or None when no node fits."""
        best: Fit | None = None
        best_score = 0.0
        returned = 0
        aside: list[tuple[Fit, float]] = []
        pulled = 0
        for node in nodes.in_turn():
            if returned == nodes.limit:
                break
            pulled += 1
            fit = self._try(node)
            if fit is None:
                continue
            final = self._score(fit)
            if final <= 0.0 and len(aside) < MOST_SKIPPED:
                aside.append((fit, final))
                continue
            returned += 1
            if best is None or final > best_score:
                best, best_score = fit, final
        nodes.advance(pulled)
        for fit, final in aside[: nodes.limit - returned]:
            if best is None or final > best_score:
                best, best_score = fit, final
        return best

    def on_one(self, node: Node) -> Fit | None:
        """The same on one node, without scores. spec: placement §14"""
        return self._try(node)

    def _try(self, node: Node) -> Fit | None:
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

    def _score(self, fit: Fit) -> float:
        final, parts = score(self.chain.trial, fit, self._spread, self._spreads)
        self._trace.scored(fit.node, parts, final)
        return final
