"""`jobplan check` as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from jobplan.testing.snapshots import snapshot_files

SNAPSHOTS = Path(__file__).resolve().parents[2] / "snapshots" / "check"
Run = subprocess.CompletedProcess[str]
Check = Callable[..., Run]

WEB = """\
job "web" {
  group "app" {
    count          = 2
    shutdown_delay = "5s"

    service {
      name     = "web"
      port     = "8080"
      provider = "nomad"
    }

    task "server" {
      # jobplan: ignore[task/raw-exec] reads the disks of the node
      driver = "raw_exec"
      config {
        command = "/usr/bin/server"
      }
      env {
        API_TOKEN = "correct-horse-battery"
      }
    }

    task "cache" {
      driver = "docker" # jobplan: ignore[task/privileged] not any more
      config {
        image = "redis" # jobplan: ignore[task/latest-image]
      }
      resources {
        memory = 64
      }
    }
  }
}
"""
NIGHTLY: dict[str, Any] = {
    "Job": {
        "ID": "nightly",
        "Type": "batch",
        "Periodic": {"Specs": ["30 2 * * *"], "TimeZone": "Europe/Berlin", "prohibit_overlap": True},
        "TaskGroups": [
            {
                "Name": "work",
                "Meta": {"jobplan.ignore": "task/raw-exec it mounts file systems"},
                "Tasks": [{"Name": "w", "Driver": "raw_exec", "Resources": {"MemoryMB": 32}}],
            }
        ],
    }
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    jobs = tmp_path / "jobs"
    (jobs / "deep").mkdir(parents=True)
    (jobs / "web.nomad").write_text(WEB, encoding="utf-8")
    (jobs / "deep" / "nightly.json").write_text(json.dumps(NIGHTLY, indent=2), encoding="utf-8")
    (jobs / "deep" / "package.json").write_text('{"name": "no job"}', encoding="utf-8")
    (jobs / "main.hcl").write_text('resource "x" "y" {}\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def check(repository: Path) -> Check:
    def run(*arguments: str, stdin: str = "", **variables: str) -> Run:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("NOMAD_", "GITHUB_"))}
        command = [sys.executable, "-m", "jobplan", "check", "--now", "2026-11-02T09:00:00Z", *arguments]
        environment |= {"COLUMNS": "100", "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **variables}
        return subprocess.run(
            command, cwd=repository, env=environment, input=stdin, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize("case", ["text"])
def test_text(check: Check, snapshot: SnapshotAssertion, case: str) -> None:
    run = check("jobs")
    assert run.stdout == snapshot(extension_class=snapshot_files(SNAPSHOTS, "txt"), name=case)
    assert (run.returncode, run.stderr) == (0, "")
    assert "correct-horse" not in run.stdout


@pytest.mark.parametrize("case", ["help"])
def test_help(check: Check, snapshot: SnapshotAssertion, case: str) -> None:
    run = check("--help")
    assert run.stdout == snapshot(extension_class=snapshot_files(SNAPSHOTS, "txt"), name=case)
    assert run.returncode == 0


@pytest.mark.parametrize("case", ["rules"])
def test_list_of_rules(check: Check, snapshot: SnapshotAssertion, case: str) -> None:
    run = check("--list-rules", "--no-plugins", "--rule", "task/*=off")
    assert run.stdout == snapshot(extension_class=snapshot_files(SNAPSHOTS, "txt"), name=case)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("jobs",), 0),
        (("--fail-level", "warning", "jobs"), 1),
        (("-fail-level=never", "jobs"), 0),
        (("--rule", "task/plain-secret=error", "jobs"), 1),
        (("--rule", "task/plain-secret=error", "jobs/deep"), 0),
        (("--rule", "task/plainsecret=error", "jobs"), 255),
        (("--rule", "task/plain-secret", "jobs"), 255),
        (("--fail-level", "bad", "jobs"), 255),
        (("-o", "sarif", "-o", "text", "jobs"), 255),
        (("jobs", "missing.nomad"), 255),
        ((".git",), 255),
        ((), 255),
    ],
)
def test_exit_codes(check: Check, repository: Path, arguments: tuple[str, ...], code: int) -> None:
    (repository / ".git").mkdir()
    run = check(*arguments)
    assert run.returncode == code
    assert "Traceback" not in run.stderr


def test_what_a_server_refuses_is_an_error(check: Check) -> None:
    run = check("-", stdin=json.dumps({"ID": "a b", "TaskGroups": []}))
    assert run.returncode == 1
    assert "-:1:1: error: Job ID contains a space" in run.stdout


def test_unreadable_files_are_findings_and_the_others_are_checked(check: Check, repository: Path) -> None:
    (repository / "jobs" / "a.nomad").write_text('job "a" {\n  group "b" {\n    cont = 1\n  }\n}\n')
    (repository / "jobs" / "b.nomad.json").write_text('{"ID": "b",\n  "TaskGroups" []}')
    run = check("-o", "json", "jobs", "none.json")
    assert run.returncode == 255
    found = json.loads(run.stdout)["findings"]
    unreadable = [(item["file"], item["line"], item["column"]) for item in found if item["rule"] == "job/unreadable"]
    assert unreadable == [("jobs/a.nomad", 3, 5), ("jobs/b.nomad.json", 2, 16), ("none.json", 0, 0)]
    assert {item["file"] for item in found} >= {"jobs/web.nomad", "jobs/deep/nightly.json"}


def test_variables_are_for_hcl_files(check: Check, repository: Path) -> None:
    (repository / "jobs" / "web.nomad").write_text('variable "image" {}\n' + WEB.replace('"redis"', "var.image"))
    run = check("-var", "image=spare", "jobs")
    assert run.returncode == 0
    assert 'image "spare" has no tag' in run.stdout


def test_configuration_above_the_job_files(check: Check, repository: Path) -> None:
    (repository / "pyproject.toml").write_text(
        '[tool.jobplan.check]\nfail-level = "warning"\nexclude = ["*/deep/*"]\n'
        '[tool.jobplan.check.rules]\n"*" = "off"\n"task/plain-secret" = "warning"\n'
    )
    run = check("jobs", "-o", "json")
    assert run.returncode == 1
    assert [item["rule"] for item in json.loads(run.stdout)["findings"]] == ["task/plain-secret"]
    assert check("jobs", "--no-config").returncode == 0
    (repository / "jobs" / "deep" / "jobplan.toml").write_text('[check.rules]\n"task/*" = "of"\n')
    run = check("jobs/deep")
    assert run.returncode == 255
    assert "jobplan.toml:2: check.rules.task/*: must be one of" in run.stderr


def test_ignored_files_and_server_settings(check: Check, repository: Path) -> None:
    (repository / "jobplan.toml").write_text(
        '[check]\nserver-config = "server.toml"\n'
        '[[check.ignore]]\nfiles = ["jobs/web.nomad"]\nrules = ["*"]\nreason = "old"\n'
    )
    (repository / "server.toml").write_text("job_max_count = 2\n")
    many = json.loads(json.dumps(NIGHTLY))
    many["Job"]["TaskGroups"][0]["Count"] = 3
    (repository / "jobs" / "deep" / "nightly.json").write_text(json.dumps(many))
    run = check("jobs", "-o", "json")
    assert run.returncode == 1
    found = json.loads(run.stdout)["findings"]
    assert {item["file"] for item in found} == {"jobs/deep/nightly.json"}
    assert [item["severity"] for item in found if item["rule"].startswith("admission/")] == ["error"]
    assert check("jobs", "--no-config").returncode == 0


def test_several_outputs_at_once(check: Check, repository: Path) -> None:
    run = check(
        "-o", "github", "-o", "github-summary", "-o", "sarif=a.sarif", "-o", "gitlab=a.json", "-o", "junit=a.xml",
        "-o", "markdown=a.md", "jobs", GITHUB_STEP_SUMMARY=str(repository / "summary.md"),
    )  # fmt: skip
    assert run.returncode == 0
    assert "::warning file=jobs/web.nomad,line=19,col=9,title=task/plain-secret::" in run.stdout
    assert "task/plain-secret" in (repository / "summary.md").read_text()
    assert "task/plain-secret" in (repository / "a.md").read_text()
    number = run.stdout.count("\n")
    assert_sarif(json.loads((repository / "a.sarif").read_text()), number)
    assert_gitlab(json.loads((repository / "a.json").read_text()), number)
    suites = ET.parse(repository / "a.xml").getroot()
    assert suites.tag == "testsuites"
    assert len(suites.findall("./testsuite/testcase")) == number


def assert_sarif(log: dict[str, Any], number: int) -> None:
    """What the schema of SARIF 2.1.0 requires, and its rules for indexes, levels and regions."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "jobplan"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert len(run["results"]) == number
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"].startswith("jobs/")
        assert physical["region"]["startLine"] >= 1
        assert physical["region"]["startColumn"] >= 1


