"""`jobplan plan --base`, `--staged` and `jobplan git-diff` in real repositories."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from jobplan.testing.factories import inventory, node, spread_over, stored_job
from jobplan.testing.snapshots import snapshot_files

SNAPSHOTS = Path(__file__).resolve().parents[2] / "snapshots" / "cli"
Program = Callable[..., Any]
Service = Callable[..., dict[str, Any]]


@pytest.fixture
def cluster(tmp_path: Path, service: Service) -> str:
    """One node with 2,000 MHz, of which the job `old` holds 1,000."""
    client = node("n1", cpu=2100, memory_mb=4096)
    old = stored_job(service("old", cpu=1000))
    place = tmp_path.parent / f"{tmp_path.name}-cluster.json"
    place.write_text(json.dumps(inventory([client], [old], spread_over(old, [client]))))
    return str(place)


def test_later_jobs_see_the_room_that_earlier_ones_take_and_free(
    program: Program, repo: Any, service: Service, cluster: str, snapshot: SnapshotAssertion
) -> None:
    repo.write("package.json", '{"name": "no job"}')
    repo.write("jobs/old.json", service("old", cpu=1000))
    repo.write("jobs/moved.json", service("moved"))
    repo.write("jobs/web.json", service("web", cpu=400))
    repo.commit()
    repo.git("rm", "-q", "jobs/old.json")
    repo.git("mv", "jobs/moved.json", "jobs/elsewhere.json")
    repo.write("package.json", '{"name": "still no job"}')
    repo.write("jobs/web.json", service("web", "app:2", cpu=400, Priority=60))
    repo.write("jobs/new.json", service("new", cpu=1200))
    repo.write("jobs/last.json", service("zz-last", cpu=1000))

    done = program("plan", "jobs", "--base", "HEAD", "-i", cluster)
    assert done.stdout == snapshot(extension_class=snapshot_files(SNAPSHOTS, "txt"), name="joint")
    # web comes first by priority; `new` does not fit beside it and `old`; `old` goes; then the last one fits.
    assert done.returncode == 1
    made = json.loads(program("plan", "--base", "HEAD", "-i", cluster, "--format", "json", "-o", "plan.json").stdout)
    told = [(job["id"], job["action"], bool(job["plan"]["FailedTGAllocs"])) for job in made["jobs"]]
    assert told == [
        ("web", "changed", False),
        ("new", "added", True),
        ("old", "removed", False),
        ("zz-last", "added", False),
    ]
    assert program("show", "plan.json", "--format", "text").stdout == done.stdout
    assert program("verify", "plan.json").returncode == 0


def test_the_index_counts_not_the_working_tree(program: Program, repo: Any, service: Service) -> None:
    assert program("plan", "--staged").stdout == "No job was changed, added or removed.\n"  # no commit yet
    repo.write("web.nomad.json", service("web"))
    repo.git("add", ".")
    assert "added job" in program("plan", "--staged").stdout
    repo.commit()
    repo.write("web.nomad.json", service("web", "app:staged"))
    repo.git("add", ".")
    repo.write("web.nomad.json", service("web", "app:unsaved"))
    staged = program("plan", "--staged", "--format", "pretty").stdout
    assert "app:staged" in staged
    assert "app:unsaved" not in staged
    assert "app:unsaved" in program("plan", "--base", "HEAD", "--format", "pretty").stdout
    repo.git("commit", "-q", "-m", "next")
    between = program("plan", "--base", "HEAD~1", "--head", "HEAD", "--format", "pretty", "-o", "plan.json").stdout
    assert between == staged
    assert program("verify", "plan.json").stdout.endswith(":web.nomad.json  unchanged\nThe plan still holds.\n")


def test_broken_and_refused_jobs_stop_nobody_but_fail(program: Program, repo: Any, service: Service) -> None:
    repo.write("good.json", service("good"))
    repo.commit()
    repo.write("good.json", service("good", "app:2"))
    repo.write("bad.nomad.json", '{"ID": "bad", ')
    repo.write("refused.json", service("refused", Type="nonsense"))
    repo.write("again.json", service("good"))
    done = program("plan", "--base", "HEAD")
    assert done.returncode == 255
    assert '"good"' in done.stdout
    errors = done.stderr.splitlines()
    assert any(line.startswith("bad.nomad.json: Error getting job struct: Failed to parse JSON job") for line in errors)
    assert any(line.startswith("refused.json: Error during plan: Unexpected response code: 500 (") for line in errors)
    assert any("defines the job 'good' too" in line for line in errors)
    assert program("plan", "--base", "nowhere").stderr == "Error: git knows no revision 'nowhere'\n"


def test_git_shows_what_changes_in_the_job(repo: Any, service: Service) -> None:
    repo.write("web.nomad.json", service("web"))
    repo.write("gone.nomad.json", service("gone", Meta={f"key{number}": "something else" for number in range(50)}))
    repo.write("odd.nomad.json", "no job\n")
    repo.write(".gitattributes", "*.nomad.json diff=jobplan\n")
    repo.commit()
    repo.git("config", "diff.jobplan.command", f"'{sys.executable}' -m jobplan git-diff")
    repo.git("mv", "web.nomad.json", "site.nomad.json")
    repo.write("site.nomad.json", service("web", "app:2"))
    repo.write("odd.nomad.json", "still no job\n")
    repo.git("rm", "-q", "gone.nomad.json")
    repo.git("add", ".")
    out = repo.git("diff", "--cached", "-M")
    assert "rename to site.nomad.json\n" in out
    assert '+/- image: "app:1" => "app:2"' in out
    assert '- Job: "gone"' in out
    assert "(not compared as jobs: " in out
    assert "-no job\n+still no job\n" in out


def test_two_jobs_of_any_kind_are_compared(program: Program, repo: Any, service: Service, cluster: str) -> None:
    repo.write("old.json", service("old", cpu=1000))
    repo.commit()
    repo.write("old.json", service("old", "app:2", cpu=1000))
    for old in ("HEAD:old.json", ":old.json", f"{cluster}#old", f"{cluster}#default/old"):
        done = program("diff", old, "old.json")
        assert done.stdout.startswith('+/- Job: "old"\n+/- Task Group: "web"\n'), old
        assert done.returncode == 1
        assert done.stdout.count("=>") == 1  # a stored job is compared with what the file would become
    same = program("diff", "old.json", "-", stdin=(repo.root / "old.json").read_text())
    assert same.returncode == 0
    assert program("diff", "/dev/null", "old.json").stdout.startswith('+ Job: "old"')
    for arguments, problem in (
        (["none.json", "old.json"], "Error getting job struct: Error getting jobfile from"),
        (["HEAD:none.json", "old.json"], "Error getting job struct: Error getting jobfile from"),
        ([f"{cluster}#nobody", "old.json"], "Error: "),
        (["old.json", "HEAD:old.json", "more"], "usage: "),
    ):
        refused = program("diff", *arguments)
        assert (refused.returncode, refused.stdout) == (2, ""), arguments
        assert refused.stderr.startswith(problem)


HCL = """\
variable "image" {
  default = "app:1"
}
job "web" {
  group "web" {
    task "server" {
      driver = "docker"
      config {
        image = var.image
      }
      env {
        RUN = uuidv4()
      }
      template {
        data        = file("jobs/app.tpl")
        destination = "local/app"
      }
    }
  }
}
"""


def test_functions_of_hcl_read_the_state_that_is_planned(program: Program, repo: Any) -> None:
    repo.write("jobs/web.nomad", HCL)
    repo.write("jobs/app.tpl", "committed")
    repo.commit()
    repo.write("jobs/web.nomad", HCL.replace("app:1", "app:2"))
    repo.write("jobs/app.tpl", "staged")
    repo.git("add", ".")
    repo.write("jobs/app.tpl", "unsaved")
    staged = program("plan", "--staged", "--format", "pretty").stdout
    assert 'EmbeddedTmpl  "committed" → "staged"' in staged
    assert 'image  "app:1" → "app:2"' in staged
    assert "RUN" not in staged  # the random functions give both states the same values
    assert '"staged" → "unsaved"' in program("diff", ":jobs/web.nomad", "jobs/web.nomad", "--format=pretty").stdout
    program("plan", "jobs/web.nomad", "-var", "image=app:3", "-o", "plan.json")
    assert "jobs/app.tpl" in program("verify", "plan.json").stdout
