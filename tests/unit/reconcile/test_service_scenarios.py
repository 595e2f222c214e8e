"""The worked scenarios of service and batch jobs. spec: reconcile §7"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from jobplan.inventory.allocations import Transition
from jobplan.inventory.deployments import GroupState
from jobplan.inventory.jobs import JobVersion
from jobplan.model.policies import UpdateStrategy
from jobplan.values.durations import MINUTE, SECOND

from .world import (
    CANARY,
    COMPLETE,
    HEALTHY,
    HOUR,
    MIGRATE,
    NOW,
    UNHEALTHY,
    UNKNOWN,
    World,
    alloc,
    changed,
    deployment,
    failed,
    make_job,
    node,
    nodes,
    running,
)


def service(count: int = 3, **group: Any) -> Any:
    return make_job(groups={"web": {"Count": count, **group}})


def world(stored: Any, *, count: int | None = None, update: dict[str, int] | None = None, **fields: Any) -> World:
    """Everything of `stored` running; the job changes if a count is given or the change is forced or `edited`."""
    number = stored.task_groups[0].count
    job: Any = stored
    if count is not None or fields.get("forced") or fields.pop("edited", False):
        job = changed(stored, count=number if count is None else count)
        for name, value in (update or {}).items():
            setattr(job.task_groups[0].update, name, value)
    return World(
        job,
        fields.pop("allocs", running(stored, number)),
        fields.pop("nodes", nodes(max(number, 3))),
        fields.pop("deployment", deployment(stored)),
        **fields,
    )


def with_canary(*, promoted: bool = False) -> World:
    """An unchanged job in the middle of a rollout with a canary: three old allocations, one new one."""
    old = service(update=None)
    job = changed(service(Update={"Canary": 1}))
    canary = alloc(job, 0, on="n4", id="canary", health=CANARY, deployment_id="d-1")
    state = GroupState(desired_canaries=1, placed_canaries=("canary",), promoted=promoted, desired_total=3)
    rollout = deployment(job, "running", web=state)
    return World(job, [*running(old), canary], nodes(5), rollout)


def renamed() -> World:
    stored = service(2)
    return World(changed(stored, name="site"), running(stored, 2), nodes(), deployment(stored))


def downed(name: str = "n2") -> list[Any]:
    return [*nodes(2), node(name, status="down")]


def disconnecting(**block: Any) -> World:
    stored = service(Disconnect={"LostAfter": 5 * MINUTE, **block})
    return world(stored, nodes=[*nodes(2), node("n2", status="disconnected")])


def reconnecting(*extra: Any, edited: bool = False) -> World:
    stored = service(Disconnect={"LostAfter": HOUR})
    back = alloc(stored, 2, norm_score=0.5, states=UNKNOWN, next_allocation="replacement" if extra else "")
    others = [alloc(stored, 2, on="n3", id="replacement", norm_score=0.5)] if extra else []
    return world(stored, allocs=[*running(stored, 2), back, *others], nodes=nodes(4), edited=edited)


def with_failed(ago: int, **fields: Any) -> World:
    stored = service()
    return world(stored, allocs=[*running(stored, 2), alloc(stored, 2, **failed(NOW - ago))], **fields)


def rolling() -> World:
    """Scenario 22: two of four replaced."""
    old = service(4)
    job = changed(service(4, Update={"MaxParallel": 2}))
    new = [
        alloc(job, 0, health=HEALTHY, deployment_id="d-1"),
        alloc(job, 1, deployment_id="d-1"),
    ]
    allocs = [*new, alloc(old, 2), alloc(old, 3)]
    return World(job, allocs, nodes(4), deployment(job, "running", web=GroupState(desired_total=4)), forced=True)


def stuck() -> World:
    """Scenario 23: the deployment failed, a slot is empty."""
    old = service()
    job = changed(old)
    new = alloc(job, 0, health=UNHEALTHY, deployment_id="d-1")
    return World(job, [new, alloc(old, 1)], nodes(), deployment(job, "failed"), forced=True)


def reverted() -> World:
    now = with_canary()
    job = changed(now.job)
    return dataclasses.replace(now, job=job)


def unstable_canary() -> World:
    now = with_canary()
    return dataclasses.replace(now, job=changed(now.job), forced=True)


def promoted() -> World:
    now = with_canary(promoted=True)
    return dataclasses.replace(now, forced=True)


def in_deployment() -> World:
    stored = service()
    allocs = [*running(stored, 2), alloc(stored, 2, deployment_id="d-1", **failed(NOW - HOUR))]
    return world(stored, allocs=allocs, deployment=deployment(stored, "running"))


def stopping() -> World:
    stored = service()
    job = changed(stored)
    job.stop = True
    return World(job, [*running(stored, 2), alloc(stored, 2, **failed(NOW))], nodes())


def moving(count: int | None = None, **fields: Any) -> World:
    stored = service()
    draining = [*nodes(2), node("n2", draining=True, eligible=False)]
    allocs = [*running(stored, 2), alloc(stored, 2, transition=fields.pop("transition", MIGRATE))]
    return world(stored, count=count, allocs=allocs, nodes=draining, **fields)


def batch(count: int, allocs: list[Any], *, edited: bool = False, to: int | None = None, **fields: Any) -> World:
    stored = make_job("batch", groups={"web": {"Count": count}})
    made = [alloc(stored, index, **each) for index, each in enumerate(allocs)]
    job = changed(stored, count=count if to is None else to) if edited or fields.get("forced") else stored
    return World(job, made, nodes(6), **fields)


ONE_MISFIT: dict[str, Any] = {"misfits": ("n1",), "edited": True}
SCENARIOS: dict[str, tuple[Any, dict[str, int]]] = {
    "1": (lambda: World(service()), {"Place": 3}),
    "2": (lambda: world(service()), {"Ignore": 3}),
    "3": (lambda: world(service(), count=5), {"InPlaceUpdate": 3, "Place": 2}),
    "4": (lambda: world(service(5), count=3), {"InPlaceUpdate": 3, "Stop": 2}),
    "5": (lambda: world(service(), count=0), {"Stop": 3}),
    "8": (lambda: world(service(), forced=True), {"DestructiveUpdate": 1, "Ignore": 2}),
    "9": (lambda: world(service(), forced=True, update={"max_parallel": 0}), {"DestructiveUpdate": 3}),
    "10": (
        lambda: world(service(), forced=True, count=5, update={"max_parallel": 3}),
        {"Place": 2, "DestructiveUpdate": 1, "Ignore": 2},
    ),
    "11": (lambda: world(service(), forced=True, count=5, update={"max_parallel": 2}), {"Place": 2, "Ignore": 3}),
    "12": (lambda: world(service(5), forced=True, count=3), {"Stop": 2, "DestructiveUpdate": 1, "Ignore": 2}),
    "13": (lambda: world(service(), **ONE_MISFIT), {"InPlaceUpdate": 2, "DestructiveUpdate": 1}),
    "14": (lambda: world(service(), forced=True, update={"canary": 1}), {"Canary": 1, "Ignore": 3}),
    "15": (lambda: world(service(1), forced=True, update={"canary": 2}), {"Canary": 2, "Ignore": 1, "Place": 1}),
    "16": (lambda: world(service(), forced=True, count=5, update={"canary": 1}), {"Canary": 1, "Ignore": 3}),
    "17": (lambda: world(service(), edited=True, update={"canary": 1}), {"InPlaceUpdate": 3}),
    "18": (lambda: dataclasses.replace(with_canary(), forced=True), {"Ignore": 4}),
    "19": (promoted, {"Stop": 1, "DestructiveUpdate": 1, "Ignore": 2}),
    "20": (unstable_canary, {"Stop": 1, "Canary": 1, "Ignore": 3}),
    "21": (reverted, {"Stop": 1, "InPlaceUpdate": 3}),
    "22": (rolling, {"DestructiveUpdate": 1, "Ignore": 3}),
    "23": (stuck, {"Ignore": 2}),
    "24": (lambda: world(service(), nodes=downed()), {"Stop": 1, "Place": 1, "Ignore": 2}),
    "25": (lambda: world(service(), nodes=downed(), forced=True), {"Stop": 1, "Place": 1, "Ignore": 2}),
    "26 told": (moving, {"Migrate": 1, "Ignore": 2}),
    "26 not told": (lambda: moving(transition=Transition()), {"Ignore": 3}),
    "27": (lambda: moving(count=2), {"Stop": 1, "InPlaceUpdate": 2}),
    "28": (lambda: moving(forced=True), {"Migrate": 1, "DestructiveUpdate": 1, "Ignore": 1}),
    "29": (lambda: with_failed(HOUR), {"Place": 1, "Stop": 1, "Ignore": 2}),
    "30": (lambda: with_failed(5 * SECOND), {"Ignore": 3, "RescheduleLater": 1}),
    "31": (in_deployment, {"Ignore": 3}),
    "32": (lambda: with_failed(HOUR, forced=True), {"Place": 1, "Stop": 1, "Ignore": 2}),
    "33": (
        lambda: with_failed(5 * SECOND, forced=True),
        {"DestructiveUpdate": 1, "Ignore": 2, "RescheduleLater": 1},
    ),
    "34": (lambda: world(service(1), allocs=[alloc(service(1), 0, **COMPLETE)]), {"Place": 1}),
    "36": (stopping, {"Stop": 2}),
    "37": (disconnecting, {"Disconnect": 1, "RescheduleLater": 1, "Ignore": 3}),
    "38": (lambda: disconnecting(Replace=False), {"Disconnect": 1, "Ignore": 3}),
    "39": (
        lambda: world(service(), nodes=[*nodes(2), node("n2", status="disconnected")]),
        {"Stop": 1, "Place": 1, "Ignore": 2},
    ),
    "40": (
        lambda: world(service(Disconnect={"StopOnClientAfter": 2 * MINUTE}), nodes=downed()),
        {"Stop": 1, "Ignore": 2},
    ),
    "42": (reconnecting, {"Reconnect": 1, "Ignore": 3}),
    "43": (lambda: reconnecting("replacement"), {"Reconnect": 1, "Stop": 1, "Ignore": 3}),
    "44": (lambda: reconnecting(edited=True), {"Stop": 1, "Place": 1, "InPlaceUpdate": 2}),
    "B1": (lambda: batch(1, [COMPLETE]), {"Ignore": 1}),
    "B2": (lambda: batch(1, [COMPLETE], edited=True), {"Ignore": 1, "Place": 1}),
    "B4": (lambda: batch(4, [{}] * 4, forced=True), {"DestructiveUpdate": 4}),
    "B5": (lambda: batch(1, [{}, {"desired_status": "stop", **COMPLETE}]), {"Ignore": 2}),
    "B6": (
        lambda: batch(2, [{}, {"desired_status": "stop", **COMPLETE}], edited=True, to=0),
        {"Stop": 2},
    ),
    "B7": (
        lambda: batch(2, [{}, {"transition": Transition(migrate=True, no_placement=True)}]),
        {"Migrate": 1, "Ignore": 1},
    ),
    "B8": (lambda: batch(2, [{}, failed(NOW - HOUR)]), {"Place": 1, "Stop": 1, "Ignore": 1}),
}  # fmt: skip


@pytest.mark.parametrize("number", SCENARIOS)
def test_scenario(number: str) -> None:
    build, expected = SCENARIOS[number]
    assert build().web() == expected


def test_removed_group_counts_failed_allocations() -> None:
    """Scenario 6."""
    stored = make_job(groups={"api": {"Count": 1}, "web": {"Count": 3}})
    job = changed(stored)
    assert job.task_groups is not None
    del job.task_groups[1]
    allocs = [*running(stored, 2), alloc(stored, 2, **failed(NOW)), alloc(stored, 0, group="api")]
    assert World(job, allocs).told() == {"api": {"InPlaceUpdate": 1}, "web": {"Stop": 3}}


def test_renamed_group() -> None:
    """Scenario 7."""
    assert renamed().told() == {"site": {"Place": 2}, "web": {"Stop": 2}}


def test_used_up_attempts_of_a_batch_job() -> None:
    """Scenario B3."""
    stored = make_job("batch", groups={"web": {"Count": 1, "ReschedulePolicy": {"Attempts": 0, "Unlimited": False}}})
    given = [alloc(stored, 0, **failed(NOW - HOUR))]
    assert World(stored, given).web() == {"Ignore": 1}
    assert World(changed(stored), given).web() == {"Ignore": 1, "Place": 1}


def test_rescheduling_disabled() -> None:
    """Scenario 35."""
    stored = service(ReschedulePolicy={"Attempts": 0, "Unlimited": False})
    assert world(stored, allocs=[*running(stored, 2), alloc(stored, 2, **failed(NOW - HOUR))]).web() == {"Ignore": 3}


def test_replacement_of_an_unknown_allocation() -> None:
    """Scenario 41: four allocations for a count of three."""
    stored = service(Disconnect={"LostAfter": HOUR})
    away = alloc(stored, 2, client_status="unknown", states=UNKNOWN, next_allocation="r")
    allocs = [*running(stored, 2), away, alloc(stored, 2, on="n3", id="r")]
    made = world(stored, allocs=allocs, nodes=[*nodes(2), node("n2", status="disconnected"), node("n3")])
    assert made.web() == {"Ignore": 4}


FOLLOW_UPS: dict[str, tuple[Any, list[tuple[str, int]]]] = {
    "30": (lambda: with_failed(5 * SECOND), [("alloc-reschedule", 25 * SECOND)]),
    "37": (disconnecting, [("max-disconnect-timeout", 5 * MINUTE), ("alloc-reschedule", 30 * SECOND)]),
    "38": (lambda: disconnecting(Replace=False), [("max-disconnect-timeout", 5 * MINUTE)]),
    "40": (SCENARIOS["40"][0], [("alloc-failure", 2 * MINUTE + 5 * SECOND)]),
    "24": (SCENARIOS["24"][0], []),
}


@pytest.mark.parametrize("number", FOLLOW_UPS)
def test_follow_ups(number: str) -> None:
    build, expected = FOLLOW_UPS[number]
    assert build().triggers() == expected


# ---- traps and quirks -------------------------------------------------------------------------------------------


def test_surplus_ignores_what_is_rescheduled() -> None:
    """Trap 6: scaling 3→2 with a failed allocation keeps three."""
    assert with_failed(HOUR, count=2).web() == {"Place": 1, "Stop": 1, "InPlaceUpdate": 2}


def test_leftovers_of_a_purged_job_take_part() -> None:
    """Trap 5: the new job has create index 100 and version 0."""
    old = make_job()
    new = make_job()
    new.version, new.create_index, new.modify_index, new.job_modify_index = 0, 100, 100, 100
    assert World(new, running(old)).web() == {"InPlaceUpdate": 3}
    alike = make_job()
    alike.job_modify_index = 100
    assert World(new, running(alike)).web() == {"Ignore": 3}


def test_run_duration_of_the_old_version_skips_the_probe() -> None:
    """Row 7 of §3.10."""
    stored = make_job("batch", groups={"web": {"Count": 1, "MaxRunDuration": HOUR}})
    assert World(changed(stored), running(stored, 1), misfits=("n0",)).web() == {"InPlaceUpdate": 1}


def test_listed_entries_are_taken_twice_when_not_ready() -> None:
    """§3.13, not ready: a rescheduled entry is among the first k and is then taken again."""
    stored = service()
    allocs = [
        alloc(stored, 0, transition=Transition(force=True)),
        alloc(stored, 1, on="n2"),
        alloc(stored, 2),
    ]
    made = world(stored, allocs=allocs, nodes=downed(), deployment=deployment(stored, "paused"))
    changes = made.service().groups["web"]
    assert changes.counters.to_api()["Place"] == 3
    assert [item.kind for item in changes.place] == ["reschedule", "lost", "reschedule"]


def test_canaries_come_first_then_migrations_last() -> None:
    made = moving(forced=True, update={"canary": 2})
    place = made.service().groups["web"].place
    assert [(item.kind, item.name) for item in place] == [
        ("canary", "shop.web[0]"),
        ("canary", "shop.web[1]"),
        ("migrate", "shop.web[2]"),
    ]


def test_placement_during_canaries_uses_the_stable_version() -> None:
    """§3.17: the newest version whose canaries were promoted or that had none."""
    stored = service()
    rollout = deployment(stored)
    made = moving(forced=True, update={"canary": 1}, deployment=rollout)
    made.old = (JobVersion.of(stored),)
    older = [item.older for item in made.service().groups["web"].place if item.kind == "migrate"]
    assert older == list(made.old)


def test_new_rollout_is_attached_only_where_something_starts() -> None:
    """§3.16"""
    created = world(service(), forced=True).service().deployment
    assert (created.created, created.groups["web"].desired_total) == (True, 3)
    assert not world(service()).service().deployment.created


def test_batch_jobs_have_no_deployment() -> None:
    stored = make_job("batch", groups={"web": {"Count": 1}})
    (stored.task_groups or [])[0].update = UpdateStrategy()
    rollout = deployment(stored, "running")
    assert World(stored, [alloc(stored, 0, deployment_id="d-1", **failed(NOW - HOUR))], nodes(), rollout).web() == {
        "Place": 1,
        "Stop": 1,
    }
