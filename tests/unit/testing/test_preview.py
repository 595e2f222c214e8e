"""`plan_preview`: what it plans against, and what it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import jobplan
from jobplan.capture import Redaction, write_capture
from jobplan.testing import factories
from jobplan.testing.preview import Preview, Previewer

Api = dict[str, Any]


def job(count: int = 2, image: str = "bell:1", **more: Any) -> Api:
    return {
        "ID": "tower",
        "Name": "tower",
        "Datacenters": ["north"],
        "TaskGroups": [
            {
                "Name": "bells",
                "Count": count,
                "Tasks": [{"Name": "ring", "Driver": "docker", "Config": {"image": image}, "Env": {"TONE": "a"}}],
            }
        ],
        **more,
    }


@pytest.fixture
def preview(tmp_path: Path) -> Previewer:
    return Previewer(tmp_path)


def test_a_new_job_finds_room_on_a_cluster_made_up_for_it(preview: Previewer) -> None:
    made = preview(job(5, NodePool="loud"))
    assert made.updates == {"bells": {"Place": 5}}
    assert made.unplaced == []
    assert made.exit_code == 1


@pytest.mark.parametrize(
    ("kind", "updates"),
    [("service", {"DestructiveUpdate": 1, "Ignore": 1}), ("batch", {"DestructiveUpdate": 2})],
)
def test_an_old_job_is_running_there(preview: Previewer, kind: str, updates: dict[str, int]) -> None:
    made = preview(job(image="bell:2", Type=kind), job(Type=kind))
    assert made.updates == {"bells": updates}
    assert made.diff["Type"] == "Edited"


def test_an_old_system_job_runs_on_every_node(preview: Previewer) -> None:
    made = preview(job(1, image="bell:2", Type="system"), job(1, Type="system"))
    assert made.updates["bells"]["DestructiveUpdate"] == 3
    assert preview(job(1, Type="system"), job(1, Type="system")).updates == {"bells": {"Ignore": 3, "Place": 3}}


def test_the_time_is_fixed_and_can_be_given(preview: Previewer) -> None:
    periodic = {"Enabled": True, "Specs": ["0 12 * * *"]}
    first, second = (preview(job(1, Type="batch", Periodic=periodic)) for _ in range(2))
    assert first.response == second.response
    assert first.response["NextPeriodicLaunch"] == "2026-11-02T12:00:00Z"
    assert first.updates == {"bells": {"Place": 1}}


def test_files_are_relative_to_the_directory(tmp_path: Path, preview: Previewer) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs/tower.json").write_text(json.dumps({"Job": job()}))
    made = preview("jobs/tower.json", Path("jobs/tower.json"))
    assert made.diff["Type"] == "None"
    assert "nomad job run -check-index 30 tower.json" in made.text


def captured(tmp_path: Path, redaction: Redaction | None = None) -> Path:
    nodes = [factories.node(f"client-{i}", datacenter="north") for i in range(2)]
    stored = factories.stored_job(job(3), version=5, index=70)
    allocations = factories.spread_over(stored, nodes)
    if redaction is not None:
        stored = redaction.job(stored)
    made = factories.inventory(nodes, [stored], allocations)
    path = tmp_path / "inventory.json"
    write_capture({**made, **({"Redaction": redaction.to_api()} if redaction else {})}, path)
    return path


def test_the_inventory_of_the_run_is_the_cluster(tmp_path: Path) -> None:
    preview = Previewer(tmp_path, captured(tmp_path))
    assert preview(job(4)).updates == {"bells": {"InPlaceUpdate": 3, "Place": 1}}
    assert preview(job(4)).response["JobModifyIndex"] == 70


@pytest.mark.parametrize("form", ["file", "dict", "inventory"])
def test_another_inventory_can_be_given(tmp_path: Path, preview: Previewer, form: str) -> None:
    path = captured(tmp_path)
    given: Any = {
        "file": "inventory.json",
        "dict": json.loads(path.read_text()),
        "inventory": jobplan.Inventory.load(path),
    }[form]
    assert preview(job(3), inventory=given).updates == {"bells": {"Ignore": 3}}


def test_an_old_job_takes_the_place_of_the_registered_one(tmp_path: Path) -> None:
    preview = Previewer(tmp_path, captured(tmp_path))
    made = preview(job(3, Priority=70), job(3, Priority=60))
    assert [field["Old"] for field in made.diff["Fields"]] == ["60"]
    assert made.response["JobModifyIndex"] == 70


def test_a_redacted_inventory_compares(tmp_path: Path) -> None:
    preview = Previewer(tmp_path, captured(tmp_path, Redaction.new()))
    assert preview(job(3)).diff["Type"] == "None"
    assert preview(job(3), job(3)).diff["Type"] == "None"


def test_what_people_see(preview: Previewer) -> None:
    made = preview(job())
    assert isinstance(made, Preview)
    assert str(made) == made.text == jobplan.render_text(made.plan)
    assert "Job Modify Index: <index>" in repr(made)
    assert made.render("markdown") != made.render("html") != made.text
    with pytest.raises(jobplan.InputError, match="unknown format"):
        made.render("pdf")
