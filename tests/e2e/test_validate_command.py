"""`jobplan validate` as a process. spec: plan §7.11"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jobplan

Program = Callable[..., Any]
Service = Callable[..., dict[str, Any]]


def test_it_answers_as_nomad_does(program: Program, service: Service, tmp_path: Path) -> None:
    good, bad = service("web"), service("web", Type="nonsense", Priority=101)
    warned = service("web")
    warned["TaskGroups"][0]["Services"] = [{"Name": "web", "Provider": "nomad"}]
    for name, job in (("good", good), ("bad", bad), ("warned", warned)):
        (tmp_path / f"{name}.json").write_text(json.dumps(job))
    done = program("validate", "good.json")
    assert (done.stdout, done.stderr, done.returncode) == ("Job validation successful\n", "", 0)
    done = program("job", "validate", "-force-color", "-", stdin=json.dumps(good))
    assert done.stdout == "\x1b[1m\x1b[32mJob validation successful\x1b[0m\x1b[0m\n"

    done = program("validate", "bad.json")
    error = jobplan.validate(bad).to_api()["Error"].rstrip("\n")
    assert (done.stdout, done.stderr, done.returncode) == ("", f"Job validation errors:\n{error}\n", 1)

    answer = jobplan.validate(warned).to_api()
    done = program("validate", "warned.json")
    expected = f"Job Warnings:\n{answer['Warnings']}\n\n" if answer["Warnings"] else ""
    assert (done.stdout, done.returncode) == (f"{expected}Job validation successful\n", 0)
    assert answer["Warnings"], "the case must warn"

    many = program("validate", "good.json", "none.json", "bad.json")
    assert many.returncode == 1
    assert many.stdout == "good.json:\nJob validation successful\n\nnone.json:\n\nbad.json:\n"
    assert many.stderr.startswith('Error getting job struct: Error getting jobfile from "none.json"')


def test_bad_calls_end_with_one(program: Program, tmp_path: Path) -> None:
    (tmp_path / "web.json").write_text("{}")
    one = "This command takes one argument: <path>\nFor additional help try 'nomad job validate -help'\n"
    for arguments, expected in (
        ([], one),
        (["-json", "-var=a=b", "web.json"], "Invalid job options: cannot use variables with JSON files.\n"),
        (["-nonsense", "web.json"], "usage: jobplan validate"),
    ):
        done = program("validate", *arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert done.stderr.startswith(expected)
