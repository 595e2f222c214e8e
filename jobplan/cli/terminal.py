"""Standard output and standard error: colour, text of strangers on a terminal, progress."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")

_RED, _RESET = "\x1b[91m", "\x1b[0m"
_BAR_WIDTH = 30
_PATIENCE_S = 0.5
"""A progress bar appears when the work takes longer than this."""


def wants_color(args: argparse.Namespace) -> bool:
    """Colour on a terminal, unless refused. `NO_COLOR` refuses it too, unlike in the original. spec: plan §7.3.2"""
    if args.no_color or os.environ.get("NOMAD_CLI_NO_COLOR"):
        return False
    if args.force_color or os.environ.get("NOMAD_CLI_FORCE_COLOR"):
        return True
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and sys.stdout.isatty()


def show(text: str, *, color: bool = False) -> None:
    """Write a result to standard output; on a terminal nothing in it can act on the screen."""
    sys.stdout.write(_safe(text, sys.stdout, color))


def complain(text: str) -> None:
    """Write a message to standard error, one newline at its end."""
    line = _safe(text.rstrip("\n"), sys.stderr, False)
    if sys.stderr.isatty() and not (os.environ.get("NO_COLOR") or os.environ.get("NOMAD_CLI_NO_COLOR")):
        line = f"{_RED}{line}{_RESET}"
    sys.stderr.write(line + "\n")


def note(text: str) -> None:
    """Write a remark to standard error."""
    sys.stderr.write(_safe(text.rstrip("\n"), sys.stderr, False) + "\n")


def _safe(text: str, stream: TextIO, color: bool) -> str:
    if not stream.isatty():
        return text
    from jobplan.rendering.terminal import terminal_safe

    return terminal_safe(text, color=color)


def with_progress(items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
    """The items, with a bar on standard error when that is a terminal and the work takes a while."""
    if not sys.stderr.isatty():
        yield from items
        return
    start, shown = time.monotonic(), 0.0
    for number, item in enumerate(items):
        elapsed = time.monotonic() - start
        if elapsed > _PATIENCE_S and elapsed - shown > 0.1:
            shown = elapsed
            full = round(_BAR_WIDTH * number / max(total, 1))
            bar = "█" * full + "·" * (_BAR_WIDTH - full)
            sys.stderr.write(f"\r{what}  {bar}  {number} of {total}")
            sys.stderr.flush()
        yield item
    if shown:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