def assert_gitlab(issues: list[dict[str, Any]], number: int) -> None:
    assert len(issues) == number
    assert len({issue["fingerprint"] for issue in issues}) == number
    for issue in issues:
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert issue["location"]["path"].startswith("jobs/")
        assert issue["location"]["lines"]["begin"] >= 1
        assert issue["description"]
        assert issue["check_name"]


PLUGIN = """\
from jobplan.rules import Found, Rule

def owner(subject, options):
    if "broken" in (subject.job.meta or {}):
        raise KeyError("owner")
    if "owner" not in (subject.job.meta or {}):
        yield Found("/Meta", f"no owner, such as {options['like']}")

RULES = [Rule("acme/owner", "error", "a job without owner", owner, options={"like": "team-a"})]
"""


@pytest.fixture
def plugin(repository: Path) -> Path:
    """An installed package with an entry point."""
    site = repository / "site"
    (site / "acme-1.dist-info").mkdir(parents=True)
    (site / "acme-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
    (site / "acme-1.dist-info" / "entry_points.txt").write_text("[jobplan.rules]\nacme = acme_rules:RULES\n")
    (site / "acme_rules.py").write_text(PLUGIN)
    return site


def test_rules_of_installed_packages(check: Check, repository: Path, plugin: Path) -> None:
    path = os.pathsep.join([str(plugin), *filter(None, sys.path)])
    run = check("jobs/web.nomad", PYTHONPATH=path)
    assert run.returncode == 1
    assert "error: no owner, such as team-a [acme/owner]" in run.stdout
    assert check("--no-plugins", "jobs/web.nomad", PYTHONPATH=path).returncode == 0
    (repository / "jobplan.toml").write_text('[check.rules]\n"acme/owner" = { level = "note", like = "team-b" }\n')
    run = check("jobs/web.nomad", PYTHONPATH=path)
    assert run.returncode == 0
    assert "note: no owner, such as team-b [acme/owner]" in run.stdout


def test_a_broken_rule_of_a_package_is_named(check: Check, plugin: Path) -> None:
    path = os.pathsep.join([str(plugin), *filter(None, sys.path)])
    run = check("-", stdin=json.dumps({**NIGHTLY["Job"], "Meta": {"broken": "1"}}), PYTHONPATH=path)
    assert run.returncode == 255
    assert "acme = acme_rules:RULES" in run.stderr
    assert "acme/owner failed: KeyError: 'owner'" in run.stderr
    (plugin / "acme_rules.py").write_text("RULES = [1]\n")
    run = check("jobs", PYTHONPATH=path)
    assert run.returncode == 255
    assert "gives int, not jobplan.rules.Rule" in run.stderr
