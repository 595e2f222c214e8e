"""Stage 8: where each wanted allocation can go, and why not. spec: placement

In: the job under reconciliation, the inventory, and reconciliation's `Changes` or `SystemChanges`. Out: placements,
the records of `FailedTGAllocs`, preempted allocations, data of blocked evaluations. What is wanted is decided by
`reconcile`; texts and JSON are planning's.

    targets, operands, constraints, deviceattributes   `${…}`, operators, compiled conditions (§6)
    asks, trial      what one allocation of a group needs; what one selection looks at
    checkers/        one check per function (§5)         chain        their order and the class cache (§4, §7)
    resources, occupancy, draft, cluster                 what allocations use, without and with the plan (§8)
    ports, devicefit, fit                                the fit stage (§9)
    preemption/      who gives way (§12)
    propertyuse, spread, scores, tally, select           choosing (§5.9, §10, §11)
    metrics, reasons                                     what is counted, and what explanations need (§13)
    run, loop, system                                    one run: probes, service and batch (§3), system jobs (§14)
    usage, following, bulk, judge                        the same for many nodes at once, with numpy

The path node by node is the reference; the columns of the last line must give the same placements, records and class
cache (tests/unit/placement/test_paths_agree.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobplan.placement.operands import constraint_matches

__all__ = ["constraint_matches"]


def __getattr__(name: str) -> Any:
    if name == "constraint_matches":
        from jobplan.placement.operands import constraint_matches

        return constraint_matches
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
