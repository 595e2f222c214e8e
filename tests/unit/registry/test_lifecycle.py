"""Registering, check-and-set, no-op, stop, revert, tags, retention. spec: api §5, §6.12, §6.17"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from jobplan.errors import AdmissionError
from jobplan.inventory import JobVersion
from jobplan.registry import Refusal, Registration, Registry, Scaling
from jobplan.registry import records as rec

Job = Callable[..., dict[str, Any]]


def stored(registry: Registry, name: str = "shop") -> JobVersion:
    found: JobVersion = registry.state.get(rec.JOBS, "default", name)
    return found


def numbers(registry: Registry, name: str = "shop") -> list[int]:
    return [item.version for item in registry.state.listed(rec.VERSIONS, "default", name)]


def test_a_job_is_placed_and_counts_in_later_plans(registry: Registry, job: Job) -> None:
    registry.register(job(count=3, task={"Resources": {"CPU": 2000, "MemoryMB": 64}}))
    assert stored(registry).job.status == "running"
    assert len(registry.inventory().allocations) == 3
    plan = registry.plan(job("other", count=2, task={"Resources": {"CPU": 2000, "MemoryMB": 64}}))
    assert plan.to_api()["FailedTGAllocs"]["web"]["DimensionExhausted"] == {"cpu": 1}


def test_the_worked_example(registry: Registry, job: Job) -> None:
    """spec: api §5.15"""
    first = registry.register(job())
    created = first["Index"]
    assert first["EvalCreateIndex"] == first["JobModifyIndex"] == created
    placed = stored(registry).job.modify_index
    assert (stored(registry).job.status, placed > created) == ("running", True)
    again = registry.register(job())
    assert again["JobModifyIndex"] == placed
    assert again["EvalCreateIndex"] == again["Index"] > placed
    with pytest.raises(Refusal) as refused:
        registry.register(job(image="shop:2"), Registration(enforce=placed))
    conflict = f"Enforcing job modify index {placed}: job exists with conflicting job modify index: {created}"
    assert str(refused.value) == conflict
    second = registry.register(job(image="shop:2"), Registration(enforce=created))
    assert stored(registry).job.job_modify_index == second["JobModifyIndex"] == second["Index"]
    registry.tag("default", "shop", "gold", version=1)
    assert stored(registry).job.job_modify_index == second["Index"]
    registry.stop("default", "shop")
    stopped = stored(registry).job
    assert (stopped.version, stopped.stop) == (2, True)
    assert stopped.version_tag is not None
    assert stopped.version_tag.name == "gold"
    registry.revert("default", "shop", 0)
    reverted = stored(registry).job
    assert (reverted.version, reverted.stop, reverted.version_tag) == (3, False, None)
    assert reverted.create_index == created


@pytest.mark.parametrize(
    ("enforce", "text"),
    [
        (7, "Enforcing job modify index 7: job does not exist"),
        (0, None),
    ],
)
def test_check_and_set_of_an_absent_job(registry: Registry, job: Job, enforce: int, text: str | None) -> None:
    if text is None:
        registry.register(job(), Registration(enforce=enforce))
        with pytest.raises(Refusal, match="Enforcing job modify index 0: job already exists"):
            registry.register(job(), Registration(enforce=0))
    else:
        with pytest.raises(Refusal, match=text):
            registry.register(job(), Registration(enforce=enforce))


def test_a_refused_job_leaves_nothing_behind(registry: Registry, job: Job) -> None:
    before = registry.state.index
    with pytest.raises(AdmissionError, match=r"Missing tasks for task group"):
        registry.register(job(group={"Tasks": []}))
    assert registry.state.index == before
    assert stored(registry) is None


def test_the_newest_six_versions_are_kept_and_tagged_ones_for_ever(registry: Registry, job: Job) -> None:
    registry.register(job(image="v0"))
    registry.tag("default", "shop", "first", version=0)
    for number in range(1, 9):
        registry.register(job(image=f"v{number}"))
    assert numbers(registry) == [0, 3, 4, 5, 6, 7, 8]


def test_the_newest_stable_version_survives_as_the_oldest_candidate(registry: Registry, job: Job) -> None:
    for number in range(6):
        registry.register(job(image=f"v{number}", group=PLAIN))
    registry.set_stability("default", "shop", 0, True)
    # Marking an old version makes it the current job: the next change is version 1 again. spec: api §5.6
    assert stored(registry).version == 0
    registry.register(job(image="next", group=PLAIN))
    assert stored(registry).version == 1
    assert numbers(registry) == [0, 1, 2, 3, 4, 5]


def test_purging_removes_everything_but_evaluations(registry: Registry, job: Job) -> None:
    registry.register(job())
    registry.stop("default", "shop", purge=True)
    tables = registry.state.tables
    for table in (rec.JOBS, rec.VERSIONS, rec.SUMMARIES, rec.ALLOCATIONS, rec.DEPLOYMENTS, rec.SPECS):
        assert not tables[table], table
    assert {item["Status"] for item in tables[rec.EVALUATIONS].values()} == {"complete"}
    assert not registry.inventory().allocations


def test_stopping_an_absent_job_is_no_error(registry: Registry) -> None:
    answer = registry.stop("default", "nothing")
    assert (answer["Index"], answer["EvalID"]) == (0, "")


def test_a_scaling_policy_is_stamped_once(registry: Registry, job: Job) -> None:
    """The first repetition of a job with a policy is a change, the next one is not. spec: api §5.3.3"""
    described = job(group={"Count": 2, "Scaling": {"Min": 1, "Max": 5}})
    for version in (0, 1, 1):
        registry.register(described)
        assert stored(registry).version == version


def test_scaling_stores_a_version_an_evaluation_and_an_event(registry: Registry, job: Job) -> None:
    registry.register(job(group=PLAIN))
    answer = registry.scale("default", "shop", Scaling("web", 3, "more"))
    assert answer["JobModifyIndex"] < answer["EvalCreateIndex"] < answer["Index"]
    assert len(registry.inventory().allocations) == 3
    events = registry.state.get(rec.EVENTS, "default", "shop")["Groups"]["web"]
    assert [(event["PreviousCount"], event["Count"], event["EvalID"]) for event in events] == [(1, 3, answer["EvalID"])]
    with pytest.raises(Refusal, match="does not exist in job"):
        registry.scale("default", "shop", Scaling("nothing", 1))


def test_submissions_follow_the_versions(registry: Registry, job: Job) -> None:
    submission = {"Source": "job {}", "Format": "hcl2", "VariableFlags": None, "Variables": ""}
    registry.register(job(), Registration(submission=submission))
    registry.stop("default", "shop")
    kept = registry.state.listed(rec.SUBMISSIONS, "default", "shop")
    assert [(item["Version"], item["Source"]) for item in kept] == [(0, "job {}"), (1, "job {}")]


def test_an_evaluation_on_which_the_engine_fails_is_closed_as_failed(
    registry: Registry, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any, **_options: Any) -> Any:
        raise AssertionError("a defect")

    monkeypatch.setattr("jobplan.registry.worker.evaluate", broken)
    answer = registry.register(job())
    evaluation = registry.state.get(rec.EVALUATIONS, answer["EvalID"])
    assert (evaluation["Status"], evaluation["StatusDescription"]) == ("failed", "a defect")
    assert stored(registry).version == 0


def test_blocked_evaluations_are_tried_again_when_a_node_joins(registry: Registry, job: Job) -> None:
    from jobplan.testing.factories import node

    registry.register(job(count=2, group=PLAIN, task={"Resources": {"CPU": 5000, "MemoryMB": 64}}))
    assert len(registry.inventory().allocations) == 1
    registry.retry_blocked()
    assert len(registry.inventory().allocations) == 1
    registry.add_nodes([node("two")])
    assert registry.retry_blocked() == 1
    assert len(registry.inventory().allocations) == 2


PLAIN = {"Update": {"MaxParallel": 0}}
