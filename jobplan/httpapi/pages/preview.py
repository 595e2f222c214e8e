"""Plan previews: somebody pastes a job file and sees what it would do. Nothing is registered."""

from __future__ import annotations

import urllib.parse
from typing import Any

from jobplan.canonical.load import from_api
from jobplan.errors import JobplanError
from jobplan.httpapi.exchange import Request
from jobplan.httpapi.pages.differences import difference
from jobplan.httpapi.pages.markup import Html, document, table
from jobplan.registry import Registry
from jobplan.source.envelopes import decode_text

COUNTERS = (
    "Place", "Stop", "InPlaceUpdate", "DestructiveUpdate", "Canary", "Migrate", "Preemptions", "Ignore",
)  # fmt: skip
HINT = "A job file in HCL, or a job in JSON as the API takes it. Nothing is registered."


def preview_page(request: Request, registry: Registry) -> str:
    text = ""
    content: list[str] = []
    if request.method == "POST":
        fields = urllib.parse.parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        text = fields.get("job", [""])[0].replace("\r\n", "\n")
        content = _planned(registry, text)
    area = Html.of("textarea", text, name="job", id="job", spellcheck="false", aria_describedby="hint", required="")
    label = Html.of("label", "Job", for_="job")
    hint = Html.of("p", HINT, id="hint", class_="muted")
    form = Html.of(
        "form", label, hint, area, Html.of("button", "Plan", type="submit"), method="post", action="/ui/plan"
    )
    return document("Plan a job", *content, form)


def _planned(registry: Registry, text: str) -> list[str]:
    try:
        answer = registry.plan(from_api(_read(text))).to_api()
    except JobplanError as error:
        return [Html.of("p", str(error).strip(), class_="problem", role="alert")]
    updates: dict[str, Any] = answer["Annotations"]["DesiredTGUpdates"]
    rows = [[name, *(counts[key] for key in COUNTERS)] for name, counts in updates.items()]
    made: list[str] = [table("What would happen", ("Group", *(f"{name}#" for name in COUNTERS)), rows)]
    failed = answer["FailedTGAllocs"] or {}
    if failed:
        lines = [[name, _reasons(metric), metric["CoalescedFailures"] + 1] for name, metric in sorted(failed.items())]
        made.append(table("No room", ("Group", "Why", "Allocations#"), lines))
    if answer["Warnings"]:
        made.append(Html.of("p", answer["Warnings"], class_="problem"))
    if answer["NextPeriodicLaunch"]:
        made.append(Html.of("p", f"Next launch: {answer['NextPeriodicLaunch']}"))
    return [*made, Html.of("h2", "Changes"), difference(answer["Diff"])]


def _read(text: str) -> dict[str, Any]:
    if text.lstrip().startswith("{"):
        return decode_text(text)
    from jobplan.source.jobspec import parse_jobspec

    return parse_jobspec(text, filename="input.hcl")


def _reasons(metric: dict[str, Any]) -> str:
    """Why nodes were turned down, most frequent first."""
    counts = {**(metric["ConstraintFiltered"] or {}), **(metric["DimensionExhausted"] or {})}
    if not counts:
        return f"{metric['NodesInPool']} nodes in the pool, {metric['NodesEvaluated']} looked at"
    return "; ".join(f"{reason}: {number}" for reason, number in sorted(counts.items(), key=lambda item: -item[1]))
