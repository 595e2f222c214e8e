"""Every format of every case, as reviewed in snapshots/rendering/<format>/<case>."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from jobplan.errors import InputError
from jobplan.explain.rollout import forecast_rollout
from jobplan.rendering.formats import RENDERERS, render
from jobplan.rendering.jsonout import envelope, envelope_schema, report_from_envelope
from jobplan.rendering.options import Options, Report

from . import responses
from .conftest import SNAPSHOTS

FINDING_FORMATS = ("github", "gitlab", "sarif", "junit")
PAGE_FORMATS = ("pretty", "markdown", "html", "json")
OPTIONS = Options(salt="pepper", job_path="web.nomad.hcl")


def report_of(case: str) -> Report:
    report = responses.CASES[case]()
    rollout: tuple[Any, ...] = ()
    if report.response is not None and report.job is not None:
        rollout = tuple(row.to_api() for row in forecast_rollout(report.response, report.job))
    return replace(report, rollout=rollout, now=datetime(2026, 3, 8, 12, tzinfo=UTC))


@pytest.mark.parametrize("case", responses.CASES)
@pytest.mark.parametrize("name", PAGE_FORMATS)
def test_page(name: str, case: str, case_snapshot: Callable[[str, str], Any]) -> None:
    assert render(name, report_of(case), OPTIONS) == case_snapshot(name, case)


@pytest.mark.parametrize("case", [case for case in responses.CASES if case != "findings"])
@pytest.mark.parametrize("name", ["text", "nomad-json"])
def test_of_nomad(name: str, case: str, case_snapshot: Callable[[str, str], Any]) -> None:
    assert render(name, report_of(case), OPTIONS) == case_snapshot(name, case)


@pytest.mark.parametrize("case", ["findings", "unchanged"])
@pytest.mark.parametrize("name", FINDING_FORMATS)
def test_findings(name: str, case: str, case_snapshot: Callable[[str, str], Any]) -> None:
    assert render(name, report_of(case), OPTIONS) == case_snapshot(name, case)


def test_colours_of_pretty() -> None:
    """Without its codes the coloured preview is the plain one, but for the lines that point at words."""
    plain = render("pretty", report_of("edited-task"))
    coloured = render("pretty", report_of("edited-task"), Options(color=True))
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    pointers = [line for line in plain.splitlines() if not line.strip().startswith("?")]
    assert [line.rstrip() for line in stripped.splitlines()] == pointers
    assert "\x1b[31;1;4m2\x1b[0m" in coloured  # the last digit of the old image


def test_media_types_are_unlike_each_other() -> None:
    assert {name: RENDERERS[name].media_type for name in FINDING_FORMATS} == {
        "github": "text/plain",
        "gitlab": "application/json",
        "sarif": "application/sarif+json",
        "junit": "application/xml",
    }


@pytest.mark.parametrize("name", ["text", "nomad-json"])
def test_a_format_that_needs_a_plan_says_so(name: str) -> None:
    with pytest.raises(InputError, match="needs a plan"):
        render(name, Report())


def test_unknown_format() -> None:
    with pytest.raises(InputError, match="unknown format 'pdf'; known are text, "):
        render("pdf", Report())


def test_the_envelope_keeps_the_plan_and_its_schema() -> None:
    report = report_of("secrets")
    value = envelope(report)
    assert value["plan"] is report.response
    schema = envelope_schema()
    assert list(schema["properties"]) == list(value)
    assert schema["properties"]["findings"]["items"]["required"] == list(responses.FINDINGS[0].to_api())


def test_findings_are_sorted_worst_first_everywhere() -> None:
    report = Report(findings=tuple(reversed(responses.FINDINGS)))
    rules = [finding.rule for finding in responses.FINDINGS]
    sarif = json.loads(render("sarif", report))["runs"][0]
    assert [result["ruleId"] for result in sarif["results"]] == rules
    assert [sarif["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] for result in sarif["results"]] == rules
    assert [issue["check_name"] for issue in json.loads(render("gitlab", report))] == rules
    cases = ElementTree.fromstring(render("junit", report)).iter("testcase")
    assert [case.attrib["name"].split()[0] for case in cases] == rules


def test_equal_findings_have_different_fingerprints() -> None:
    twice = Report(findings=(responses.FINDINGS[0], responses.FINDINGS[0]))
    first, second = json.loads(render("gitlab", twice))
    assert first["fingerprint"] != second["fingerprint"]
    assert first["fingerprint"] == json.loads(render("gitlab", Report(findings=responses.FINDINGS)))[0]["fingerprint"]


def test_every_snapshot_belongs_to_a_case() -> None:
    with_plan = [case for case in responses.CASES if case != "findings"]
    expected = {
        **{name: list(responses.CASES) for name in PAGE_FORMATS},
        **dict.fromkeys(("text", "nomad-json"), with_plan),
        **{name: ["findings", "unchanged"] for name in FINDING_FORMATS},
    }
    files = {f"{name}/{case}.{RENDERERS[name].suffix}" for name, cases in expected.items() for case in cases}
    assert {str(path.relative_to(SNAPSHOTS)) for path in SNAPSHOTS.rglob("*.*")} == files


@pytest.mark.parametrize("case", responses.CASES)
def test_every_envelope_fits_the_schema(case: str) -> None:
    validator = Draft202012Validator(envelope_schema())
    validator.check_schema(envelope_schema())
    value = envelope(replace(report_of(case), utilisation=[{"label": "CPU", "before": 1, "after": 2, "total": 3}]))
    assert not list(validator.iter_errors(value))
    assert list(validator.iter_errors({**value, "format_version": "2.0"}))
    assert list(validator.iter_errors({**value, "findings": [{"rule": "r"}]}))


@pytest.mark.parametrize(
    "report, problem",
    [
        (Report(response={"FailedTGAllocs": {"a": None}}), "plan response.FailedTGAllocs.a is null"),
        (Report(response={"Diff": {"TaskGroups": [None]}}), r"plan response.Diff.TaskGroups\[0\] is null"),
        (Report(job={"TaskGroups": [{"Count": "3"}]}), r"job.TaskGroups\[0\].Count is not an integer"),
        (Report(old_job={"Periodic": []}), "stored job.Periodic is not an object"),
    ],
)
@pytest.mark.parametrize("name", RENDERERS)
def test_what_is_no_response_or_job_is_refused_by_every_format(name: str, report: Report, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        render(name, report)


@pytest.mark.parametrize(
    "part, problem",
    [
        ({"findings": [{"rule": "a"}]}, r"findings\[0\].message is missing"),
        ({"findings": [{**responses.FINDINGS[0].to_api(), "severity": "bad"}]}, "severity is none of error"),
        ({"why_not": [{"Group": "web"}]}, r"why_not\[0\].Unplaced is missing"),
        ({"headroom": [{"Group": "web", "Count": 1, "Nodes": [], "AtLeast": False}]}, "Nodes is not an object"),
        ({"utilisation": [{"total": 1e300}]}, "total is out of range"),
        ({"what_if": [3]}, r"what_if\[0\] is not a string"),
    ],
)
def test_a_saved_plan_is_checked_when_it_is_read_back(part: dict[str, Any], problem: str) -> None:
    saved = envelope(report_of("secrets"))
    report_from_envelope(saved)
    with pytest.raises(InputError, match=problem):
        report_from_envelope({**saved, **part})
