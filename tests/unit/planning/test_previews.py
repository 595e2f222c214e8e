"""Previews of the shipped fixtures as people read them: one file per case and format under snapshots/plans/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import jobplan
from jobplan.rendering.formats import RENDERERS, render
from jobplan.rendering.options import Options, Report
from jobplan.testing.snapshots import snapshot_files

ROOT = Path(__file__).parents[3]
JOBS, INVENTORIES = ROOT / "fixtures" / "jobs", ROOT / "fixtures" / "inventories"

# Job file, inventory: updates of running jobs, unchanged jobs, new jobs, a crowded cluster.
CASES = {
    "shop-web-update": ("shop-web.v2", "shop"),
    "shop-web-unchanged": ("shop-web.v1", "shop"),
    "shop-web-crowded": ("shop-web.v2", "crowded"),
    "resize-images-update": ("resize-images.v2", "shop"),
    "nightly-report-update": ("nightly-report.v2", "shop"),
    "node-metrics-update": ("node-metrics.v2", "shop"),
    "payments-api-update": ("payments-api.v2", "shop"),
    "video-encode-new": ("video-encode.v1", "shop"),
}


def planned(case: str) -> jobplan.Plan:
    job, inventory = CASES[case]
    source = json.loads((JOBS / f"{job}.json").read_text())
    return jobplan.plan(source, jobplan.Inventory.load(INVENTORIES / f"{inventory}.json"))


@pytest.mark.parametrize("name", ["text", "pretty"])
@pytest.mark.parametrize("case", CASES)
def test_preview(case: str, name: str, snapshot: Any) -> None:
    plan = planned(case)
    explained = plan.explain()
    report = Report(
        response=plan.response,
        job=plan.job_api,
        old_job=None if plan.stored is None else plan.stored.to_api(),
        rollout=[item.to_api() for item in explained.rollout],
        utilisation=[item.to_api() for item in explained.utilisation],
        now=plan.now,
    )
    extension = snapshot_files(ROOT / "snapshots" / "plans" / name, RENDERERS[name].suffix)
    assert render(name, report, Options()) == snapshot(extension_class=extension, name=case)


def test_the_previews_hold_what_they_are_for() -> None:
    """The snapshots are worth reviewing only while the fixtures show the interesting outcomes."""
    outcomes = {case: planned(case) for case in CASES}
    assert outcomes["shop-web-update"].to_api()["Annotations"]["DesiredTGUpdates"]["web"]["Canary"] == 1
    assert outcomes["shop-web-unchanged"].exit_code == 0
    assert outcomes["shop-web-crowded"].to_api()["FailedTGAllocs"]
    assert outcomes["nightly-report-update"].to_api()["NextPeriodicLaunch"]
    assert outcomes["video-encode-new"].explain().why_not[0].suggestions
