"""Findings about a periodic block, and the list of launches that people read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobplan.cli.main import main
from jobplan.schedule.lint import RULES, lint_periodic
from jobplan.schedule.preview import preview

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rules(spec: str | list[str], zone: str = "UTC", now: datetime = NOW, **block: Any) -> list[str]:
    specs = {"Spec": spec} if isinstance(spec, str) else {"Specs": spec}
    found = lint_periodic({**specs, "TimeZone": zone, **block}, now)
    assert all(RULES[finding.rule] == finding.severity for finding in found)
    return [f"{finding.rule} {finding.path}" for finding in found]


@pytest.mark.parametrize(
    "spec, zone, rule",
    [
        ("0 0 30 2 *", "UTC", "schedule/never-fires"),
        ("0 0 1 1 * 2020", "UTC", "schedule/never-fires"),
        ("0 0 * 11-2 *", "UTC", "schedule/fault"),
        ("30 2 * * *", "Europe/Berlin", "schedule/skipped-launch"),
        ("30 2 * * *", "Europe/Berlin", "schedule/doubled-launch"),
        ("0 12 1 * 1", "UTC", "schedule/day-union"),
        ("0 12 * * * *", "UTC", "schedule/year-field"),
        ("0 0 12 * * * * spare", "UTC", "schedule/ignored-fields"),
        ("0 22-2,5 * * *", "UTC", "schedule/reversed-range"),
        ("0 12 * * 01", "UTC", "schedule/weekday-zero"),
        ("0 12 * * mon-sun", "UTC", "schedule/sunday-left-out"),
    ],
)
def test_surprise_is_found_at_its_place(spec: str, zone: str, rule: str) -> None:
    assert f"{rule} /Periodic/Spec" in rules(spec, zone)
    assert f"{rule} /Periodic/Specs/1" in rules(["0 12 * * *", spec], zone)


@pytest.mark.parametrize(
    "spec, zone",
    [
        ("0 12 * * *", "Europe/Berlin"),
        ("*/15 * * * *", "Europe/Berlin"),  # nobody misses quarters of an hour that does not exist
        ("0 12 * * 0-6", "UTC"),
        ("30 2 * * *", "Asia/Tokyo"),
        ("x", "UTC"),  # admission's business
    ],
)
def test_plain_schedule_has_no_findings(spec: str, zone: str) -> None:
    assert rules(spec, zone) == []


def test_findings_of_the_whole_block() -> None:
    assert rules(["0 12 * * *", "0 0 30 2 *"])[-1] == "schedule/hidden-spec /Periodic/Specs/1"
    assert rules("*/5 * * * *", ProhibitOverlap=True) == ["schedule/overlap /Periodic/ProhibitOverlap"]
    assert rules("0 12 * * *", zone="Local") == ["schedule/local-zone /Periodic/TimeZone"]
    assert rules("0 0 30 2 *", Enabled=False) == []
    assert lint_periodic(None, NOW) == ()


def test_evening_before_a_skipped_midnight() -> None:
    now = datetime.fromisoformat("2024-04-25T23:15:26+02:00")
    assert "schedule/evening-before /Periodic/Spec" in rules("*/4 * 26W * 5", "Africa/Cairo", now)


def test_preview_shows_skipped_and_doubled_walls() -> None:
    spring = preview("30 2 * * *", datetime(2026, 3, 27, 12, tzinfo=UTC), timezone="Europe/Berlin", count=2)
    assert [(row.wall, row.at is None) for row in spring] == [
        ("2026-03-28 02:30", False),
        ("2026-03-29 02:30", True),
        ("2026-03-30 02:30", False),
    ]
    autumn = preview("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), timezone="Europe/Berlin", count=3)
    assert [(row.wall, row.note) for row in autumn] == [
        ("2026-10-25 02:30", "clock is put back: first of two"),
        ("2026-10-25 02:30", "clock is put back: second of two"),
        ("2026-10-26 02:30", ""),
    ]


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job = {
        "ID": "lamp-oil",
        "Type": "batch",
        "Periodic": {"Specs": ["30 2 * * *"], "TimeZone": "Europe/Berlin"},
        "TaskGroups": [{"Name": "tower", "Tasks": [{"Name": "fill", "Driver": "exec", "Config": {"command": "fill"}}]}],
    }
    file = tmp_path / "lamp-oil.json"
    file.write_text(json.dumps(job))
    assert main(["periodic", str(file), "-n", "2", "--after", "2026-03-28T00:00:00Z"]) == 0
    assert capsys.readouterr().out == (
        "lamp-oil: 30 2 * * * (Europe/Berlin)\n"
        "\n"
        "#  Local                        UTC                   Note\n"
        "1  Sat 2026-03-28 02:30 +01:00  2026-03-28 01:30:00Z\n"
        "-      2026-03-29 02:30                               skipped: the clock is put forward\n"
        "2  Mon 2026-03-30 02:30 +02:00  2026-03-30 00:30:00Z\n"
        "\n"
        "warning: no launch at 2026-03-29 02:30: the clock is put forward in Europe/Berlin"
        "  [schedule/skipped-launch] /Periodic/Specs/0\n"
        "warning: two launches at 2026-10-25 02:30: the clock is put back in Europe/Berlin"
        "  [schedule/doubled-launch] /Periodic/Specs/0\n"
    )
    assert main(["periodic", str(file), "--tz", "Moon/Base"]) == 255
    assert capsys.readouterr().err == 'Error: Invalid time zone "Moon/Base": unknown time zone Moon/Base\n'
