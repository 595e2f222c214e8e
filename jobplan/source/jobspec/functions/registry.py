"""All functions by name: these and no others exist (`try`, `can`, `convert` work on expressions: see `calls`).

spec: jobspec §13
"""

from __future__ import annotations

from jobplan.source.jobspec.functions import (
    arithmetic,
    collections,
    encoding,
    filesystem,
    formatting,
    hashing,
    network,
    strings,
    times,
)
from jobplan.source.jobspec.functions.signature import Function, FunctionError, Parameter

__all__ = ["FUNCTIONS", "Function", "FunctionError", "Parameter"]

FUNCTIONS: dict[str, Function] = {
    f.name: f
    for module in (arithmetic, strings, formatting, collections, encoding, hashing, times, network, filesystem)
    for f in module.FUNCTIONS
}
