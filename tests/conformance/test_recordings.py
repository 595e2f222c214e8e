"""Recorded behaviour of the real program, whole where the recordings are at hand, else the sample in fixtures/.

The runner is the shared one (`../shared/conformance/run.py`); the copy beside this file serves clones without it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
SAMPLE = ROOT / "fixtures" / "corpus"
WHOLE = (SHARED / "corpus").is_dir()
RUNNER = SHARED / "conformance" / "run.py" if WHOLE else Path(__file__).with_name("runner.py")

# Section → percent of the recordings that must agree.
SECTIONS = {
    "model": 100.0,
    "diff": 100.0,
    "update": 100.0,
    "edits": 100.0,
    "admission": 100.0,
    "validate": 100.0,
    "config": 100.0,
    "cron": 100.0,
    "constraint": 100.0,
    "plan": 99.5,
    "text": 100.0,
    "jobspec": 99.5,
    "hclexpr": 99.0,
}
ONLY_SHARED = {"edits", "jobspec"}  # recorded from other people's job files: never copied into this project


@pytest.mark.parametrize("section", SECTIONS)
def test_recordings_agree(section: str, tmp_path: Path) -> None:
    if section in ONLY_SHARED and not WHOLE:
        pytest.skip("the recordings are other people's files and stay outside of this repository")
    report = tmp_path / "report.json"
    command = [sys.executable, str(RUNNER), "--only", section, "--json", str(report), "--show", "10"]
    command += [] if WHOLE else ["--corpus", str(SAMPLE)]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=tmp_path, check=False)
    assert run.returncode == 0, run.stderr
    result = json.loads(report.read_text())[section]
    assert result["total"] > 0
    assert result["percent"] >= SECTIONS[section], run.stdout
