"""Numbers of things, for people."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 group`, `3 groups`; for nouns with a regular plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
