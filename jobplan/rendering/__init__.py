"""Stage 10: plan response → text for people and for other programs.

In: a plan response (a `Plan`, or the dict that a real server answered), the submitted API job, findings. Out: text.
Renderers see plain values only, never engine objects. Nothing here computes what a job will do. spec: plan §7
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobplan.rendering.nomad import exit_code, render_text, repeated_arguments

__all__ = ["exit_code", "render_text", "repeated_arguments"]

_HOMES = {"exit_code": "nomad", "render_text": "nomad", "repeated_arguments": "nomad"}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'jobplan.rendering' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"jobplan.rendering.{home}"), name)
    globals()[name] = value
    return value
