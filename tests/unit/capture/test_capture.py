"""Capturing from an agent: the same plans as before, whatever happens on the way."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import jobplan
from jobplan.capture import Agent, CaptureError, Limits, Target, capture
from jobplan.capture.connection import Forbidden
from jobplan.errors import ConfigError
from jobplan.testing import factories

from .agent import World, serving

Api = dict[str, Any]

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def job(name: str = "kiln/bricks", **more: Any) -> Api:
    return {
        "ID": name,
        "Name": name,
        "Namespace": "default",
        "Type": "service",
        "Datacenters": ["dc1"],
        "TaskGroups": [
            {
                "Name": "fire",
                "Count": 2,
                "Tasks": [{"Name": "burn", "Driver": "docker", "Config": {"image": "kiln:1"}, "Env": {"HEAT": "900"}}],
            }
        ],
        **more,
    }


@pytest.fixture
def world() -> World:
    nodes = [factories.node(f"client-{i}") for i in range(3)]
    stored = factories.stored_job(job(), version=3)
    old = factories.stored_job(job(Priority=70), version=2)
    return World(factories.inventory(nodes, [stored], factories.spread_over(stored, nodes), OldJobVersions=[old]))


@pytest.fixture
def pauses() -> list[float]:
    return []


def agent(address: str, pauses: list[float] | None = None, **target: Any) -> Agent:
    limits = Limits(timeout=0.6, attempts=3, backoff=1.0, parallel=4)
    return Agent(Target(address, **target), limits, sleep=(pauses if pauses is not None else []).append)


def recordings(count: int, step: int) -> Iterator[Any]:
    with gzip.open(ROOT / "fixtures/corpus/plan.jsonl.gz", "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % step == 0:
                yield pytest.param(json.loads(line), id=f"line-{number + 1}")
            if number >= count * step:
                return


@pytest.mark.parametrize("recording", list(recordings(12, 97)))
def test_a_plan_is_the_same_from_a_captured_cluster(recording: Api) -> None:
    inventory, request = recording["inventory"], recording["request"]
    now = datetime.fromisoformat(inventory["Now"])
    before = jobplan.plan(request, jobplan.Inventory.from_api(inventory), now=now).to_api()
    with serving(World(inventory)) as address:
        captured = capture(agent(address))
    after = jobplan.plan(request, jobplan.Inventory.from_api(captured.inventory), now=now).to_api()
    assert captured.settled
    assert after == before


def test_what_no_plan_reads_is_not_in_the_file(world: World) -> None:
    allocation = world.inventory["Allocations"][0]
    allocation["TaskStates"]["burn"]["Events"] = [{"Type": "Started"}]
    allocation["Metrics"] = {"NodesEvaluated": 3, "ScoreMetaData": [{"NodeID": "a", "NormScore": 0.5}, {"NodeID": "b"}]}
    with serving(world) as address:
        captured = capture(agent(address)).inventory
    made = captured["Allocations"][0]
    assert made["JobVersion"] == 3
    assert "Job" not in made
    assert made["TaskStates"]["burn"]["Events"] is None
    assert made["Metrics"] == {"ScoreMetaData": [{"NodeID": "a", "NormScore": 0.5}]}
    assert [version["Version"] for version in captured["OldJobVersions"]] == [2]
    assert "SecretID" not in captured["Nodes"][0]


def test_the_job_of_an_allocation_is_kept_when_its_version_is_not_listed_any_more(world: World) -> None:
    pruned = factories.stored_job(job(Priority=30), version=1)
    purged = factories.stored_job(job("long-gone"))
    nodes = world.inventory["Nodes"]
    for stored in (pruned, purged):
        for allocation in factories.spread_over(stored, nodes):
            world.inventory["Allocations"].append({**allocation, "Job": stored})
    with serving(world) as address:
        captured = capture(agent(address)).inventory
    assert [(old["ID"], old["Version"]) for old in captured["OldJobVersions"]] == [
        ("kiln/bricks", 2),
        ("kiln/bricks", 1),
        ("long-gone", 0),
    ]
    inventory = jobplan.Inventory.from_api(captured)
    assert len(inventory.allocations_of("default", "long-gone")) == 2


def test_finished_children_are_left_out_unless_asked_for(world: World) -> None:
    child = factories.stored_job(job("batch/dispatch-1", Type="batch"), status="dead")
    child["ParentID"] = "batch"
    done, lingering = factories.spread_over(child, world.inventory["Nodes"])
    done["ClientStatus"] = "complete"
    world.inventory["Jobs"].append(child)
    world.inventory["Allocations"] += [done, lingering]
    with serving(world) as address:
        without = capture(agent(address)).inventory
        complete = capture(agent(address), children=True).inventory
    assert [stored["ID"] for stored in without["Jobs"]] == ["kiln/bricks"]
    assert {lingering["ID"]} == {a["ID"] for a in without["Allocations"]} - {
        a["ID"] for a in world.inventory["Allocations"][:2]
    }
    jobplan.Inventory.from_api(without)
    assert len(complete["Jobs"]) == 2
    assert len(complete["Allocations"]) == 4


def test_lists_come_in_pages(world: World) -> None:
    world.page = 2
    with serving(world) as address:
        captured = capture(agent(address))
    assert len(captured.inventory["Nodes"]) == 3
    assert captured.settled


def test_what_changes_meanwhile_is_read_again(world: World) -> None:
    changes = iter([1])

    def change(path: str) -> None:
        if path == "/v1/deployments" and world.asked["/v1/nodes"] == 1 and next(changes, None):
            node = world.inventory["Nodes"][1]
            world.inventory["Nodes"][1] = {**node, "Status": "down", "ModifyIndex": 99}
            world.inventory["Nodes"].pop(0)

    world.on_request = change
    first, second = (node["ID"] for node in world.inventory["Nodes"][:2])
    with serving(world) as address:
        captured = capture(agent(address), looks=5)
    assert captured.settled
    assert {node["ID"]: node["Status"] for node in captured.inventory["Nodes"]}[second] == "down"
    assert first not in {node["ID"] for node in captured.inventory["Nodes"]}
    assert world.asked[f"/v1/node/{second}"] == 2
    assert max(count for path, count in world.asked.items() if path.startswith("/v1/allocation/")) == 1


def test_a_cluster_that_never_rests_is_captured_with_a_note(world: World) -> None:
    def change(path: str) -> None:
        if path == "/v1/nodes":
            world.inventory["Nodes"][0]["ModifyIndex"] += 1

    world.on_request = change
    with serving(world) as address:
        captured = capture(agent(address))
    assert not captured.settled
    assert captured.notes == ("the cluster kept changing: parts of the inventory are from different moments",)
    assert captured.inventory["Capture"]["Settled"] is False


def test_an_object_that_vanishes_before_it_is_read_is_no_error(world: World) -> None:
    gone = world.inventory["Nodes"][2]["ID"]
    world.inventory["Allocations"] = []

    def change(path: str) -> None:
        if path == f"/v1/node/{gone}":
            world.inventory["Nodes"] = [node for node in world.inventory["Nodes"] if node["ID"] != gone]

    world.on_request = change
    with serving(world) as address:
        captured = capture(agent(address))
    assert len(captured.inventory["Nodes"]) == 2
    assert captured.settled


# ---- faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", ["no_leader", "truncated", "cut", "page_of_proxy", "reset", "silent", "dripping", "busy"]
)
def test_a_passing_fault_is_survived(world: World, pauses: list[float], fault: str) -> None:
    node = world.inventory["Nodes"][0]["ID"]
    world.faults = {"/v1/jobs": [fault], f"/v1/node/{node}": [fault]}
    with serving(world) as address:
        captured = capture(agent(address, pauses))
    assert len(captured.inventory["Nodes"]) == 3
    assert len(captured.inventory["Jobs"]) == 1
    assert len(pauses) == 2
    assert pauses == [2.0, 2.0] if fault == "busy" else all(0.5 <= pause <= 1.0 for pause in pauses)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("no_leader", "/v1/jobs: status 500: No cluster leader (asked 3 times)"),
        (
            "page_of_proxy",
            "/v1/jobs: the answer is not JSON: Expecting value: line 1 column 1 (char 0) (asked 3 times)",
        ),
        ("silent", "/v1/jobs: no answer within 0.6 s (asked 3 times)"),
        ("dripping", "/v1/jobs: no complete answer within 0.6 s (asked 3 times)"),
        ("wrong_kind", "/v1/jobs: the answer is no list"),
        ("bad_request", r"/v1/jobs: status 400: unknown volume \x1b[31mtype"),
        (
            "moved",
            "/v1/jobs: status 307: redirections are not followed, because a token would go along",
        ),
    ],
)
def test_a_lasting_fault_ends_it(world: World, pauses: list[float], fault: str, text: str) -> None:
    world.faults = {"/v1/jobs": [fault] * 9}
    with serving(world) as address, pytest.raises(CaptureError) as caught:
        capture(agent(address, pauses))
    assert str(caught.value) == text
    if "asked 3 times" in text:
        first, second = pauses
        assert 0.5 <= first <= 1.0 <= second <= 2.0


def test_the_first_error_ends_the_pauses_of_the_others(world: World) -> None:
    world.faults = {"/v1/jobs": ["busy"], "/v1/deployments": ["late_forbidden"]}
    woken: list[bool] = []
    with serving(world) as address:
        made = Agent(Target(address), sleep=lambda _: woken.append(made.given_up.wait(30)))
        with pytest.raises(Forbidden):
            capture(made)
        assert woken == [True]
        assert capture(made).settled


@pytest.mark.parametrize("fault", ["truncated", "reset"])
def test_a_broken_connection_is_told_as_one(world: World, fault: str) -> None:
    world.faults = {"/v1/jobs": [fault] * 9}
    with serving(world) as address, pytest.raises(CaptureError, match=r"/v1/jobs: the connection failed: .*asked 3"):
        capture(agent(address))


def test_a_missing_right_is_named(world: World) -> None:
    path = "/v1/operator/scheduler/configuration"
    world.faults = {path: ["forbidden"], "/v1/jobs": []}
    with serving(world) as address, pytest.raises(Forbidden) as caught:
        capture(agent(address))
    assert str(caught.value) == (
        f'{path}: Permission denied. The token needs operator {{ policy = "read" }}, or leave it out: '
        "--skip scheduler (the configuration of a freshly started server is assumed)"
    )
    assert world.asked[path] == 1


def test_parts_can_be_left_out(world: World) -> None:
    world.faults = {"/v1/operator/scheduler/configuration": ["forbidden"]}
    with serving(world) as address:
        captured = capture(agent(address), skip=["scheduler"])
        with pytest.raises(ConfigError, match="jobs cannot be left out"):
            capture(agent(address), skip=["jobs"])
        with pytest.raises(ConfigError, match="unknown part 'job'"):
            capture(agent(address), skip=["job"])
    assert captured.inventory["SchedulerConfig"]["PreemptionConfig"]["ServiceSchedulerEnabled"] is False
    assert captured.notes[0].startswith("left out scheduler: ")


def test_an_older_cluster_has_no_host_volumes(world: World) -> None:
    world.faults = {"/v1/volumes/claims": ["bad_request"] * 9}
    with serving(world) as address:
        assert capture(agent(address)).inventory["TaskGroupHostVolumeClaims"] == []


# ---- requests --------------------------------------------------------------------------------------------------------


def test_requests_carry_token_region_and_namespace_and_are_few_at_a_time(world: World) -> None:
    with serving(world) as address:
        captured = capture(agent(address + "/", token="s3cr3t", region="north", namespace="kitchen", stale=True))
    assert {headers["X-Nomad-Token"] for headers in world.headers} == {"s3cr3t"}
    assert all(query["region"] == ["north"] and query["stale"] == [""] for _, query in world.queries)
    assert ("/v1/jobs", {"namespace": ["kitchen"], "per_page": ["1000"], "region": ["north"], "stale": [""]}) in (
        world.queries
    )
    assert world.most_busy <= 4
    assert captured.inventory["Jobs"] == []
    assert captured.notes == ("only namespace kitchen: what others use of the nodes is not seen",)
    assert captured.requests == len(world.queries)


def test_a_job_id_is_quoted(world: World) -> None:
    with serving(world) as address:
        capture(agent(address))
    assert world.asked["/v1/job/kiln%2Fbricks"] == 1
    assert world.asked["/v1/job/kiln%2Fbricks/versions"] == 1


@pytest.mark.parametrize("address", ["ftp://a", "http://", "http://a:x"])
def test_a_bad_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        Agent(Target(address))


def test_the_token_is_not_shown() -> None:
    assert "s3cr3t" not in repr(Target(token="s3cr3t", http_auth="s3cr3t"))
    with pytest.raises(ConfigError) as caught:
        Agent(Target(token="s3cr3t\n"))
    assert "s3cr3t" not in str(caught.value)
