"""Reports in several formats at once, to standard output and to files."""

from __future__ import annotations

import argparse
import os
import stat
from pathlib import Path

import pytest

from jobplan.cli.outputs import Output, add_output_options, output_list, write_atomically, write_outputs
from jobplan.errors import ConfigError, InputError
from jobplan.rendering import Finding, Options, Report

REPORT = Report(findings=[Finding("task/raw-exec", "warning", "no isolation", "/a", "web.json", 3, 5, "web")])
FORMATS = ("text", "github", "sarif", "github-summary")


def parsed(*arguments: str) -> list[Output]:
    parser = argparse.ArgumentParser()
    add_output_options(parser, FORMATS, "text")
    made: list[Output] = parser.parse_args(arguments).output
    return made


def test_reading_options() -> None:
    assert parsed("-o", "sarif=a=b.sarif", "--output", "text") == [Output("sarif", "a=b.sarif"), Output("text")]
    assert output_list([], "text") == (Output("text"),)


@pytest.mark.parametrize("text", ["pdf", "sarif=", "=a"])
def test_options_that_make_no_sense(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("-o", text)
    assert "argument --output/-o" in capsys.readouterr().err


@pytest.mark.parametrize(
    "outputs",
    [
        [Output("sarif"), Output("text")],
        [Output("text"), Output("json", "-")],
        [Output("json", "a"), Output("sarif", "a")],
        [Output("github-summary"), Output("text")],
    ],
)
def test_two_reports_in_one_place(outputs: list[Output], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    with pytest.raises(ConfigError, match="both go to"):
        output_list(outputs, "text")


def test_lines_may_share_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "/tmp/summary")
    outputs = [Output("text"), Output("github"), Output("github-summary"), Output("sarif", "a")]
    assert output_list(outputs, "text") == tuple(outputs)


def test_files_standard_output_and_own_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = [Output("github"), Output("text"), Output("text", str(tmp_path / "a.txt"))]
    write_outputs(
        REPORT,
        outputs,
        Options(color=True),
        {"text": lambda report, options: f"{len(report.findings)} {options.color}\n"},
    )
    assert capsys.readouterr().out.splitlines() == [
        "::warning file=web.json,line=3,col=5,title=task/raw-exec::no isolation",
        "1 True",
    ]
    assert (tmp_path / "a.txt").read_text() == "1 False\n"


def test_the_step_summary_is_appended_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    write_outputs(REPORT, [Output("github-summary")], Options())
    assert summary.read_text().startswith("before\n")
    assert "no isolation" in summary.read_text()


def test_nothing_is_written_when_one_format_fails(tmp_path: Path) -> None:
    """`text` of the library needs a plan, and there is none."""
    target = tmp_path / "a.sarif"
    with pytest.raises(InputError):
        write_outputs(REPORT, [Output("sarif", str(target)), Output("text", str(tmp_path / "b"))], Options())
    assert list(tmp_path.iterdir()) == []


def test_files_are_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(target)
    write_atomically(link, "new \ud800")
    assert link.is_symlink()
    assert target.read_bytes() == b"new ?"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "report.json"]


def test_new_files_have_the_usual_mode(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write_atomically(tmp_path / "new", "x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_atomically(tmp_path / "none" / "report.json", "x")
