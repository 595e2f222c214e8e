"""Where reports go: several formats at once, to standard output and to files."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from jobplan.cli.terminal import show
from jobplan.errors import ConfigError
from jobplan.rendering.formats import render
from jobplan.rendering.options import Options, Report

Renderers: TypeAlias = Mapping[str, Callable[[Report, Options], str]]

SUMMARY = "github-summary"
SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
_LINES = ("text", "pretty", "github")
"""Formats that are lines for people or for a log: several of them may share standard output."""
_STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Output:
    """One `--output`: a format, and the file it goes to; `-` is standard output, `""` the usual place."""

    format: str
    file: str = ""


def add_output_options(parser: argparse._ActionsContainer, formats: Sequence[str], default: str) -> None:
    """`--output FORMAT[=FILE]`, repeatable. `output_list` reads what it gives."""
    parser.add_argument(
        "--output",
        "-o",
        metavar="FORMAT[=FILE]",
        action="append",
        default=[],
        type=lambda text: parse_output(text, formats),
        help=f"how to report, repeatable: {', '.join(formats)} (default {default}); without FILE to standard output, "
        f"{SUMMARY} to ${SUMMARY_VARIABLE}",
    )


def parse_output(text: str, formats: Sequence[str]) -> Output:
    """The value of an `--output`. Raises ArgumentTypeError."""
    name, equals, file = text.partition("=")
    if name not in formats:
        raise argparse.ArgumentTypeError(f"unknown format {name!r}, known are {', '.join(formats)}")
    if equals and not file:
        raise argparse.ArgumentTypeError(f"{text!r} names no file")
    return Output(name, file)


def output_list(given: Sequence[Output], default: str) -> tuple[Output, ...]:
    """The outputs of a command line. Raises ConfigError when two of them would end up in one place."""
    outputs = tuple(given) or (Output(default),)
    places: dict[str, str] = {}
    for output in outputs:
        place = _place(output)
        shared = place == _STDOUT and output.format in _LINES and places.get(place) in _LINES
        if place in places and not shared:
            where = "standard output" if place == _STDOUT else place
            raise ConfigError(f"{places[place]} and {output.format} both go to {where}", key="--output")
        places.setdefault(place, output.format)
    return outputs


def _place(output: Output) -> str:
    """Where an output goes: `-`, or a path."""
    if output.file:
        return output.file
    return os.environ.get(SUMMARY_VARIABLE) or _STDOUT if output.format == SUMMARY else _STDOUT


def write_outputs(
    report: Report, outputs: Sequence[Output], options: Options, renderers: Renderers | None = None
) -> None:
    """Render a report in several formats and write each to its place.

    `renderers`: formats of a command's own, or its replacements for known ones. Everything is rendered before anything
    is written; a file is replaced as a whole or not at all, the step summary is appended to. Only standard output has
    colour. Raises OSError, and `InputError` where a format needs a plan and there is none.
    """
    plain = replace(options, color=False)
    texts = []
    for output in outputs:
        place = _place(output)
        wanted = options if place == _STDOUT else plain
        own = (renderers or {}).get(output.format)
        texts.append((output, place, render(output.format, report, wanted) if own is None else own(report, wanted)))
    for output, place, text in sorted(texts, key=lambda entry: entry[1] == _STDOUT):  # what may fail comes first
        if place == _STDOUT:
            show(text, color=options.color)
        elif output.format == SUMMARY and not output.file:
            _append(place, text)
        else:
            write_atomically(Path(place), text)


def _append(place: str, text: str) -> None:
    """Other programs of the same step write to the same file."""
    with open(place, "a", encoding="utf-8", errors="replace") as file:
        file.write(text if text.endswith("\n") else f"{text}\n")


def write_atomically(path: Path, text: str) -> None:
    """Write a file as a whole: readers see the old one or the new one. Pipes and devices are written to directly."""
    data = text.encode("utf-8", "replace")
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
