"""Deployments going on: success, failure, automatic revert, promotion, deadlines. spec: api §5.14"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobplan.inventory import Deployment
from jobplan.registry import Refusal, Registry
from jobplan.registry import deployments as dep
from jobplan.registry import records as rec
from jobplan.testing.factories import node

Job = Callable[..., dict[str, Any]]
RUNNING = {"ClientStatus": "running"}


def report(registry: Registry, healthy: bool, *, version: int) -> None:
    """All allocations of a version run, or have failed."""
    status = "running" if healthy else "failed"
    stamp = {"Healthy": healthy, "Timestamp": "2027-01-15T08:00:00Z"}
    chosen = [
        item
        for item in registry.state.tables[rec.ALLOCATIONS].values()
        if item.version.version == version and item.desired_status == "run"
    ]
    registry.report([(item, {"ClientStatus": status, "DeploymentStatus": stamp}) for item in chosen])


def latest(registry: Registry) -> Deployment:
    found = dep.latest(registry.state, "default", "shop")
    assert found is not None
    return found


def test_a_success_makes_the_version_stable(registry: Registry, job: Job) -> None:
    registry.register(job(count=2))
    report(registry, True, version=0)
    assert latest(registry).status == "successful"
    assert registry.state.get(rec.JOBS, "default", "shop").job.stable
    assert latest(registry).groups["web"].healthy_allocs == 2


def test_a_failure_goes_back_to_the_stable_version(registry: Registry, job: Job) -> None:
    group = {"Update": {"MaxParallel": 1, "AutoRevert": True, "ProgressDeadline": 0}}
    registry.register(job(group=group))
    report(registry, True, version=0)
    registry.register(job(image="shop:bad", group=group))
    report(registry, False, version=1)
    failed = [item for item in registry.state.tables[rec.DEPLOYMENTS].values() if item.failed]
    text = "Failed due to unhealthy allocations - rolling back to job version 0"
    assert [item.api["StatusDescription"] for item in failed] == [text]
    current = registry.state.get(rec.JOBS, "default", "shop").job
    assert (current.version, current.stable) == (2, True)
    assert current.task_groups[0].tasks[0].config == {"image": "shop:1"}
    assert current.job_modify_index == failed[0].api["ModifyIndex"]


def test_without_a_stable_version_nothing_is_reverted(registry: Registry, job: Job) -> None:
    registry.register(job(group={"Update": {"MaxParallel": 1, "AutoRevert": True, "ProgressDeadline": 0}}))
    report(registry, False, version=0)
    text = "Failed due to unhealthy allocations - no stable job version to auto revert to"
    assert latest(registry).api["StatusDescription"] == text


def test_a_deadline_that_passes_fails_the_deployment(registry: Registry, job: Job, clock: Any) -> None:
    registry.register(job())
    registry.run_due()
    assert latest(registry).active
    clock.forward(601)
    registry.run_due()
    assert latest(registry).status == "failed"
    assert latest(registry).api["StatusDescription"] == "Failed due to progress deadline"


def test_canaries_wait_for_promotion(registry: Registry, job: Job) -> None:
    group = {"Update": {"MaxParallel": 1, "Canary": 1}}
    registry.register(job(group=group))
    report(registry, True, version=0)
    registry.register(job(image="shop:2", group=group))
    canary = latest(registry)
    assert canary.api["StatusDescription"] == "Deployment is running but requires manual promotion"
    with pytest.raises(Refusal, match="0/1 healthy allocations"):
        registry.promote(canary.id, None)
    report(registry, True, version=1)
    registry.promote(canary.id, ["web"])
    assert latest(registry).status == "successful"
    running = [item for item in registry.state.tables[rec.ALLOCATIONS].values() if item.desired_status == "run"]
    assert [item.version.version for item in running] == [1]
    assert not running[0].health.canary
    with pytest.raises(Refusal, match="can't promote terminal deployment"):
        registry.promote(canary.id, None)


def test_a_system_job_begins_with_its_share_of_canaries(registry: Registry, job: Job) -> None:
    """`Canary` is a percentage of the nodes; placements beyond it are not carried out. spec: reconcile §4.8"""
    registry.add_nodes([node(name) for name in ("two", "three", "four")])
    group = {"Update": {"MaxParallel": 2, "Canary": 50}}
    registry.register(job(Type="system", group=group))
    report(registry, True, version=0)
    registry.register(job(Type="system", image="shop:2", group=group))
    deployment = latest(registry)
    assert deployment.groups["web"].desired_canaries == 2
    assert deployment.api["StatusDescription"] == "Deployment is running but requires manual promotion"
    allocations = list(registry.state.tables[rec.ALLOCATIONS].values())
    assert len([item for item in allocations if item.version.version == 1]) == 2
    assert len([item for item in allocations if item.version.version == 0 and item.desired_status == "run"]) == 2
    assert len(deployment.api["TaskGroups"]["web"]["PlacedCanaries"]) == 2


def test_a_system_job_is_rolled_out_node_by_node(registry: Registry, job: Job) -> None:
    registry.add_nodes([node("two"), node("three")])
    group = {"Update": {"MaxParallel": 1}}
    registry.register(job(Type="system", group=group))
    assert latest(registry).groups["web"].desired_total == 3
    report(registry, True, version=0)
    assert latest(registry).status == "successful"
    registry.register(job(Type="system", image="shop:2", group=group))
    for placed in (1, 2, 3):
        assert latest(registry).api["TaskGroups"]["web"]["PlacedAllocs"] == placed
        report(registry, True, version=1)
    assert (latest(registry).status, latest(registry).job_version) == ("successful", 1)


def test_a_rolling_update_goes_on_step_by_step(registry: Registry, job: Job) -> None:
    registry.register(job(count=3))
    report(registry, True, version=0)
    registry.register(job(count=3, image="shop:2"))
    for expected in (1, 2, 3):
        assert latest(registry).api["TaskGroups"]["web"]["PlacedAllocs"] == expected
        report(registry, True, version=1)
    assert latest(registry).status == "successful"


def test_simulated_clients_finish_a_rollout_alone(registry: Registry, job: Job) -> None:
    registry.simulate_clients = True
    registry.register(job(count=3))
    registry.register(job(count=3, image="shop:2"))
    assert latest(registry).status == "successful"
    assert latest(registry).job_version == 1
    summary = registry.state.get(rec.SUMMARIES, "default", "shop")["Summary"]["web"]
    assert (summary["Running"], summary["Complete"]) == (3, 3)
