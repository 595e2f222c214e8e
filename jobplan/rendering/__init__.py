"""Stage 10: plan response → text for people and for other programs.

In: a plan response (a `Plan`, or the dict that a real server answered), the submitted API job, findings. Out: text.
Renderers see plain values only, never engine objects. Nothing here computes what a job will do.

    nomad.py        the standard output of `nomad job plan`, byte for byte (with nomaddiff.py, markup.py)
    nomadjson.py    the same for `-json-output`
    view.py         presentation tree: lines of spans with roles; document.py builds it, with the help of diffview.py
    pretty.py markdown.py html.py                     print that tree
    jsonout.py github.py gitlab.py sarif.py junit.py  for programs
    redaction.py terminal.py                          secrets and hostile text
    formats.py      RENDERERS: all formats by name

spec: plan §7
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobplan.rendering.findings import Finding
    from jobplan.rendering.formats import RENDERERS, render
    from jobplan.rendering.jsonout import envelope, envelope_schema
    from jobplan.rendering.nomad import render_text, repeated_arguments
    from jobplan.rendering.nomadjson import render_json_output
    from jobplan.rendering.options import Options, Report
    from jobplan.rendering.pretty import render_pretty
    from jobplan.rendering.redaction import redact
    from jobplan.rendering.terminal import terminal_safe
    from jobplan.values.exitcode import exit_code

__all__ = [
    "RENDERERS",
    "Finding",
    "Options",
    "Report",
    "envelope",
    "envelope_schema",
    "exit_code",
    "redact",
    "render",
    "render_json_output",
    "render_pretty",
    "render_text",
    "repeated_arguments",
    "terminal_safe",
]

# Name → the module that holds it, here or elsewhere, imported on first use.
_HOMES = {
    "Finding": "findings",
    "Options": "options",
    "RENDERERS": "formats",
    "Report": "options",
    "envelope": "jsonout",
    "envelope_schema": "jsonout",
    "exit_code": "jobplan.values.exitcode",
    "redact": "redaction",
    "render": "formats",
    "render_json_output": "nomadjson",
    "render_pretty": "pretty",
    "render_text": "nomad",
    "repeated_arguments": "nomad",
    "terminal_safe": "terminal",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'jobplan.rendering' has no attribute {name!r}")
    value = getattr(importlib.import_module(home if "." in home else f"jobplan.rendering.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
