"""Previews of the shipped fixtures in every format: one file per case and format under snapshots/plans/."""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import jobplan
from jobplan.cli.inputs import read_job
from jobplan.cli.options import add_job_options
from jobplan.cli.planned import report_of, wanted_for
from jobplan.rendering.formats import RENDERERS, render
from jobplan.rendering.options import Options, Report
from jobplan.testing.snapshots import snapshot_files

ROOT = Path(__file__).parents[2]
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


@cache
def planned(case: str) -> tuple[jobplan.Plan, Report]:
    """The plan of a case, and all that the command line finds out about it."""
    job, inventory = CASES[case]
    parser = argparse.ArgumentParser()
    add_job_options(parser)
    file = read_job(str(JOBS / f"{job}.json"), parser.parse_args([]))
    file = file.__class__(f"jobs/{job}.json", file.text, file.api, file.hcl_positions)
    plan = jobplan.plan(file.api, jobplan.Inventory.load(INVENTORIES / f"{inventory}.json"))
    wanted = wanted_for(["pretty"], [], why=True, headroom=True)
    return plan, report_of(file, plan, wanted, {file.name: file.digest}, ())


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize("case", CASES)
def test_preview(case: str, name: str, snapshot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobplan, "__version__", "9.8.7")  # reviewed output must not change with every release
    extension = snapshot_files(ROOT / "snapshots" / "plans" / name, RENDERERS[name].suffix)
    text = render(name, planned(case)[1], Options(job_path=f"jobs/{CASES[case][0]}.json"))
    assert text == snapshot(extension_class=extension, name=case)


def test_the_previews_hold_what_they_are_for() -> None:
    """The snapshots are worth reviewing only while the fixtures show the interesting outcomes."""
    plans = {case: planned(case)[0] for case in CASES}
    assert plans["shop-web-update"].to_api()["Annotations"]["DesiredTGUpdates"]["web"]["Canary"] == 1
    assert plans["shop-web-unchanged"].exit_code == 0
    assert plans["shop-web-crowded"].to_api()["FailedTGAllocs"]
    assert plans["nightly-report-update"].to_api()["NextPeriodicLaunch"]
    assert plans["video-encode-new"].explain().why_not[0].suggestions
