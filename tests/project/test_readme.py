"""The README: what it shows is what happens."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_console_shows_the_real_output() -> None:
    prompt, _, shown = blocks("console")[0].partition("\n")
    assert prompt.startswith("$ jobplan ")
    command = [sys.executable, "-m", *shlex.split(prompt.removeprefix("$ "))]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout == shown
    assert (run.returncode, run.stderr) == (1, "")
    assert blocks("sh")[0].rstrip().endswith(f".venv/bin/{prompt.removeprefix('$ ')}")


def test_the_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (source,) = blocks("python")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "README.md", "exec"), {})
    assert "Scheduler dry-run:" in printed.getvalue()
