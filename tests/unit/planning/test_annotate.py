"""What a plan writes into a diff. spec: plan §5"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan import PlanError, diff
from jobplan.jobdiff.tree import EDITED, FieldDiff, JobDiff, ObjectDiff, TaskDiff, TaskGroupDiff
from jobplan.planning.annotate import annotate

Api = dict[str, Any]


def job(count: int = 1, *tasks: Api, group: str = "vats") -> Api:
    made = [{"Driver": "exec", **task} for task in tasks or ({"Name": "dyer"},)]
    return {"ID": "dye", "TaskGroups": [{"Name": group, "Count": count, "Tasks": made}]}


def annotated(old: Api | None, new: Api | None, updates: dict[str, dict[str, int]] | None = None) -> Api:
    made = diff(old, new, contextual=True)
    annotate(made, updates or {})
    return made.to_api()


def fates(tree: Api, group: int = 0) -> dict[str, Any]:
    return {task["Name"]: task["Annotations"] for task in tree["TaskGroups"][group]["Tasks"]}


def test_counters_of_known_groups() -> None:
    counters = {"Ignore": 1, "Place": 2, "Migrate": 3, "Stop": 4, "Canary": 5, "InPlaceUpdate": 6, "Preemptions": 9}
    made = annotated(job(), job(), {"vats": {**counters, "DestructiveUpdate": 7}})
    assert made["TaskGroups"][0]["Updates"] == {
        "ignore": 1,
        "create": 2,
        "migrate": 3,
        "destroy": 4,
        "canary": 5,
        "in-place update": 6,
        "create/destroy update": 7,
    }
    assert annotated(job(), job(), {"vats": {"Ignore": 0, "Disconnect": 3}})["TaskGroups"][0]["Updates"] == {}
    assert annotated(job(), job(), {"other": {"Ignore": 1}})["TaskGroups"][0]["Updates"] is None


@pytest.mark.parametrize(
    ("old", "new", "annotations"),
    [
        (job(2), job(10), ["forces create"]),
        (job(10), job(2), ["forces destroy"]),
        (None, job(3), ["forces create"]),
        (None, job(0), None),
        (job(3), None, ["forces destroy"]),
    ],
)
def test_count_compares_numbers(old: Api | None, new: Api | None, annotations: list[str] | None) -> None:
    (count,) = (item for item in annotated(old, new)["TaskGroups"][0]["Fields"] if item["Name"] == "Count")
    assert count["Annotations"] == annotations


def test_a_count_that_is_no_number_is_an_error() -> None:
    made = JobDiff(EDITED, "dye", task_groups=[TaskGroupDiff(EDITED, "vats", [FieldDiff(EDITED, "Count", "1", "two")])])
    with pytest.raises(PlanError):
        annotate(made, {})


@pytest.mark.parametrize(
    ("change", "annotation"),
    [
        ({"Env": {"A": "b"}}, "forces create/destroy update"),
        ({"KillTimeout": 10**9}, "forces in-place update"),
        ({"KillSignal": "SIGTERM"}, "forces create/destroy update"),
        ({"Services": [{"Name": "cloth"}]}, "forces in-place update"),
        ({"Affinities": [{"LTarget": "a", "RTarget": "b", "Operand": "="}]}, "forces in-place update"),
        ({"Lifecycle": {"Hook": "prestart"}}, "forces in-place update"),
        # really in place, but every change of the block lists `Disabled`
        ({"LogConfig": {"MaxFiles": 3}}, "forces create/destroy update"),
        ({"Resources": {"CPU": 7}}, "forces create/destroy update"),
        ({"KillTimeout": 10**9, "Services": [{"Name": "cloth"}], "User": "u"}, "forces create/destroy update"),
    ],
)
def test_edited_tasks(change: Api, annotation: str) -> None:
    assert fates(annotated(job(), job(1, {"Name": "dyer", **change}))) == {"dyer": [annotation]}


def test_tasks_of_added_deleted_and_edited_groups() -> None:
    both = job(1, {"Name": "dyer"}, {"Name": "drier"})
    assert fates(annotated(None, both)) == {"dyer": ["forces create"], "drier": ["forces create"]}
    assert fates(annotated(both, None)) == {"dyer": ["forces destroy"], "drier": ["forces destroy"]}
    assert fates(annotated(job(), both)) == {"dyer": None, "drier": ["forces create/destroy update"]}
    renamed = annotated(job(), job(group="tubs"))
    assert [fates(renamed, group) for group in (0, 1)] == [{"dyer": ["forces create"]}, {"dyer": ["forces destroy"]}]


def test_log_config_without_context_and_the_dead_rule_for_spreads() -> None:
    for item, annotation in (
        (ObjectDiff(EDITED, "LogConfig", [FieldDiff(EDITED, "MaxFiles", "1", "2")]), "forces in-place update"),
        (ObjectDiff(EDITED, "Spread"), "forces in-place update"),
    ):
        task = TaskDiff(EDITED, "dyer", objects=[item])
        annotate(JobDiff(EDITED, "dye", task_groups=[TaskGroupDiff(EDITED, "vats", tasks=[task])]), {})
        assert task.annotations == [annotation]
