"""The columns and the path node by node are one scheduler: same placements, same records, same class cache."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wild_cases import wild_case

from jobplan.admission import admit_job
from jobplan.canonical import load_job
from jobplan.inventory import Inventory
from jobplan.model.settings import DEFAULT_SETTINGS
from jobplan.placement import bulk, loop
from jobplan.placement import run as runs
from jobplan.placement import select as selections
from jobplan.placement.run import Run
from jobplan.reconcile.service import reconcile


def placements(cluster: dict[str, Any], job: dict[str, Any], *, use_columns: bool) -> tuple[Any, int]:
    """Everything that a run decides, and how many selections the columns made."""
    planned = admit_job(load_job(job), DEFAULT_SETTINGS).job
    run = Run(planned, Inventory.from_api(cluster), use_columns=use_columns)
    made = 0
    select = bulk.Bulk.select

    def counted(*args: Any) -> None:
        nonlocal made
        made += 1
        select(*args)

    bulk.Bulk.select = counted  # type: ignore[method-assign, assignment]
    try:
        changes = reconcile(
            planned, (), (), run.inventory.nodes, (), now=0,
            needs_replacement=lambda *_: False, fits_in_place=run.fits_in_place,
        )  # fmt: skip
        answer = loop.place(run, changes)
    finally:
        bulk.Bulk.select = select  # type: ignore[method-assign]
    return (
        [
            (item.group, item.name, item.node_id, [port.host_ip for port in item.resources.ports])
            for item in answer.placed
        ],
        answer.failed_to_api(),
        [(item.group, item.allocation.id) for item in answer.preempted],
        answer.class_eligibility,
        run.cache.job,
        {name: verdicts for name, verdicts in run.cache.groups.items() if verdicts},
    ), made


@pytest.fixture(autouse=True)
def early_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns for short lists, windows so small that a selection needs several."""
    monkeypatch.setattr(selections, "LEAST_NODES", 10)
    monkeypatch.setattr(runs, "PATIENCE", 2)
    monkeypatch.setattr(bulk, "FIRST_WINDOW", 6)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_columns_change_nothing(seed: int) -> None:
    cluster, job = wild_case(seed)
    one_by_one, none = placements(cluster, job, use_columns=False)
    at_once, _ = placements(cluster, job, use_columns=True)
    assert none == 0
    assert at_once == one_by_one


def test_columns_are_used_and_reach_failures() -> None:
    """The law above says nothing if the columns are never asked."""
    used, failed = 0, 0
    for seed in range(30):
        answer, made = placements(*wild_case(seed), use_columns=True)
        used += made
        failed += bool(answer[1])
    assert used > 200
    assert failed > 10
