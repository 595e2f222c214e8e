"""Stage 1: text, bytes, file or dict → API job.

    jsontext.py    JSON as the server reads it: exact syntax errors, duplicate keys, number literals
    decode.py      values checked against the kinds: key folding, unknown keys, exact type errors
    envelopes.py   wrapper, bare job, path
    jobspec/       HCL job files

The API job is a plain dict with canonical keys; absent keys stay absent. No defaults are applied here.
spec: model §1, jobspec
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobplan.source.jobspec import parse_jobspec

__all__ = ["parse_jobspec"]


def __getattr__(name: str) -> Any:
    if name != "parse_jobspec":
        raise AttributeError(f"module 'jobplan.source' has no attribute {name!r}")
    return importlib.import_module("jobplan.source.jobspec").parse_jobspec
