"""The page of one job: counters, allocations, deployments, evaluations, versions with what changed between them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence

from jobplan.errors import DiffError
from jobplan.httpapi.exchange import HTTPError
from jobplan.httpapi.pages.differences import difference
from jobplan.httpapi.pages.markup import Html, document, job_link, status, table
from jobplan.inventory import Allocation, Deployment, JobVersion
from jobplan.jobdiff import diff_jobs
from jobplan.registry import Registry
from jobplan.registry import records as rec
from jobplan.registry.records import Api
from jobplan.registry.state import State
from jobplan.registry.summaries import COUNTERS
from jobplan.registry.versions import all_versions

ROWS_SHOWN = 200


def job_page(registry: Registry, namespace: str, job_id: str) -> str:
    state = registry.state
    with state.lock:
        version: JobVersion | None = state.get(rec.JOBS, namespace, job_id)
        if version is None:
            raise HTTPError(404, f"There is no job {job_id} in namespace {namespace}.")
        versions = [item for item in all_versions(state, namespace, job_id) if item.id == job_id]
        content = [
            _facts(version),
            _summary(state, version),
            *_children(state, version),
            _allocations(state.listed(rec.ALLOCATIONS, namespace, job_id)),
            _deployments(state.listed(rec.DEPLOYMENTS, namespace, job_id)),
            _evaluations(state.listed(rec.EVALUATIONS, namespace, job_id)),
        ]
    content.append(Html.of("h2", "Versions"))
    content += [_version(new, old) for new, old in itertools.zip_longest(versions, versions[1:]) if new is not None]
    return document(job_id, *content)


def moment(ns: int) -> str:
    """A time in UTC, to the second."""
    return dt.datetime.fromtimestamp(ns // 10**9, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if ns > 0 else "never"


def _facts(version: JobVersion) -> Html:
    job = version.job
    facts: list[str] = [f"Namespace {job.namespace}, type {job.type}, priority {job.priority}, status "]
    parts: list[str] = [*facts, status(job.status), f", version {job.version}, submitted {moment(job.submit_time)}."]
    if job.stop:
        parts.append(" The job is stopped.")
    if job.parent_id:
        parts += [" Child of ", job_link(job.namespace, job.parent_id), "."]
    return Html.of("p", *parts)


def _summary(state: State, version: JobVersion) -> Html:
    summary: Api | None = state.get(rec.SUMMARIES, *version.key)
    groups = {} if summary is None else summary["Summary"]
    rows = [[name, *(counts[counter] for counter in COUNTERS)] for name, counts in sorted(groups.items())]
    return table("Allocations by group", ("Group", *(f"{name}#" for name in COUNTERS)), rows)


def _children(state: State, version: JobVersion) -> list[Html]:
    if not (rec.is_periodic(version.job) or rec.is_parameterized(version.job)):
        return []
    children: list[JobVersion] = state.listed(rec.JOBS, *version.key)
    rows = [
        [job_link(item.namespace, item.id), status(item.job.status), moment(item.job.submit_time)]
        for item in reversed(children)
    ]
    return [table("Children", ("Job", "Status", "Submitted"), rows[:ROWS_SHOWN])]


def _allocations(allocations: list[Allocation]) -> Html:
    newest = sorted(allocations, key=lambda item: (-item.create_index, item.id))[:ROWS_SHOWN]
    rows: list[Sequence[str | int]] = [
        [
            item.name,
            item.id[:8],
            str(item.api.get("NodeName") or item.node_id[:8]),
            item.version.version,
            item.desired_status,
            status(item.client_status),
            str(item.api.get("DesiredDescription") or ""),
        ]
        for item in newest
    ]
    return table("Allocations", ("Name", "ID", "Node", "Version#", "Desired", "Status", "Remark"), rows)


def _deployments(deployments: list[Deployment]) -> Html:
    newest = sorted(deployments, key=lambda item: -item.create_index)[:ROWS_SHOWN]
    rows: list[Sequence[str | int]] = [
        [
            item.id[:8],
            item.job_version,
            status(item.status),
            str(item.api.get("StatusDescription") or ""),
            "; ".join(
                f"{name}: {group.get('HealthyAllocs', 0)} of {group.get('DesiredTotal', 0)} healthy"
                for name, group in sorted((item.api.get("TaskGroups") or {}).items())
            ),
        ]
        for item in newest
    ]
    return table("Deployments", ("ID", "Version#", "Status", "Description", "Groups"), rows)


def _evaluations(evaluations: list[Api]) -> Html:
    newest = sorted(evaluations, key=lambda item: -item["CreateIndex"])[:ROWS_SHOWN]
    rows = [
        [
            item["ID"][:8],
            item["TriggeredBy"],
            status(item["Status"]),
            ", ".join(sorted(item.get("FailedTGAllocs") or {})) or "none",
            str(item.get("StatusDescription") or ""),
        ]
        for item in newest
    ]
    return table("Evaluations", ("ID", "Triggered by", "Status", "Groups without room", "Description"), rows)


def _version(new: JobVersion, old: JobVersion | None) -> Html:
    """One version; unfolded it shows what it changed."""
    tag = new.job.version_tag
    title = f"Version {new.version}, submitted {moment(new.job.submit_time)}"
    title += ", stable" if new.job.stable else ""
    title += f", tagged {tag.name}" if tag is not None else ""
    if old is None:
        return Html.of("details", Html.of("summary", title), Html.of("p", "The oldest version that is kept."))
    try:
        changes = difference(diff_jobs(old.job, new.job, False).to_api())
    except DiffError as error:
        changes = Html.of("p", str(error), class_="problem")
    return Html.of("details", Html.of("summary", title), changes)
