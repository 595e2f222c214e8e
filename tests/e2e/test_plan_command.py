"""`jobplan plan` as a process. spec: plan §7.1"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

import jobplan
from jobplan.testing.snapshots import snapshot_files

SNAPSHOTS = Path(__file__).resolve().parents[2] / "snapshots" / "cli"
Program = Callable[..., "subprocess.CompletedProcess[str]"]
Service = Callable[..., dict[str, Any]]


@pytest.fixture
def shop(fixtures: Path) -> tuple[str, str]:
    """A job file and the inventory it is an update for."""
    return str(fixtures / "jobs" / "shop-web.v2.json"), str(fixtures / "inventories" / "shop.json")


def test_it_prints_what_nomad_prints(program: Program, shop: tuple[str, str]) -> None:
    job, inventory = shop
    plan = jobplan.plan(json.loads(Path(job).read_text()), jobplan.Inventory.load(inventory))

    def text(**options: Any) -> str:
        return jobplan.render_text(plan, **{"job_path": job, **options})

    for arguments, expected in (
        (["plan", "-i", inventory, job], text()),
        (["job", "plan", "-verbose", "-i", inventory, job], text(verbose=True)),
        (["plan", "-diff=false", f"-inventory={inventory}", "-address=http://x:4646", job], text(diff=False)),
        (["plan", "-force-color", "-i", inventory, job], text(color=True)),
        (["plan", "-no-color", "-force-color", "-i", inventory, job], text()),
        (["plan", "-namespace=default", "-i", inventory, job], text(arguments=['-namespace="default"'])),
    ):
        done = program(*arguments)
        assert (done.stdout, done.stderr, done.returncode) == (expected, "", 1), arguments
    done = program("plan", "-json", "-", stdin=Path(job).read_text(), env={"JOBPLAN_INVENTORY": inventory})
    assert (done.stdout, done.returncode) == (text(job_path="-"), 1)
    done = program("plan", "-json-output", "-i", inventory, job)
    assert json.loads(done.stdout)["JobModifyIndex"] == plan.response["JobModifyIndex"]


def test_what_is_refused_says_so_as_nomad_does_and_prints_nothing(
    program: Program, service: Service, tmp_path: Path
) -> None:
    (tmp_path / "ok.json").write_text(json.dumps(service("web")))
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.json").write_text('{"ID": "web",')
    (tmp_path / "types.json").write_text('{"ID": "web", "Priority": "high"}')
    (tmp_path / "no-id.json").write_text('{"Name": "web"}')
    (tmp_path / "twice.json").write_text(json.dumps(service("web", TaskGroups=[{"Name": "a"}, {"Name": "a"}])))
    (tmp_path / "latin.json").write_bytes(b'{"ID": "caf\xe9", "TaskGroups": 5}')
    (tmp_path / "deep.json").write_text('{"ID": ' * 10_001)
    (tmp_path / "list.json").write_text("[" * 100_000)
    (tmp_path / "inventory.json").write_text('{"Nodes": {"a": 1}}')
    usage = "usage: jobplan plan"
    one = "This command takes one argument: <path>\nFor additional help try 'nomad job plan -help'\n"
    for arguments, expected in (
        ([], one),
        (["ok.json", "ok.json"], one),
        (["-nonsense", "ok.json"], usage),
        (["-t", "{{.}}", "ok.json"], usage),
        (["-format=nonsense", "ok.json"], usage),
        (["-json", "-var", "a=b", "ok.json"], "Invalid job options: cannot use variables with JSON files.\n"),
        (
            ["none.json"],
            'Error getting job struct: Error getting jobfile from "none.json": No such file or directory\n',
        ),
        (["folder"], 'Error getting job struct: Error getting jobfile from "folder": Is a directory\n'),
        (["broken.json"], "Error getting job struct: Failed to parse JSON job: unexpected EOF\n"),
        (["types.json"], "Error getting job struct: Failed to parse JSON job: json: cannot unmarshal string into Go"),
        (["no-id.json"], "Error during plan: Unexpected response code: 400 (Job must have a valid ID)\n"),
        (["twice.json"], "Error during plan: Unexpected response code: 500 ("),
        (["latin.json"], "Error getting job struct: Failed to parse JSON job: json: cannot unmarshal number into Go"),
        (["deep.json"], "Error getting job struct: Failed to parse JSON job: "),
        (["list.json"], "Error getting job struct: Failed to parse JSON job: "),
        (["ok.json", "-i", "none.json"], "none.json: cannot be read: No such file or directory\n"),
        (["ok.json", "-i", "broken.json"], "Error: broken.json: is not JSON: "),
        (["ok.json", "-i", "inventory.json"], "Error: inventory.json: Nodes: must be a list, not dict\n"),
        (["ok.json", "-i", "ok.json"], "Error: ok.json: is not an inventory: none of the keys Nodes, "),
        (["ok.json", "-i", ""], "Error: --inventory names no file\n"),
        (["ok.json", "-o", "html=page.html"], "for a format: --output html=page.html\n"),
        (["ok.json", "--output", "html=no/page.html"], "Error: no/page.html: No such file or directory\n"),
        (["ok.json", "--now", "noon"], "Error: 'noon' is not a time like"),
        (["ok.json", "--drain", "n1"], "Nodes: there is no node 'n1'\n"),
        (["ok.json", "--scale", "web=many"], "--scale takes NAME=NUMBER, not 'web=many'\n"),
        (["ok.json", "--base", "main"], "is not in a git repository\n"),
    ):
        done = program("plan", *arguments)
        assert (done.stdout, done.returncode) == ("", 255), arguments
        assert done.stderr.startswith(expected) or done.stderr.endswith(expected), (arguments, done.stderr)
    assert program("plan", "broken.json", "--exit-style", "terraform").returncode == 1
    assert program("plan", "broken.json", "--exit-style", "diff").returncode == 2


def test_the_exit_code_follows_style_and_conditions_and_says_why(program: Program, shop: tuple[str, str]) -> None:
    job, inventory = shop
    for arguments, code, reason in (
        (["--exit-style", "terraform"], 2, "the job differs from the registered one"),
        (["--exit-style", "diff"], 1, "the job differs from the registered one"),
        (["--fail-on", "unplaced"], 0, "no condition of --fail-on is met (unplaced)"),
        (["--fail-on", "unplaced", "--fail-on", "canary"], 1, "--fail-on canary: canaries are placed"),
        (["--fail-on", "in-place"], 1, "--fail-on in-place: allocations are updated in place"),
        (["--fail-on", "warning", "--exit-style", "terraform"], 2, "--fail-on warning: the server warns about the job"),
        (["--fail-on", "hidden"], 0, "no condition of --fail-on is met (hidden)"),
    ):
        done = program("plan", job, "-i", inventory, "--diff", *arguments)
        assert (done.returncode, done.stderr) == (code, f"exit code {code}: {reason}\n"), arguments


def test_a_saved_plan_can_be_shown_and_verified(program: Program, shop: tuple[str, str], tmp_path: Path) -> None:
    job, inventory = (Path(path).read_text() for path in shop)
    (tmp_path / "web.json").write_text(job)
    (tmp_path / "cluster.json").write_text(inventory)
    arguments = ["plan", "web.json", "-i", "cluster.json", "--format", "pretty"]
    planned = program(*arguments, "-o", "plan.json", "--output", "text=plan.txt", "--output", "markdown=plan.md")
    for form, expected in (
        ("pretty", planned.stdout),
        ("markdown", (tmp_path / "plan.md").read_text()),
        ("json", (tmp_path / "plan.json").read_text()),
    ):
        shown = program("show", "plan.json", "--format", form)
        # The options of the job file are not saved, so that its name in the command at the end is the usual one.
        assert shown.stdout.replace("job.json", "web.json") == expected, form
        assert shown.returncode == planned.returncode == 1
    assert program("show", "plan.json").stdout.startswith('+/- Job: "shop-web"')
    response = json.dumps(json.loads((tmp_path / "plan.json").read_text())["plan"])
    assert program("show", "-", "--format", "pretty", stdin=response).stdout.startswith('Job "shop-web": edited')

    same = program("verify", "plan.json")
    assert (same.returncode, same.stdout.splitlines()[-1]) == (0, "The plan still holds.")
    (tmp_path / "cluster.json").write_text(inventory + "\n")
    (tmp_path / "web.json").unlink()
    other = program("verify", "plan.json")
    assert (other.returncode, [line.split()[-1] for line in other.stdout.splitlines()[:2]]) == (
        1,
        ["CHANGED", "MISSING"],
    )


def test_what_is_no_saved_plan_is_refused(program: Program, tmp_path: Path) -> None:
    for text in (
        "",
        "[]",
        "{}",
        "\xff",
        '{"Diff": 5}',
        '{"format_version": "9.0"}',
        '{"format_version": "1.0", "rollout": {}}',
        '{"format_version": "1.0", "plan": {}, "causes": [{"Group": 5}]}',
        '{"jobs": 5}',
        '{"jobs": [{"id": 5}]}',
    ):
        (tmp_path / "x.json").write_text(text, encoding="latin-1")
        done = program("show", "x.json", "--format", "pretty")
        assert (done.returncode, done.stdout) == (255, ""), text
        assert done.stderr.startswith("Error: x.json"), done.stderr


def test_why_not_and_what_if(program: Program, fixtures: Path, snapshot: SnapshotAssertion) -> None:
    job, inventory = fixtures / "jobs" / "video-encode.v1.json", fixtures / "inventories" / "crowded.json"
    arguments = ["plan", str(job), "-i", str(inventory), "--why", "--headroom", "--diff=false"]
    done = program(*arguments)
    shown = done.stdout.replace(str(fixtures), "fixtures")
    assert shown == snapshot(extension_class=snapshot_files(SNAPSHOTS, "txt"), name="why-not")
    more = program(*arguments, "--add-node", "full-1=2", "--scale", "encode=1", "--drain", "full-2")
    assert more.stdout.startswith(
        "What if: 2 more nodes like 'full-1' join, node 'full-2' drains, group 'encode' has the count 1\n\n"
    )
    assert "failed to place 1 allocation):\n    * Resources exhausted on 3 nodes" in more.stdout


def test_text_of_jobs_cannot_act_on_a_terminal(
    service: Service, tmp_path: Path, clean_environment: Callable[..., dict[str, str]]
) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202e"
    (tmp_path / "evil.json").write_text(json.dumps(service("web", image=evil, Meta={evil: evil})))
    for arguments in (
        ["plan", "-verbose", "evil.json"],
        ["plan", "evil.json", "--format", "pretty"],
    ):
        main, other = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "jobplan", *arguments],
            stdout=other,
            stderr=other,
            cwd=tmp_path,
            env=clean_environment(),
        ) as process:
            os.close(other)
            out = b""
            while True:
                try:
                    data = os.read(main, 65536)
                except OSError:
                    break
                if not data:
                    break
                out += data
            os.close(main)
        text = out.decode()
        assert process.returncode in (0, 1)
        assert "\\x1b]0;owned\\x07" in text, text
        assert not any(bad in text for bad in ("\x1b]", "\x07", "\x1b[2J", "\u202e"))
        assert "\x1b[32m" in text  # our own colours stay


def test_a_large_document_is_read(program: Program, service: Service, tmp_path: Path) -> None:
    job = service("web", Meta={f"key{number}": "v" * 1000 for number in range(900)})
    (tmp_path / "large.json").write_text(json.dumps(job) + " " * 50_000_000)
    assert program("validate", "large.json").stdout == "Job validation successful\n"
