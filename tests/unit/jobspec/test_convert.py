"""`jobplan convert`: JSON as `nomad job run -output` writes it; nothing on standard output when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobplan.cli.main import main

JOB = """
variable "x" {}
job "j" {
  meta = { x = var.x, t = "<&>" }
  group "g" {
    task "t" {
      config {
        big   = 18446744073709551615
        small = 1e-7
        text  = file("a.txt")
      }
    }
  }
}
"""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("A")
    (tmp_path / "v.hcl").write_text('x = "from file"\n')
    (tmp_path / "job.nomad.hcl").write_text(JOB)
    return "job.nomad.hcl"


def test_output(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "-var", "x=a=b", job]) == 0
    text = capsys.readouterr().out
    parsed = json.loads(text)["Job"]
    assert parsed["Meta"] == {"x": "a=b", "t": "<&>"}
    assert parsed["TaskGroups"][0]["Tasks"][0]["Config"]["text"] == "A"
    assert '\n        "ID": "j"' in text
    assert '"\\u003c\\u0026\\u003e"' in text
    assert '"big": 18446744073709552000,' in text
    assert '"small": 1e-7,' in text


@pytest.mark.parametrize(
    "options, value",
    [
        (["-var-file=v.hcl"], "from file"),
        (["--var-file", "v.hcl", "--var=x=last"], "last"),
        (["-hcl2-strict=false", "-var", "x=1", "-var", "y=2"], "1"),
        ([], "environment"),
    ],
)
def test_variables(
    options: list[str], value: str, job: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOMAD_VAR_x", "environment")
    assert main(["convert", *options, job]) == 0
    assert json.loads(capsys.readouterr().out)["Job"]["Meta"]["x"] == value


@pytest.mark.parametrize(
    "arguments, text",
    [
        (["job.nomad.hcl"], 'Error parsing job file from job.nomad.hcl:\n<nil>: Unset variable "x"'),
        (["-var", "y=1", "-var", "x=1", "job.nomad.hcl"], 'A "y" variable was passed in the command line'),
        (
            ["-var-file", "none.hcl", "job.nomad.hcl"],
            'failed to read "none.hcl": open none.hcl: no such file or directory',
        ),
        (["-json", "job.nomad.hcl"], "Failed to parse JSON job: "),
        (["none.hcl"], 'Error getting jobfile from "none.hcl"'),
    ],
)
def test_failure(arguments: list[str], text: str, job: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error getting job struct: ")
    assert text in err


def test_infinity_is_no_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "inf.nomad"
    path.write_text(
        'job "j" {\n  group "g" {\n    task "t" {\n      config {\n        v = 1 / 0\n      }\n    }\n  }\n}\n'
    )
    assert main(["convert", str(path)]) == 1
    assert capsys.readouterr() == ("", "Error converting job: json: unsupported value: +Inf\n")
