"""Laws over wild clusters and jobs: records add up, nothing is overbooked. spec: placement §4, §9.6"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from wild_cases import wild_case

from jobplan.admission import admit_job
from jobplan.canonical import load_job
from jobplan.inventory import Inventory
from jobplan.model.settings import DEFAULT_SETTINGS
from jobplan.placement import loop
from jobplan.placement.run import Run
from jobplan.reconcile.service import reconcile


def placed(seed: int) -> tuple[Run, loop.Placements]:
    cluster, job = wild_case(seed)
    planned = admit_job(load_job(job), DEFAULT_SETTINGS).job
    before = copy.deepcopy(cluster)
    run = Run(planned, Inventory.from_api(cluster))
    changes = reconcile(
        planned, (), (), run.inventory.nodes, (), now=0,
        needs_replacement=lambda *_: False, fits_in_place=run.fits_in_place,
    )  # fmt: skip
    answer = loop.place(run, changes)
    assert cluster == before
    return run, answer


seeds = given(seed=st.integers(0, 2**32))
some = settings(max_examples=40, deadline=None, derandomize=True)


def total(counts: dict[str, int] | None) -> int:
    return sum((counts or {}).values())


@seeds
@some
def test_failed_selections_add_up(seed: int) -> None:
    """Every base node is pulled once and gives exactly one reason. spec: placement §4"""
    _, answer = placed(seed)
    for name, record in (answer.failed_to_api() or {}).items():
        assert record["NodesEvaluated"] == record["NodesInPool"] == total(record["NodesAvailable"])
        assert record["NodesEvaluated"] == record["NodesFiltered"] + record["NodesExhausted"]
        assert record["NodesFiltered"] == total(record["ConstraintFiltered"])
        assert record["NodesExhausted"] == total(record["DimensionExhausted"])
        assert total(record["ClassFiltered"]) <= record["NodesFiltered"]
        assert total(record["ClassExhausted"]) <= record["NodesExhausted"]
        count = sum(item.group == name for item in answer.placed)
        wanted = next(group.count for group in load(seed) if group.name == name)
        assert count + 1 + record["CoalescedFailures"] == wanted


def load(seed: int) -> Any:
    return load_job(wild_case(seed)[1]).task_groups


@seeds
@some
def test_nothing_is_overbooked(seed: int) -> None:
    """Nodes with new allocations stay within their capacity, and no port is given twice. spec: placement §9.1, §9.6

    Except where something was preempted: that ignores what the job itself has on the node (quirk 11).
    """
    run, answer = placed(seed)
    disturbed = {item.allocation.node_id for item in answer.preempted}
    for node_id in {item.node_id for item in answer.placed} - disturbed:
        node, used = run.inventory.nodes[node_id], run.draft.occupancy(node_id)
        assert node.available is not None
        assert used.cpu <= node.available.cpu
        assert used.memory <= node.available.memory_mb
        assert used.disk <= node.available.disk_mb
        assert not used.shares_core
        assert not used.ports.collided
        assert node.max_allocs == 0 or len(used.occupants) <= node.max_allocs


@seeds
@some
def test_victims_are_less_important_and_gone(seed: int) -> None:
    """spec: placement §12.1"""
    run, answer = placed(seed)
    for item in answer.preempted:
        assert run.job.priority - item.allocation.version.priority >= 10
        assert item.allocation.id not in run.draft.occupancy(item.allocation.node_id).occupants
