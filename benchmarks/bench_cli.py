"""How long the commands take from start to end, as processes: `python benchmarks/bench_cli.py [REPEATS]`.

The best of several runs in milliseconds, modules compiled before. The goals stand beside the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

INVENTORY = Path(__file__).parents[1] / "fixtures" / "inventories" / "shop.json"
JOB = Path(__file__).parents[1] / "fixtures" / "jobs" / "shop-web.v2.json"


def program() -> list[str]:
    """The command line of jobplan in this Python."""
    return [sys.executable, "-m", "jobplan"]


def environment() -> dict[str, str]:
    """The environment, with compiled modules kept, as they are after an installation."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    here = str(Path(__file__).parents[1])
    cache = str(Path(tempfile.gettempdir()) / "jobplan-bench-cache")
    return {**kept, "PYTHONPATH": here, "PYTHONPYCACHEPREFIX": cache}


def git(directory: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(directory), *identity, *arguments], check=True)


def repository(root: Path, files: int) -> None:
    """A repository in which `files` job files are staged, all different from HEAD."""
    git(root, "init", "-q")
    base = json.loads(JOB.read_text())
    base = base.get("Job", base)
    for tag in ("1", "2"):
        for number in range(files):
            base["ID"] = base["Name"] = f"service-{number}"
            base["TaskGroups"][0]["Tasks"][0]["Env"] = {"RELEASE": tag}
            (root / f"service-{number}.nomad.json").write_text(json.dumps(base, indent=1))
        git(root, "add", ".")
        if tag == "1":
            git(root, "commit", "-q", "-m", "base")


def measured(command: list[str], directory: Path, repeats: int) -> float:
    """The shortest of some runs in ms."""
    best = float("inf")
    for _ in range(repeats + 1):  # the first one compiles
        start = time.perf_counter()
        subprocess.run(command, cwd=directory, env=environment(), capture_output=True, check=False)
        best = min(best, time.perf_counter() - start)
    return best * 1000


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        repository(Path(one), 1)
        repository(Path(many), 100)
        names = sorted(path.name for path in Path(many).glob("*.json"))
        rows = (
            ("--version", Path(one), ["--version"], None),
            ("plan, one job, inventory", Path(one), ["plan", str(JOB), "-i", str(INVENTORY)], 400),
            ("validate, one job", Path(one), ["validate", str(JOB)], 400),
            ("hook jobplan-plan, 1 file", Path(one), ["plan", "--staged", "--fail-on", "nothing"], 400),
            ("hook jobplan-plan, 100 files", Path(many), ["plan", "--staged", "--fail-on", "nothing"], 2000),
            ("hook jobplan-check, 1 file", Path(one), ["check", "service-0.nomad.json"], 400),
            ("hook jobplan-check, 100 files", Path(many), ["check", *names], 2000),
        )
        for name, directory, arguments, goal in rows:
            taken = measured([*program(), *arguments], directory, repeats)
            beside = "" if goal is None else f"  (goal {goal} ms)"
            print(f"{name:30} {taken:7.0f} ms{beside}", flush=True)


if __name__ == "__main__":
    main()
