"""The progress bar, with a terminal and a clock of our own."""

from __future__ import annotations

import io
import itertools

import pytest

from jobplan.cli import terminal


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_appears_when_work_takes_long_and_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, clock = Screen(), itertools.count(0, 0.3)
    monkeypatch.setattr(terminal.sys, "stderr", screen)
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))
    assert list(terminal.with_progress("abcd", 4, "planning")) == list("abcd")
    shown = screen.getvalue().split("\r")
    # not before half a second, and then where the work stands
    assert shown[1].split() == ["planning", "█" * 8 + "·" * 22, "1", "of", "4"]
    assert "█" * 15 + "·" * 15 in shown[2]
    assert shown[-1] == "\x1b[K"


def test_nothing_is_written_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    log, clock = io.StringIO(), itertools.count(0, 10)
    monkeypatch.setattr(terminal.sys, "stderr", log)
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))
    assert list(terminal.with_progress("ab", 2, "planning")) == ["a", "b"]
    assert log.getvalue() == ""
