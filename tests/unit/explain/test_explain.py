"""Causes, hidden changes, why not, headroom, what-if: each on the smallest cluster that shows it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import jobplan
from jobplan.explain import whatif
from jobplan.explain.whynot import WhyNot
from jobplan.testing import factories

NOW = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
Api = dict[str, Any]


def task(**changes: Any) -> Api:
    return {
        "Name": "t",
        "Driver": "exec",
        "Config": {"command": "/bin/app"},
        "Resources": {"CPU": 500, "MemoryMB": 256},
        **changes,
    }


def job(group: Api | None = None, **changes: Any) -> Api:
    return {"ID": "app", "TaskGroups": [{"Name": "g", "Tasks": [task(**changes)], **(group or {})}]}


def planned(new: Api, old: Api | None = None, nodes: list[Api] | None = None, **parts: Any) -> jobplan.Plan:
    nodes = [factories.node("a", address="10.0.0.1")] if nodes is None else nodes
    stored = [] if old is None else [factories.stored_job(old)]
    running = [allocation for item in stored for allocation in factories.spread_over(item, nodes)]
    inventory = factories.inventory(nodes, stored, parts.pop("allocations", running), **parts)
    return jobplan.plan(new, jobplan.Inventory.from_api(inventory), now=NOW)


# ---- causes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "outcome", "reasons", "contradicted"),
    [
        ({"Env": {"A": "1"}}, "replaced", ("Tasks[t].Env",), False),
        ({"KillTimeout": 9 * 10**9}, "in place", (), False),
        # annotated as a replacement, done in place; and the other way round (plan §6.5)
        ({"KillSignal": "SIGTERM"}, "in place", (), True),
        ({"RestartPolicy": {"RenderTemplates": True}}, "replaced", ("Tasks[t].RestartPolicy.RenderTemplates",), True),
        ({}, "unchanged", (), False),
    ],
)
def test_causes(change: Api, outcome: str, reasons: tuple[str, ...], contradicted: bool) -> None:
    (cause,) = planned(job(**change), job()).explain().causes
    assert (cause.outcome, cause.reasons) == (outcome, reasons)
    assert bool(cause.contradictions) is contradicted


def test_a_group_that_no_longer_fits_its_node_is_replaced_without_a_field_that_forces_it() -> None:
    constraint = {"LTarget": "${meta.rack}", "RTarget": "r9", "Operand": "="}
    (cause,) = planned(job({"Constraints": [constraint]}), job()).explain().causes
    assert cause.outcome == "replaced"
    assert "no longer" in cause.reasons[0]


# ---- hidden changes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "hidden", "replaces"),
    [
        ({**job(), "Spreads": [{"Attribute": "${node.datacenter}"}]}, ["/Spreads"], False),
        (job(Lifecycle={"Hook": "prestart"}), ["/TaskGroups/0/Tasks/0/Lifecycle"], False),
        (
            job(CSIPluginConfig={"ID": "p", "Type": "node", "MountDir": "/csi"}),
            ["/TaskGroups/0/Tasks/0/CSIPluginConfig"],
            True,
        ),
        (job(Env={"A": "1"}), [], False),
        (job({"Count": 3}), [], False),
    ],
)
def test_hidden_changes(new: Api, hidden: list[str], replaces: bool) -> None:
    found = planned(new, job()).explain().hidden
    assert [item.path for item in found] == hidden
    assert any(item.replaces for item in found) is replaces


def test_the_deepest_config_that_can_be_read_can_be_planned_explained_and_shown() -> None:
    """Python ends deep recursions; whatever passes the decoder must get through all else."""
    from jobplan.rendering import RENDERERS, Report, render

    def deep(levels: int, value: int) -> Api:
        inner: Any = value
        for _ in range(levels):
            inner = {"a": [inner]}
        return job(Config={"command": "/bin/app", "deep": inner})

    for levels in (20, 200):
        plan = planned(deep(levels, 1), deep(levels, 0))
        assert plan.explain().causes[0].outcome == "replaced"
        for name in RENDERERS:
            render(name, Report(response=plan.to_api(), job=plan.job_api, now=NOW))
    with pytest.raises(jobplan.JobDecodeError, match="too deeply"):
        planned(deep(5000, 1))


# ---- why not ---------------------------------------------------------------------------------------------------------


def why(new: Api, nodes: list[Api], **parts: Any) -> WhyNot:
    (answer,) = planned(new, nodes=nodes, **parts).explain().why_not
    return answer


def test_the_constraint_behind_an_ineligible_class_is_named_on_every_node() -> None:
    nodes = [factories.node(name, meta={"rack": "r1"}, address=f"10.0.0.{n}") for n, name in enumerate("ab", start=1)]
    constraint = {"LTarget": "${meta.rack}", "RTarget": "r2", "Operand": "="}
    plan = planned(job({"Constraints": [constraint]}), nodes=nodes)
    assert "computed class ineligible" in plan.to_api()["FailedTGAllocs"]["g"]["ConstraintFiltered"]
    (answer,) = plan.explain().why_not
    for verdict in answer.nodes:
        (failure,) = verdict.failures
        assert (failure.key, failure.wanted, failure.actual) == ("${meta.rack} = r2", "r2", "r1")
    assert answer.suggestions[0].text == "relax the constraint `${meta.rack} = r2`"
    assert answer.suggestions[0].nodes == ("a", "b")


def test_every_dimension_is_told_with_what_is_missing() -> None:
    nodes = [factories.node("a", cpu=1000, memory_mb=1024), factories.node("b", cpu=600, memory_mb=4096)]
    answer = why(job(Resources={"CPU": 1900, "MemoryMB": 2048}), nodes)
    missing = {verdict.node: {f.check: f.missing for f in verdict.failures} for verdict in answer.nodes}
    assert missing == {"a": {"cpu": 1000, "memory": 1280}, "b": {"cpu": 1400}}
    assert answer.nodes[0].node == "b"
    assert answer.suggestions[0].text == "lower cpu by 1400 MHz (to 500) per allocation of 'g'"


def test_the_holder_of_a_port_is_named() -> None:
    network = {"Networks": [{"ReservedPorts": [{"Label": "http", "Value": 8080}]}]}
    node = factories.node("a", address="10.0.0.1")
    other = factories.stored_job({**job(network), "ID": "other"})
    holder = factories.allocation(other, "g", 0, node)
    holder["AllocatedResources"]["Shared"]["Ports"] = [{"Label": "http", "Value": 8080, "To": 0, "HostIP": "10.0.0.1"}]
    answer = why(job(network), [node], allocations=[holder], Jobs=[other])
    (failure,) = answer.nodes[0].failures
    assert failure.held_by == "other.g[0]"
    assert "held by other.g[0]" in answer.suggestions[0].text


def test_nodes_that_were_no_candidates_are_told_too() -> None:
    nodes = [
        factories.node("far", datacenter="dc2"),
        factories.node("down", Status="down"),
        factories.node("gpu", node_pool="gpu"),
    ]
    answer = why({**job(), "Datacenters": ["dc1"]}, nodes)
    assert answer.nodes == ()
    reasons = {verdict.node: [failure.check for failure in verdict.failures] for verdict in answer.left_out}
    assert reasons == {"far": ["datacenter"], "down": ["status"], "gpu": ["node pool"]}


def test_a_missing_driver_and_volume_are_told_together() -> None:
    volumes = {"Volumes": {"data": {"Type": "host", "Source": "data"}}}
    answer = why(job(volumes, Driver="docker"), [factories.node("a", drivers=("exec",))])
    assert [failure.check for failure in answer.nodes[0].failures] == ["drivers", "host volumes"]


def test_amounts_are_lowered_only_as_far_as_a_server_accepts() -> None:
    logs = {"LogConfig": {"MaxFiles": 3, "MaxFileSizeMB": 20}}
    disk = {"EphemeralDisk": {"SizeMB": 500}}

    def advice(free: int) -> list[str]:
        return [item.text for item in why(job(disk, **logs), [factories.node("a", disk_mb=1000 + free)]).suggestions]

    assert advice(60) == []
    assert advice(61) == ["lower disk by 439 MB (to 61) per allocation of 'g'"]


def test_of_a_system_job_only_nodes_without_the_group_are_told() -> None:
    nodes = [factories.node("small", cpu=500), factories.node("large")]
    answer = why({**job(), "Type": "system"}, nodes)
    assert [verdict.node for verdict in answer.nodes] == ["small"]
    assert [failure.check for failure in answer.nodes[0].failures] == ["cpu"]


def test_what_an_older_version_misses_is_told_of_that_version() -> None:
    """While canaries wait, what has to move is placed as the version deployed last asks for it."""
    group = {"Count": 2, "Update": {"Canary": 1, "MaxParallel": 1}}
    old = factories.stored_job(job(group, Resources={"CPU": 500, "MemoryMB": 9000}))
    nodes = [
        factories.node("leaving", SchedulingEligibility="ineligible"),
        factories.node("staying", memory_mb=9300),
        factories.node("small", memory_mb=1000),
    ]
    leaving, staying = factories.spread_over(old, nodes[:2])
    leaving["DesiredTransition"] = {"Migrate": True}
    deployment = {
        "ID": factories.identifier("deployment"),
        "Namespace": "default",
        "JobID": "app",
        "JobVersion": 0,
        "JobCreateIndex": 30,
        "Status": "successful",
        "TaskGroups": {"g": {"DesiredCanaries": 0, "DesiredTotal": 1}},
        "CreateIndex": 31,
    }
    state = factories.inventory(nodes, [old], [leaving, staying], Deployments=[deployment])
    new = job(group, Resources={"CPU": 500, "MemoryMB": 30})
    plan = jobplan.plan(new, jobplan.Inventory.from_api(state), now=NOW)
    assert [item.canary for item in plan.run.evaluated.placed] == [True]
    (answer,) = plan.explain().why_not
    assert [(failure.check, failure.wanted) for failure in answer.nodes[0].failures] == [("memory", 9000)]
    assert answer.suggestions == ()


# ---- headroom, utilisation -------------------------------------------------------------------------------------------


def test_headroom_counts_what_fits_on_top_of_the_plan() -> None:
    plan = planned(job(), nodes=[factories.node("a", cpu=1600), factories.node("b", cpu=1100)])
    (room,) = plan.explain().headroom
    assert room.count == 4
    assert sum(room.nodes.values()) == 4


def test_headroom_respects_distinct_hosts() -> None:
    nodes = [factories.node(name) for name in "abc"]
    (room,) = planned(job({"Constraints": [{"Operand": "distinct_hosts"}]}), nodes=nodes).explain().headroom
    assert room.count == 2


def test_headroom_knows_that_allocations_updated_in_place_count_twice_for_a_property() -> None:
    """spec: placement §5.9"""
    limit = {"Constraints": [{"LTarget": "${node.datacenter}", "Operand": "distinct_property", "RTarget": "6"}]}
    before = job({**limit, "Count": 2})
    (room,) = planned(before, before).explain().headroom
    assert room.count == 2
    for count, fits in ((4, True), (5, False)):
        assert (planned(job({**limit, "Count": count}), before).to_api()["FailedTGAllocs"] is None) == fits


def test_headroom_of_a_system_job_is_once_a_node() -> None:
    (room,) = planned({**job(), "Type": "system"}, nodes=[factories.node("a"), factories.node("b")]).explain().headroom
    assert room.count == 0


def test_an_explanation_leaves_the_plan_as_it_was() -> None:
    """A group without a network looks for the one of the group before it (placement §5.4): for that in the plan."""
    tasks = [task()]
    bridged = {"Name": "bridged", "Tasks": tasks, "Networks": [{"Mode": "bridge"}]}
    plain = {"Name": "plain", "Tasks": tasks}
    node = factories.node("a")
    node["NodeResources"]["Networks"] = [node["NodeResources"]["Networks"][0]]
    plan = planned({"ID": "app", "TaskGroups": [plain, bridged]}, nodes=[node])
    first = plan.explain().to_api()
    assert {item["Group"]: item["Count"] > 0 for item in first["Headroom"]} == {"plain": True, "bridged": False}
    assert plan.explain().to_api() == first


def test_utilisation_counts_before_and_after() -> None:
    use = {item.label: item for item in planned(job({"Count": 2})).explain().utilisation}
    assert (use["CPU"].before, use["CPU"].after, use["CPU"].total) == (0, 1000, 7900)


# ---- what if ---------------------------------------------------------------------------------------------------------


def cluster() -> jobplan.Inventory:
    stored = factories.stored_job(job({"Count": 2}))
    nodes = [factories.node("a", node_class="x"), factories.node("b", node_class="y")]
    return jobplan.Inventory.from_api(factories.inventory(nodes, [stored], factories.spread_over(stored, nodes)))


def test_draining_a_node_moves_its_allocations() -> None:
    plan = jobplan.plan(job({"Count": 2}), whatif.drained(cluster(), ["a"]), now=NOW)
    assert plan.to_api()["Annotations"]["DesiredTGUpdates"]["g"]["Migrate"] == 1


def test_a_cluster_without_a_class_has_neither_its_nodes_nor_what_ran_there() -> None:
    inventory = whatif.without_class(cluster(), "x")
    assert [node.name for node in inventory.nodes.values()] == ["b"]
    assert len(inventory.allocations) == 1


def test_added_nodes_are_empty_copies() -> None:
    inventory = whatif.with_added_nodes(cluster(), "a", 3)
    assert len(inventory.nodes) == 5
    added = [node for node in inventory.nodes.values() if node.name.startswith("a+")]
    assert not any(inventory.allocations_on(node.id) for node in added)


@pytest.mark.parametrize(
    "call", [lambda: whatif.drained(cluster(), ["nowhere"]), lambda: whatif.scaled(job(), {"h": 1})]
)
def test_what_if_names_what_it_does_not_know(call: Any) -> None:
    with pytest.raises(jobplan.InventoryError, match=r"nowhere|'h'"):
        call()


def test_an_explanation_is_plain_values() -> None:
    import json

    made = planned(job(Resources={"CPU": 99999}), job()).explain().to_api()
    assert json.loads(json.dumps(made)) == made
    assert set(made) == {"Causes", "Hidden", "WhyNot", "Headroom", "Rollout", "Utilisation"}
