"""Constraints and affinities on nodes, compiled once per plan. spec: placement §5.1, §6"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.operands import constraint_matches
from jobplan.placement.reasons import Reason
from jobplan.placement.targets import escapes_class, is_literal, resolver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobplan.inventory.nodes import Node
    from jobplan.model.placement_rules import Affinity, Constraint

DISTINCT_HOSTS, DISTINCT_PROPERTY = "distinct_hosts", "distinct_property"
DISTINCT = (DISTINCT_HOSTS, DISTINCT_PROPERTY)
"""Operands that depend on other allocations: always true as plain constraints. spec: placement §5.1"""


class Condition:
    """A constraint or affinity on nodes. Answers are kept per pair of values: nodes are many, values few."""

    __slots__ = ("_answers", "_left", "_right", "escapes", "left", "left_of", "operand", "right", "right_of", "weight")

    def __init__(self, left: str, operand: str, right: str, weight: int = 0) -> None:
        self.left, self.operand, self.right, self.weight = left, operand, right, weight
        self.left_of, self.right_of = resolver(left), resolver(right)
        self.escapes = escapes_class(left, right)
        self._answers: dict[tuple[str | None, str | None], bool] = {}

    @property
    def key(self) -> str:
        """The text under which a failure is counted. spec: placement §4.1"""
        return f"{self.left} {self.operand} {self.right}"

    def holds(self, node: Node) -> bool:
        """Whether the node meets the condition. spec: placement §6.2"""
        return self.holds_for(self.left_of(node), self.right_of(node))

    def holds_for(self, left: str | None, right: str | None) -> bool:
        """The same for resolved values; None: the target is missing."""
        answer = self._answers.get((left, right))
        if answer is None:
            answer = self._answers[left, right] = constraint_matches(
                self.operand,
                "" if left is None else left,
                "" if right is None else right,
                left_found=left is not None,
                right_found=right is not None,
            )
        return answer

    def reason(self, node: Node) -> Reason:
        """Why the node fails the condition."""
        needed = self.right if is_literal(self.right) else self.right_of(node)
        return Reason(self.key, self.left, needed, self.left_of(node))


def compile_constraints(constraints: Iterable[Constraint] | None) -> tuple[Condition, ...]:
    """All but `distinct_*`, in order."""
    return tuple(
        Condition(item.ltarget, item.operand, item.rtarget)
        for item in constraints or ()
        if item.operand not in DISTINCT
    )


def compile_affinities(affinities: Iterable[Affinity] | None) -> tuple[Condition, ...]:
    return tuple(Condition(item.ltarget, item.operand, item.rtarget, item.weight) for item in affinities or ())


def any_escapes(constraints: Iterable[Constraint] | None) -> bool:
    """Whether a constraint, of any operand, differs within a computed class. spec: placement §7"""
    return any(escapes_class(item.ltarget, item.rtarget) for item in constraints or ())


def first_failure(conditions: Iterable[Condition], node: Node) -> Condition | None:
    """The first condition that the node does not meet."""
    for condition in conditions:
        if not condition.holds(node):
            return condition
    return None
