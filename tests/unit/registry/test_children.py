"""Children of periodic and parameterized jobs. spec: api §5.12, §5.13, §6.11"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from jobplan.registry import Dispatch, Refusal, Registry
from jobplan.registry import records as rec
from jobplan.registry.children import shown_payload
from jobplan.registry.records import job_api

Job = Callable[..., dict[str, Any]]
START = 1_800_000_000


def children_of(registry: Registry, parent: str) -> list[str]:
    return [item.id for item in registry.state.listed(rec.JOBS, "default", parent)]


def batch(job: Job, name: str, **more: Any) -> dict[str, Any]:
    return job(name, Type="batch", **more)


def periodic(job: Job, **more: Any) -> dict[str, Any]:
    return batch(job, "nightly", Periodic={"Enabled": True, "Spec": "*/10 * * * *", "SpecType": "cron", **more})


def test_a_periodic_job_is_launched_on_time(registry: Registry, job: Job, clock: Any) -> None:
    registry.register(periodic(job))
    registry.run_due()
    assert children_of(registry, "nightly") == []
    clock.forward(600)
    registry.run_due()
    registry.run_due()
    at = (START // 600 + 1) * 600
    assert children_of(registry, "nightly") == [f"nightly/periodic-{at}"]
    child = registry.state.get(rec.JOBS, "default", f"nightly/periodic-{at}").job
    assert (child.parent_id, child.periodic, child.status) == ("nightly", None, "running")


def test_launches_that_were_missed_are_made_up_for_once(registry: Registry, job: Job, clock: Any) -> None:
    registry.register(periodic(job))
    clock.forward(6000)
    registry.run_due()
    registry.run_due()
    assert len(children_of(registry, "nightly")) == 1


def test_overlap_is_prohibited_for_scheduled_launches_only(registry: Registry, job: Job, clock: Any) -> None:
    registry.register(periodic(job, ProhibitOverlap=True))
    registry.force_launch("default", "nightly")
    clock.forward(700)
    registry.run_due()
    assert len(children_of(registry, "nightly")) == 1
    registry.force_launch("default", "nightly")
    assert len(children_of(registry, "nightly")) == 2


def test_a_stopped_periodic_job_is_not_launched(registry: Registry, job: Job, clock: Any) -> None:
    registry.register(periodic(job))
    registry.stop("default", "nightly")
    clock.forward(6000)
    registry.run_due()
    assert children_of(registry, "nightly") == []
    with pytest.raises(Refusal, match="can't force run non-tracked job"):
        registry.force_launch("default", "nightly")


def test_a_dispatched_child(registry: Registry, job: Job) -> None:
    registry.register(batch(job, "render", Meta={"kind": "film"}, ParameterizedJob={"MetaOptional": ["scene"]}))
    answer = registry.dispatch("default", "render", Dispatch(b"data" * 20, {"scene": "3"}, "night"))
    child = registry.state.get(rec.JOBS, "default", answer["DispatchedJobID"])
    assert child.id.startswith("render/dispatch-night-1800000000-")
    assert child.job.meta == {"kind": "film", "scene": "3"}
    assert child.job.dispatched
    shown = shown_payload(job_api(child))["Payload"]
    assert base64.b64decode(shown) == b"data" * 20
    assert base64.b64decode(job_api(child)["Payload"]) != b"data" * 20
    assert registry.state.get(rec.SUMMARIES, "default", "render")["Children"]["Running"] == 1


def test_a_token_dispatches_once(registry: Registry, job: Job) -> None:
    registry.register(batch(job, "render", ParameterizedJob={}))
    first = registry.dispatch("default", "render", Dispatch(idempotency_token="t"))
    again = registry.dispatch("default", "render", Dispatch(idempotency_token="t"))
    assert again["DispatchedJobID"] == first["DispatchedJobID"]
    assert (again["EvalID"], len(children_of(registry, "render"))) == ("", 1)


@pytest.mark.parametrize(
    ("config", "given", "text"),
    [
        ({"Payload": "required"}, Dispatch(), "Payload is not provided but required by parameterized job"),
        ({"Payload": "forbidden"}, Dispatch(b"x"), "Payload provided but forbidden by parameterized job"),
        ({}, Dispatch(b"x" * 16385), "Payload exceeds maximum size; 16385 > 16384"),
        ({}, Dispatch(meta={"b": "", "a": ""}), "Dispatch request included unpermitted metadata keys: [a b]"),
        ({"MetaRequired": ["b", "a"]}, Dispatch(), "Dispatch did not provide required meta keys: [a b]"),
        ({}, Dispatch(priority=101), "dispatch job priority must be between [1, 100]"),
    ],
)
def test_refused_dispatches(registry: Registry, job: Job, config: dict[str, Any], given: Dispatch, text: str) -> None:
    registry.register(batch(job, "render", ParameterizedJob=config))
    with pytest.raises(Refusal) as refused:
        registry.dispatch("default", "render", given)
    assert str(refused.value) == text
