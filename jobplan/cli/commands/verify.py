"""Tell whether the inputs of a saved plan are still the same: job file, inventory, server settings.

Exit code 0: all are; 1: one has changed, is missing, or cannot be read a second time (standard input);
255: the saved plan cannot be read.
"""

from __future__ import annotations

import argparse

from jobplan.cli.artefact import input_state, read_artefact
from jobplan.cli.terminal import show
from jobplan.errors import InputError

_WORDS = {
    "unchanged": "unchanged",
    "changed": "CHANGED",
    "missing": "MISSING",
    "unknown": "cannot be checked",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a saved plan (`jobplan plan -o FILE`), or - for standard input")


def execute(args: argparse.Namespace) -> int:
    inputs = read_artefact(args.file).inputs
    if not inputs:
        raise InputError(f"{args.file} does not tell its inputs")
    states = {name: input_state(name, expected) for name, expected in inputs.items()}
    width = max(map(len, states))
    show("".join(f"{name.ljust(width)}  {_WORDS[state]}\n" for name, state in states.items()))
    same = all(state == "unchanged" for state in states.values())
    show("The plan still holds.\n" if same else "The plan may no longer hold: make it again.\n")
    return 0 if same else 1
