"""Volatile values: matched everywhere but in diffs."""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.testing.volatile import stable_response, stable_text, volatile_values

ONE, TWO = "0d2f0b4e-2a5d-4d3e-9c1b-1f5f3f7c9a01", "9b1c7f60-5e1a-4e0a-8e7f-6f0c7a3d2b02"
DIFF = {"Fields": [{"Name": "Env[ID]", "Old": ONE, "New": "2026-01-02T03:04:05Z"}], "ID": ONE}

RESPONSE: dict[str, Any] = {
    "Annotations": {
        "DesiredTGUpdates": {"web": {"Place": 2}},
        "PreemptedAllocs": [{"ID": ONE, "JobID": "other", "CreateIndex": 7, "TaskStates": {"t": {"FinishedAt": None}}}],
    },
    "CreatedEvals": [{"ID": TWO, "WaitUntil": "2026-11-02T09:05:00Z", "ClassEligibility": None}],
    "Diff": DIFF,
    "FailedTGAllocs": {"web": {"AllocationTime": 5123, "ResourcesExhausted": {TWO: 1}, "NodesEvaluated": 3}},
    "JobModifyIndex": 31,
    "NextPeriodicLaunch": None,
    "Warnings": "",
}


def test_a_response_keeps_its_shape_its_counters_and_its_diff() -> None:
    assert stable_response(RESPONSE) == {
        "Annotations": {
            "DesiredTGUpdates": {"web": {"Place": 2}},
            "PreemptedAllocs": [
                {"ID": "<id>", "JobID": "other", "CreateIndex": "<index>", "TaskStates": {"t": {"FinishedAt": None}}}
            ],
        },
        "CreatedEvals": [{"ID": "<id>", "WaitUntil": "<time>", "ClassEligibility": None}],
        "Diff": DIFF,
        "FailedTGAllocs": {
            "web": {"AllocationTime": "<duration>", "ResourcesExhausted": {"<id>": 1}, "NodesEvaluated": 3}
        },
        "JobModifyIndex": "<index>",
        "NextPeriodicLaunch": None,
        "Warnings": "",
    }


TEXT = f"""+/- Job: "web"
  +/- Task: "t"
    +/- Env[AT]: "2026-01-02T03:04:05Z" => "{ONE}"

Scheduler dry-run:
- If submitted now, next periodic launch would be at 2026-11-03T03:15:00+01:00 (17h15m0s from now).

Preemptions:

Alloc ID                              Job ID  Task Group
{TWO}  other   web

Job Modify Index: 31
To submit the job with version verification run:

nomad job run -check-index 31 web.nomad
"""


def test_a_text_keeps_its_diff() -> None:
    assert stable_text(TEXT) == (
        TEXT.replace("2026-11-03T03:15:00+01:00 (17h15m0s from now)", "<time> (<duration> from now)")
        .replace(TWO, "<id>")
        .replace("Index: 31", "Index: <index>")
        .replace("-check-index 31", "-check-index <index>")
    )


def test_a_text_without_a_diff_is_changed_as_a_whole() -> None:
    assert stable_text(f"evaluation {ONE}") == "evaluation <id>"


@pytest.mark.parametrize(
    ("path", "value", "result"),
    [
        (["CreatedEvals", "ID"], ONE, "<id>"),
        (["JobModifyIndex"], 7, "<index>"),
        (["NextPeriodicLaunch"], None, None),
        (["Diff", "ID"], ONE, ONE),
        (["Annotations"], {"ID": ONE}, {"ID": ONE}),
    ],
)
def test_the_matcher_of_syrupy_does_the_same_for_one_value(path: list[str], value: Any, result: Any) -> None:
    assert volatile_values(value, tuple((key, dict) for key in path)) == result
