"""The dry run as a whole: what callers rely on. spec: plan §2, §3, interface"""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import jobplan
from jobplan.testing import factories

NOW = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)


def job(**changes: Any) -> dict[str, Any]:
    task = {
        "Name": "t",
        "Driver": "exec",
        "Config": {"command": "/bin/app"},
        "Resources": {"CPU": 500, "MemoryMB": 256},
    }
    return {"ID": "app", "TaskGroups": [{"Name": "g", "Count": 2, "Tasks": [task]}], **changes}


def cluster(stored: dict[str, Any] | None = None) -> dict[str, Any]:
    nodes = [factories.node(f"n{index}", address=f"10.0.0.{index + 1}") for index in range(3)]
    if stored is None:
        return factories.inventory(nodes)
    return factories.inventory(nodes, [stored], factories.spread_over(stored, nodes))


def test_a_new_job_is_placed_and_its_index_is_zero() -> None:
    plan = jobplan.plan(job(), jobplan.Inventory.from_api(cluster()), now=NOW)
    response = plan.to_api()
    assert response["Annotations"]["DesiredTGUpdates"]["g"]["Place"] == 2
    assert (response["Index"], response["JobModifyIndex"], response["Diff"]["Type"]) == (0, 0, "Added")
    assert plan.exit_code == 1


def test_an_unchanged_job_is_left_alone() -> None:
    inventory = jobplan.Inventory.from_api(cluster(factories.stored_job(job())))
    plan = jobplan.plan(job(), inventory, now=NOW)
    assert plan.to_api()["Annotations"]["DesiredTGUpdates"]["g"]["Ignore"] == 2
    assert plan.to_api()["Diff"]["Type"] == "None"
    assert plan.exit_code == 0


def test_without_diff_the_response_says_null() -> None:
    assert jobplan.plan(job(), now=NOW, diff=False).to_api()["Diff"] is None


def test_same_input_same_bytes_and_no_argument_is_changed() -> None:
    source, state = job(), cluster(factories.stored_job(job(Priority=60)))
    before = copy.deepcopy((source, state))
    inventory = jobplan.Inventory.from_api(state)
    texts = {json.dumps(jobplan.plan(source, inventory, now=NOW).to_api()) for _ in range(3)}
    fresh = json.dumps(jobplan.plan(source, jobplan.Inventory.from_api(state), now=NOW).to_api())
    assert texts == {fresh}
    assert (source, state) == before


def test_many_threads_share_an_inventory() -> None:
    inventory = jobplan.Inventory.from_api(cluster(factories.stored_job(job())))
    counts = [1, 2, 3, 4] * 5

    def planned(count: int) -> str:
        source = job()
        source["TaskGroups"][0]["Count"] = count
        return json.dumps(jobplan.plan(source, inventory, now=NOW).to_api())

    alone = [planned(count) for count in counts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(planned, counts)) == alone


def test_a_plan_on_top_of_another_sees_the_room_it_takes() -> None:
    inventory = jobplan.Inventory.from_api(factories.inventory([factories.node("only", cpu=1600)]))
    first = jobplan.plan(job(), inventory, now=NOW)
    second = jobplan.plan(job(ID="other"), first.after(), now=NOW)
    assert first.to_api()["FailedTGAllocs"] is None
    assert second.to_api()["FailedTGAllocs"]["g"]["DimensionExhausted"] == {"cpu": 1}


def test_stopping_a_job_frees_its_room_for_the_next() -> None:
    node = factories.node("only", cpu=1600)
    stored = factories.stored_job(job())
    inventory = jobplan.Inventory.from_api(factories.inventory([node], [stored], factories.spread_over(stored, [node])))
    stopped = jobplan.plan(job(Stop=True), inventory, now=NOW)
    assert stopped.to_api()["Annotations"]["DesiredTGUpdates"]["g"]["Stop"] == 2
    assert jobplan.plan(job(ID="other"), stopped.after(), now=NOW).to_api()["FailedTGAllocs"] is None


def test_a_job_id_that_no_text_encoding_can_hold_can_be_planned_on() -> None:
    """JSON may hold half of a surrogate pair, and so may a dict."""
    first = jobplan.plan(job(ID="app\ud800"), jobplan.Inventory.from_api(cluster()), now=NOW)
    assert len(first.after().allocations) == 2


def test_node_order_decides_between_equal_nodes() -> None:
    inventory = jobplan.Inventory.from_api(cluster())
    single = job()
    single["TaskGroups"][0]["Count"] = 1
    chosen = {
        jobplan.plan(single, inventory, now=NOW, node_order=order).run.evaluated.placed[0].node_id
        for order in (lambda nodes: nodes, lambda nodes: nodes[::-1])
    }
    assert len(chosen) == 2


@pytest.mark.parametrize(
    ("source", "error", "text"),
    [
        ({"TaskGroups": []}, jobplan.AdmissionError, "Job must have a valid ID"),
        (job(Type="cron"), jobplan.AdmissionError, "Invalid job type"),
        (job(Priority="high"), jobplan.JobDecodeError, "cannot unmarshal string"),
        (job(TaskGroups=[None]), jobplan.ServerCrash, "is null"),
    ],
)
def test_refusals(source: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        jobplan.plan(source, now=NOW)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(jobplan.PlanError, match="aware"):
        jobplan.plan(job(), now=dt.datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"inventory": cluster()}, jobplan.InventoryError, "must be an Inventory, not dict"),
        ({"config": {"region": "eu"}}, jobplan.ConfigError, "must be a ServerConfig, not dict"),
        ({"now": "2026-01-01T00:00:00Z"}, jobplan.PlanError, "aware"),
    ],
)
def test_arguments_of_the_wrong_kind_are_named(arguments: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        jobplan.plan(job(), **arguments)
    with pytest.raises(error, match=text):
        jobplan.plan_many([job()], processes=1, **arguments)[0].to_api()


def test_pickling_says_what_can_be_pickled() -> None:
    made = jobplan.plan(job(), now=NOW)
    with pytest.raises(TypeError, match="plan_many"):
        pickle.dumps(made)
    (planned,) = jobplan.plan_many([job()], now=NOW, processes=1)
    assert pickle.loads(pickle.dumps(planned)).to_api() == planned.to_api() == made.to_api()
    assert pickle.loads(pickle.dumps(made.job)) == made.job


def test_the_default_time_is_that_of_the_inventory() -> None:
    assert jobplan.plan(job(), jobplan.Inventory.from_api(cluster())).now == NOW
