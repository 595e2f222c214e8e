"""Standard input and output that are closed, full or no longer read: one message, a documented exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

COMMANDS = {
    "overview": ("--help",),
    "help": ("plan", "--help"),
    "plan": ("plan", "jobs/shop-web.v2.json"),
    "check": ("check", "-o", "json", "jobs/shop-web.v2.json"),
    "validate": ("validate", "jobs/shop-web.v2.json"),
    "schema": ("schema",),
}


@pytest.fixture
def shell(fixtures: Path, clean_environment: Callable[..., dict[str, str]]) -> Callable[..., tuple[int, str]]:
    """Runs `jobplan ARGUMENTS REDIRECTION` by a shell among the fixtures: exit code, standard error."""

    def run(arguments: tuple[str, ...], redirection: str) -> tuple[int, str]:
        command = f'exec "$0" -m jobplan "$@" {redirection}'
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command, sys.executable, *arguments],
            cwd=fixtures,
            env=clean_environment(),
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr

    return run


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("place, text", [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
def test_output_that_cannot_be_written(
    shell: Callable[..., tuple[int, str]], command: str, place: str, text: str
) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    assert shell(COMMANDS[command], place) == (255, f"Error: {text}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_goes_away_is_no_news(shell: Callable[..., tuple[int, str]], command: str) -> None:
    assert shell(COMMANDS[command], "> >(exec true)") in {(255, ""), (shell(COMMANDS[command], ">/dev/null")[0], "")}


@pytest.mark.parametrize(
    "arguments, place",
    [
        (("plan", "-"), 'Error getting job struct: Error getting jobfile from "-"'),
        (("plan", "jobs/shop-web.v2.json", "--inventory", "-"), "Error: -: cannot be read"),
    ],
)
def test_closed_input(shell: Callable[..., tuple[int, str]], arguments: tuple[str, ...], place: str) -> None:
    assert shell(arguments, "<&-") == (255, f"{place}: Bad file descriptor\n")


def test_an_interrupt_ends_without_a_word(clean_environment: Callable[..., dict[str, str]]) -> None:
    command = [sys.executable, "-m", "jobplan", "plan", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"{" + b" " * 200_000)  # more than a pipe holds: once it is written, the program reads
        process.stdin.flush()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (130, b"", b"")
