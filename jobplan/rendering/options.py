"""What a renderer gets: the report, and how it is to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobplan.rendering.findings import Finding

Api = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """How a report is rendered.

    `color`: terminal colours (pretty, text). `context`: unchanged lines shown around a change. `unchanged`: show
    unchanged fields, tasks and groups too. `redact`: hide values that look like or are named like secrets (pretty,
    markdown, html); with a `salt` they are replaced by a digest that tells equal from different values. `limit`:
    most characters of a markdown comment. `verbose`, `diff`, `job_path`, `arguments`, `terminal`: as in
    `render_text`. `why`: tell causes after Nomad's text too.
    """

    color: bool = False
    context: int = 3
    unchanged: bool = False
    redact: bool = True
    salt: str = ""
    limit: int = 65_536
    verbose: bool = False
    diff: bool = True
    job_path: str = "job.json"
    arguments: tuple[str, ...] = ()
    why: bool = False
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known about one job, in public plain values.

    `response`: plan response, `None` when there is none (the job was refused, or only checked). `job`, `old_job`:
    submitted and stored API job. `rollout`: forecasts (`explain.rollout`, `to_api()` of each). `utilisation`: share
    of the cluster in use, one entry a measure: `{"label", "before", "after", "total", "unit"}`. `inputs`: name →
    digest. `now`: aware datetime. `causes`, `hidden`, `why_not`, `headroom`: as `to_api()` of their classes in
    `explain` gives them. `what_if`: in words, how the cluster or the job was changed before the plan.
    """

    response: Api | None = None
    job: Api | None = None
    old_job: Api | None = None
    findings: Sequence[Finding] = ()
    rollout: Sequence[Api] = ()
    utilisation: Sequence[Api] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None
    causes: Sequence[Api] = ()
    hidden: Sequence[Api] = ()
    why_not: Sequence[Api] = ()
    headroom: Sequence[Api] = ()
    what_if: Sequence[str] = ()
