"""Transactions: all or nothing, told to nobody before they are kept."""

from __future__ import annotations

import concurrent.futures
import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from jobplan.registry import Registry, StoreError
from jobplan.registry import records as rec
from jobplan.registry.state import Touch
from jobplan.registry.store import MemoryStore

Job = Callable[..., dict[str, Any]]


class FullDisk(MemoryStore):
    """Refuses to write from some point on."""

    full = False

    def write(self, changed: Mapping[Any, Any], index: int, table_index: Mapping[str, int]) -> None:
        if self.full:
            raise StoreError("the disk is full")


def content(registry: Registry) -> dict[str, dict[Any, Any]]:
    return {table: dict(records) for table, records in registry.state.tables.items()}


def test_a_write_that_cannot_be_kept_leaves_no_trace(job: Job) -> None:
    from jobplan.testing.factories import node

    store = FullDisk()
    registry = Registry(store)
    registry.add_nodes([node("one")])
    registry.register(job("before"))
    before = content(registry)
    told: list[frozenset[Touch]] = []
    registry.state.listen(told.append)
    store.full = True
    with pytest.raises(StoreError):
        registry.register(job("shop"))
    assert content(registry) == before
    assert told == []
    assert registry.state.listed(rec.EVALUATIONS, "default", "shop") == []
    assert len(registry.inventory().allocations) == 1
    store.full = False
    registry.register(job("shop"))
    assert len(registry.inventory().allocations) == 2
    assert ("jobs", "default", "shop") in told[0]


def test_the_inventory_is_the_same_object_until_something_changes(registry: Registry, job: Job) -> None:
    first = registry.inventory()
    assert registry.inventory() is first
    registry.register(job())
    assert registry.inventory() is not first
    assert first.jobs == {}


def test_plans_and_writes_at_the_same_time(registry: Registry, job: Job) -> None:
    """Plans see one state each, whatever is written meanwhile."""
    registry.register(job(count=2))
    wanted = registry.plan(job(count=5)).to_api()["Annotations"]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            writes = [pool.submit(registry.register, job(f"other-{number % 3}", count=0)) for number in range(30)]
            plans = [pool.submit(registry.plan, job(count=5)) for _ in range(60)]
            assert all(plan.result().to_api()["Annotations"] == wanted for plan in plans)
            assert all(write.result()["Index"] for write in writes)
    finally:
        sys.setswitchinterval(interval)


def test_the_inventory_follows_every_change(registry: Registry, job: Job) -> None:
    """After a series of changes the inventory equals one that is made from scratch."""
    registry.register(job(count=2))
    registry.inventory()
    registry.register(job(count=3, image="shop:2"))
    registry.register(job("other"))
    registry.inventory()
    registry.stop("default", "other", purge=True)
    inventory = registry.inventory()
    assert list(inventory.jobs) == [("default", "shop")]
    assert [item.version for item in inventory.versions("default", "shop")] == [1, 0]
    assert set(inventory.allocations) == {key[0] for key in registry.state.tables[rec.ALLOCATIONS]}
    assert [item.job_version for item in inventory.deployments_of("default", "shop")] == [1, 0]
    assert inventory.deployments_of("default", "other") == ()
