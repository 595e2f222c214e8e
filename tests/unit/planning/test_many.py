"""Many plans at once: in processes, in threads, always the same bytes."""

from __future__ import annotations

import datetime as dt
import json
import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import jobplan
from jobplan.errors import AdmissionError, PlanError
from jobplan.planning import many
from jobplan.testing import factories

Api = dict[str, Any]
NOW = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)


def job(name: str, count: int = 2, **more: Any) -> Api:
    return {
        "ID": name,
        "Name": name,
        "Namespace": "default",
        "Datacenters": ["dc1"],
        "TaskGroups": [
            {
                "Name": "loom",
                "Count": count,
                "Tasks": [{"Name": "weave", "Driver": "docker", "Config": {"image": "loom:1"}}],
                **more,
            }
        ],
    }


@pytest.fixture(scope="module")
def inventory() -> jobplan.Inventory:
    nodes = [factories.node(f"client-{i}", memory_mb=4096) for i in range(5)]
    stored = [factories.stored_job(job(f"cloth-{i}", i % 4)) for i in range(6)]
    allocations = [item for one in stored for item in factories.spread_over(one, nodes)]
    return jobplan.Inventory.from_api(factories.inventory(nodes, stored, allocations))


def wanted() -> list[Api]:
    return [
        *(job(f"cloth-{i}", (i * 7) % 9) for i in range(12)),
        job("spread", 4, Spreads=[{"Attribute": "${node.unique.name}", "Weight": 50}]),
        job("nowhere", 3, Constraints=[{"LTarget": "${attr.kernel.name}", "RTarget": "plan9", "Operand": "="}]),
    ]


def written(response: Any) -> str:
    """As bytes would be: the order of keys counts."""
    return json.dumps(response)


@pytest.mark.parametrize("processes", [1, 2])
def test_each_job_is_planned_on_its_own_in_the_given_order(inventory: jobplan.Inventory, processes: int) -> None:
    jobs = wanted()
    planned = jobplan.plan_many(jobs, inventory, now=NOW, processes=processes)
    for one, made in zip(jobs, planned, strict=True):
        plan = jobplan.plan(one, inventory, now=NOW)
        assert written(made.to_api()) == written(plan.to_api())
        assert made.exit_code == plan.exit_code
        assert made.job_api == plan.job_api
        assert made.stored_api == (None if plan.stored is None else plan.stored.to_api())
        assert made.now == NOW


def test_jobs_can_be_decoded_ones_and_need_no_cluster() -> None:
    (made,) = jobplan.plan_many([jobplan.load_job(job("wool"))])
    assert made.response is not None
    assert made.response["FailedTGAllocs"]["loom"]["NodesEvaluated"] == 0


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_one_job_does_not_disturb_the_others(inventory: jobplan.Inventory, processes: int) -> None:
    refused = {**job("felt"), "Type": "spinning"}
    before, made, after = jobplan.plan_many(
        [job("cloth-1"), refused, job("cloth-2")], inventory, now=NOW, processes=processes
    )
    assert before.error is None
    assert after.error is None
    assert made.response is None
    assert made.job_api == refused
    assert made.exit_code == 255
    with pytest.raises(AdmissionError, match="spinning") as caught:
        made.to_api()
    assert caught.value.problems


def test_results_can_be_pickled(inventory: jobplan.Inventory) -> None:
    good, bad = jobplan.plan_many([job("cloth-1"), {**job("felt"), "Type": "spinning"}], inventory, now=NOW)
    assert pickle.loads(pickle.dumps(good)) == good
    assert str(pickle.loads(pickle.dumps(bad)).error) == str(bad.error)


def test_few_jobs_start_no_process() -> None:
    assert many._processes(many.JOBS_PER_PROCESS, None) == 1
    assert many._processes(10, 4) == 4
    assert many._processes(3, 4) == 3
    with pytest.raises(PlanError):
        many._processes(3, 0)


class Deadly(dict[str, Any]):
    """A job that ends the process that unpacks it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (3,)


def test_a_worker_that_dies_is_an_error_not_a_hang() -> None:
    with pytest.raises(PlanError, match="a worker process died"):
        jobplan.plan_many([Deadly(job("felt")), job("wool")], processes=2)


def test_threads_plan_at_once_and_get_the_same_bytes(inventory: jobplan.Inventory) -> None:
    """Fresh objects, so that everything that is decoded or computed on first use is met by all threads at once."""
    jobs = wanted()
    expected = [written(jobplan.plan(one, inventory, now=NOW).to_api()) for one in jobs]
    fresh = pickle.loads(pickle.dumps(inventory))
    threads = 8
    barrier = threading.Barrier(threads)

    def run(shift: int) -> list[tuple[int, str]]:
        barrier.wait(30)
        order = [(index + shift) % len(jobs) for index in range(len(jobs))] * 2
        return [(index, written(jobplan.plan(jobs[index], fresh, now=NOW).to_api())) for index in order]

    with ThreadPoolExecutor(threads) as pool:
        for results in pool.map(run, range(threads)):
            for index, text in results:
                assert text == expected[index]
