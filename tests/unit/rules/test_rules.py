"""The built-in rules: one tidy job, and for each rule changes that break this rule and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobplan.rules import RULES, Settings
from jobplan.rules.images import parse_image
from jobplan.rules.settings import known_rules

from .world import ALL_ON, DIGEST, GROUP, SECOND, TASK, TIDY, changed, findings

ROOT = Path(__file__).resolve().parents[3]
IMAGE = f"{TASK}/Config/image"

# Rule, where the job is changed, to what, where the finding is (None: the same place), a part of its text.
CASES: tuple[tuple[str, str, Any, str | None, str], ...] = (
    ("job/unknown-key", "/task_groups", [], None, 'did you mean "TaskGroups"?'),
    ("job/unknown-key", f"{TASK}/Resources/MemoryMb2", 1, None, 'did you mean "MemoryMB"?'),
    ("job/unknown-key", f"{GROUP}/zzz", 1, None, 'TaskGroup has no key "zzz", a server ignores it'),
    ("job/legacy-key", f"{GROUP}/MaxClientDisconnect", SECOND, None, "use Disconnect.LostAfter"),
    ("job/legacy-key", f"{TASK}/Resources/DiskMB", 100, None, "use EphemeralDisk.SizeMB"),
    ("job/high-priority", "/Priority", 81, None, "priority 81 is above 80"),
    ("group/max-parallel", f"{GROUP}/Update/MaxParallel", 3, None, "max_parallel 3 is its count"),
    ("group/max-parallel", f"{GROUP}/Update/MaxParallel", 0, None, "no rolling update"),
    ("group/restart-forever", f"{GROUP}/RestartPolicy/Mode", "delay", None, "never rescheduled"),
    ("group/no-canary", f"{GROUP}/Update/Canary", 0, None, "without a canary"),
    ("group/no-auto-revert", f"{GROUP}/Update/AutoRevert", False, None, "fails to deploy"),
    ("group/single-count", f"{GROUP}/Count", 1, None, "one allocation"),
    ("task/raw-exec", f"{TASK}/Driver", "raw_exec", None, "without isolation"),
    ("task/privileged", f"{TASK}/Config/privileged", True, None, "privileged container"),
    ("task/privileged", f"{TASK}/Config/privileged", "true", None, "privileged container"),
    ("task/capabilities", f"{TASK}/Config/cap_add", ["chown", "CAP_SYS_ADMIN"], None, "CAP_SYS_ADMIN"),
    ("task/host-namespace", f"{TASK}/Config/pid_mode", "host", None, "shares the pid namespace"),
    ("task/container-socket", f"{TASK}/Config/volumes", ["/run/docker.sock:/s"], None, "/run/docker.sock"),
    ("task/container-socket", f"{TASK}/Config/mount", [{"source": "/run/docker.sock"}], None, "/run/docker.sock"),
    ("task/root-user", f"{TASK}/User", "root", None, "as root"),
    ("task/plain-secret", f"{TASK}/Env/API_TOKEN", "correct horse", None, '"API_TOKEN" holds a secret'),
    ("task/plain-secret", f"{TASK}/Env/DSN", "postgres://me:hush@db/x", None, '"DSN" holds a secret'),
    ("task/plain-secret", f"{TASK}/Config/auth", [{"password": "hush"}], None, '"password" holds a secret'),
    ("task/plain-secret", "/Meta/client_secret", "hush", None, "meta of the job"),
    ("task/insecure-artifact", f"{TASK}/Artifacts/0/GetterSource", "http://me:hush@files.example/a?b=c", None,
     "fetches http://files.example/a unprotected"),
    ("task/unpinned-image", IMAGE, "registry.example:5000/shop/orders:2.4", None, "not pinned"),
    ("task/force-pull", f"{TASK}/Config/force_pull", True, None, "at every start"),
    ("task/no-memory", f"{TASK}/Resources", {"CPU": 1, "MemoryMaxMB": 400}, None, "it gets 300 MB"),
    ("task/no-memory-max", f"{TASK}/Resources/MemoryMaxMB", 0, f"{TASK}/Resources", "no memory_max"),
    ("task/no-cpu", f"{TASK}/Resources/CPU", None, f"{TASK}/Resources", "it gets 100 MHz"),
    ("service/no-check", f"{GROUP}/Services/0/Checks", [], f"{GROUP}/Services/0", '"orders-api" has no check'),
    ("service/slow-check", f"{GROUP}/Services/0/Checks/0/Timeout", 10 * SECOND, None, "timeout 10s is not shorter"),
    ("network/host-mode", f"{GROUP}/Networks/0/Mode", "host", None, "network of its node"),
    ("network/host-mode", f"{TASK}/Config/network_mode", "host", None, "network of its node"),
    ("network/static-port", f"{GROUP}/Networks/0/ReservedPorts", [{"Label": "ssh", "Value": 22}],
     f"{GROUP}/Networks/0/ReservedPorts/0", 'port "ssh" is always 22'),
)  # fmt: skip
# Rules that need options, or break together with another one.
ELSEWHERE = {
    "job/required-meta",
    "group/no-update",
    "group/no-recovery",
    "task/forbidden-driver",
    "task/forbidden-registry",
    "task/latest-image",
}


def test_the_tidy_job_breaks_no_rule() -> None:
    assert findings(TIDY) == ()


@pytest.mark.parametrize(("rule", "path", "value", "place", "text"), CASES, ids=lambda value: str(value)[:40])
def test_a_change_breaks_its_rule_and_no_other(rule: str, path: str, value: Any, place: str | None, text: str) -> None:
    found = findings(changed(path, value))
    assert [(item.rule, item.path) for item in found] == [(rule, path if place is None else place)]
    assert text in found[0].message


def test_every_rule_has_a_case() -> None:
    assert {case[0] for case in CASES} | ELSEWHERE == {rule.id for rule in RULES}


def only(job: dict[str, Any], rule: str, **options: Any) -> list[tuple[str, str]]:
    found = findings(job, Settings({"*": "off", rule: "on"}, {rule: options}))
    return [(item.path, item.message) for item in found]


def test_rules_with_options() -> None:
    assert only(TIDY, "job/required-meta", keys=["team"]) == [("", 'the job\'s meta lacks "team"')]
    assert only(changed("/Meta/team", "shop"), "job/required-meta", keys=["team"]) == []
    assert only(TIDY, "task/forbidden-driver", drivers=["docker"])[0][0] == f"{TASK}/Driver"
    assert only(TIDY, "task/forbidden-driver", drivers=["exec"]) == []
    assert only(TIDY, "task/forbidden-registry", registries=["ghcr.io/shop"])[0][0] == IMAGE
    assert only(TIDY, "task/forbidden-registry", registries=["registry.example:5000/shop"]) == []
    assert only(TIDY, "task/forbidden-registry", registries=["registry.example:5000/sh"]) != []


def test_a_service_without_update_block_has_the_defaults() -> None:
    bare = changed(f"{GROUP}/Update", None)
    assert only(bare, "group/no-update")[0][0] == GROUP
    assert only({**bare, "Update": {"MaxParallel": 2}}, "group/no-update") == []
    assert only({**bare, "Type": "batch"}, "group/no-update") == []


def test_neither_restarted_nor_rescheduled() -> None:
    never = changed(f"{GROUP}/RestartPolicy", {"Attempts": 0, "Interval": SECOND, "Mode": "fail"})
    assert only(never, "group/no-recovery") == []  # a service is rescheduled without limit unless told otherwise
    never = changed(f"{GROUP}/ReschedulePolicy", {"Attempts": 0, "Unlimited": False}, never)
    assert only(never, "group/no-recovery")[0][0] == GROUP
    task_restarts = changed(f"{TASK}/RestartPolicy", {"Attempts": 1}, never)
    assert only(task_restarts, "group/no-recovery") == []


@pytest.mark.parametrize(
    ("image", "broken"),
    [
        ("redis", True),
        ("redis:latest", True),
        ("host:5000/redis", True),
        ("docker://redis", True),
        ("redis:7", False),
        ("host:5000/redis:7", False),
        (f"redis@{DIGEST}", False),
        (f"redis:latest@{DIGEST}", False),
        ("redis:${NOMAD_META_version}", False),
        ("docker-archive:local/redis.tar", False),
    ],
)
def test_what_counts_as_latest(image: str, broken: bool) -> None:
    assert bool(only(changed(IMAGE, image), "task/latest-image")) is broken


def test_image_references() -> None:
    assert parse_image("a/b:1") == ("docker.io", "a/b", "1", "")
    assert parse_image(f"ghcr.io/a/b:1@{DIGEST}") == ("ghcr.io", "a/b", "1", DIGEST)
    assert parse_image("localhost/a") == ("localhost", "a", "", "")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DB_PASSWORD_FILE", "x"),
        ("DB_PASSWORD", "${secret}"),
        ("DB_PASSWORD", '{{ with secret "db" }}'),
        ("DB_PASSWORD", "/secrets/password"),
        ("DB_PASSWORD", ""),
        ("PUBLIC_KEY", "abc"),
        ("HOME_URL", "https://example.net/a@b"),
    ],
)
def test_what_is_no_secret(key: str, value: str) -> None:
    assert findings(changed(f"{TASK}/Env/{key}", value)) == ()


def test_findings_about_secrets_do_not_repeat_them() -> None:
    job = changed(f"{TASK}/Env", {"TOKEN": "correct-horse", "DSN": "postgres://me:battery@db/x"})
    text = " ".join(item.message for item in findings(job))
    assert "correct-horse" not in text
    assert "battery" not in text


def test_findings_of_admission_and_schedule_join_those_of_rules() -> None:
    job = {**changed(IMAGE, "redis"), "Type": "batch", "Priority": 2000, "Periodic": {"Specs": ["0 0 30 2 *"]}}
    found = {item.rule: item.severity for item in findings(job, Settings())}
    refusals = [rule for rule, severity in found.items() if severity == "error"]
    assert {rule.partition("/")[0] for rule in refusals} == {"admission"}
    assert found["schedule/never-fires"] == "warning"
    assert found["task/latest-image"] == "warning"


def test_a_job_on_which_the_server_crashes() -> None:
    found = findings({**TIDY, "TaskGroups": [None]}, Settings())
    assert [item.rule for item in found] == ["job/server-crash"]


def test_docs_and_table_agree() -> None:
    """docs/rules.md lists every rule with its level and title, in the order of the table, and every option."""
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    wanted = [
        [f"`{rule.id}`", rule.severity if rule.enabled else f"off ({rule.severity})", rule.title] for rule in RULES
    ]
    assert [row[:3] for row in rows if row[0].strip("`") in {rule.id for rule in RULES}] == wanted
    for rule in RULES:
        row = next(row for row in rows if row[0] == f"`{rule.id}`")
        assert [f"`{name}`" in row[3] for name in rule.options] == [True] * len(rule.options)
    assert all(f"`{rule}`" in text for rule in known_rules(RULES))


def test_all_rules_can_be_switched_at_once() -> None:
    assert ALL_ON.severity("task/root-user", "warning", enabled=False) == "warning"
    assert findings(changed(f"{TASK}/User", "root"), Settings({"*": "off"})) == ()
