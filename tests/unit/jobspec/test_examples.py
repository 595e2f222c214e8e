"""Job files and what they become: fixtures/jobspec/NAME.nomad.hcl with NAME.json or NAME.txt.

A JSON file holds the API job without its null members; a text file what people read about a faulty job file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobplan.source.jobspec import HCLError, parse_jobspec

FIXTURES = Path(__file__).parents[3] / "fixtures" / "jobspec"
JOB_FILES = sorted(FIXTURES.glob("*.nomad.hcl"))


def expected(path: Path, suffix: str = ".json") -> Path:
    return path.with_name(path.name.replace(".nomad.hcl", suffix))


GOOD = [p for p in JOB_FILES if expected(p).exists()]
FAULTY = [p for p in JOB_FILES if p not in GOOD]


def without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_null(v) for k, v in value.items() if v is not None}
    return [without_null(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.name)
def test_job_file(path: Path) -> None:
    wanted = json.loads(expected(path).read_text())
    assert without_null(parse_jobspec(path.read_text(), filename=path.name)) == wanted


@pytest.mark.parametrize("path", FAULTY, ids=lambda p: p.name)
def test_faulty_job_file(path: Path) -> None:
    with pytest.raises(HCLError) as caught:
        parse_jobspec(path.read_text(), filename=path.name)
    assert f"{caught.value}\n" == expected(path, ".txt").read_text()
