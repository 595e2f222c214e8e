"""Why a node was turned down: the text that the metrics count, and the facts behind it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node

FILTERED, EXHAUSTED = "filtered", "exhausted"

CLASS_INELIGIBLE_KEY = "computed class ineligible"


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """One rejection. `key` is the exact text of the metrics; the rest is for explanations.

    `subject` names what was looked at (a driver, a port, a device), `needed` and `available` are its two sides:
    plain values, amounts in MHz or MB.
    """

    key: str
    subject: str = ""
    needed: Any = None
    available: Any = None


CLASS_INELIGIBLE = Reason(CLASS_INELIGIBLE_KEY)
"""Another node of the same computed class was turned down before. spec: placement §7"""


class Trace:
    """Follows selections; every method does nothing. Subclass it to collect why each node was turned down."""

    __slots__ = ()

    def selection(self, group: str, name: str, *, preempting: bool) -> None:
        """A selection for one allocation begins."""

    def rejected(self, node: Node, stage: str, reason: Reason) -> None:
        """A node was turned down; `stage` is `filtered` or `exhausted`."""

    def scored(self, node: Node, scores: dict[str, float], final: float) -> None:
        """A node fits; the parts of its score and their mean."""

    def chosen(self, group: str, name: str, node: Node) -> None:
        """The selection ended with a node."""

    def failed(self, group: str, name: str) -> None:
        """The selection found no node."""


SILENT = Trace()
