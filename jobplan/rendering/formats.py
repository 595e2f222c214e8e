"""The formats by name. A new one is a module with `render(report, options) → str` and a row here."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from jobplan.errors import InputError
from jobplan.rendering.options import Options, Report
from jobplan.rendering.response import checked_job, plan_response

Renderer: TypeAlias = Callable[[Report, Options], str]


@dataclass(frozen=True, slots=True)
class Format:
    """Where a format is rendered (module and function, imported on use), its media type and usual file ending."""

    module: str
    function: str
    media_type: str
    suffix: str

    @property
    def render(self) -> Renderer:
        renderer: Renderer = getattr(importlib.import_module(f"jobplan.rendering.{self.module}"), self.function)
        return renderer


RENDERERS: dict[str, Format] = {
    "text": Format("nomad", "nomad_text", "text/plain", "txt"),
    "nomad-json": Format("nomadjson", "nomad_json", "application/json", "json"),
    "pretty": Format("pretty", "pretty", "text/plain", "txt"),
    "json": Format("jsonout", "json_report", "application/json", "json"),
    "markdown": Format("markdown", "markdown", "text/markdown", "md"),
    "html": Format("html", "html", "text/html", "html"),
    "github": Format("github", "github", "text/plain", "txt"),
    "github-summary": Format("github", "github_summary", "text/markdown", "md"),
    "gitlab": Format("gitlab", "gitlab", "application/json", "json"),
    "sarif": Format("sarif", "sarif", "application/sarif+json", "sarif"),
    "junit": Format("junit", "junit", "application/xml", "xml"),
}
"""Format name → how to render it."""


def check_report(report: Report) -> None:
    """Whether response and jobs, which may come from anywhere, are what renderers take. Raises `InputError`."""
    if report.response is not None:
        plan_response(report.response)
    for job, place in ((report.job, "job"), (report.old_job, "stored job")):
        if job is not None:
            checked_job(job, place)


def render(name: str, report: Report, options: Options | None = None) -> str:
    """A report in the format called `name`.

    Raises `InputError` for an unknown name, when the format needs a plan, and when response or jobs have not the
    shape of one.
    """
    if name not in RENDERERS:
        raise InputError(f"unknown format {name!r}; known are {', '.join(RENDERERS)}")
    check_report(report)
    return RENDERERS[name].render(report, options or Options())
