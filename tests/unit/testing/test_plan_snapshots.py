"""What the extensions for syrupy write for the things that people compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobplan.testing.preview import Preview, Previewer
from jobplan.testing.snapshots import PlanJson, PlanText

JOB: dict[str, Any] = {
    "ID": "well",
    "Datacenters": ["dc1"],
    "TaskGroups": [
        {
            "Name": "pump",
            "Count": 1,
            "Tasks": [{"Name": "lift", "Driver": "exec", "Config": {"command": "/bin/lift"}}],
        }
    ],
}


@pytest.fixture(scope="module")
def preview() -> Preview:
    return Previewer(Path())(JOB)


@pytest.mark.parametrize("form", ["preview", "plan", "text"])
def test_text(preview: Preview, form: str) -> None:
    given = {"preview": preview, "plan": preview.plan, "text": preview.text}[form]
    written = PlanText().serialize(given)
    assert written.startswith('+ Job: "well"\n+ Task Group: "pump" (1 create)\n')
    assert "nomad job run -check-index <index> job.json\n" in written
    assert written.endswith("potentially invalid.\n")


@pytest.mark.parametrize("form", ["preview", "plan", "response"])
def test_json(preview: Preview, form: str) -> None:
    given = {"preview": preview, "plan": preview.plan, "response": preview.response}[form]
    written = PlanJson().serialize(given)
    assert json.loads(written)["JobModifyIndex"] == "<index>"
    assert json.loads(written)["Diff"] == preview.diff
    assert written.endswith("\n}\n")


def test_something_else_is_refused() -> None:
    with pytest.raises(TypeError, match="not int"):
        PlanJson().serialize(7)
