"""The dry run, step by step. spec: plan §2"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jobplan.admission import admit_job
from jobplan.admission.pipeline import as_settings
from jobplan.admission.register import settle_region
from jobplan.canonical.load import from_api
from jobplan.errors import AdmissionError, CronError, InventoryError, PlanError
from jobplan.inventory import Inventory, JobVersion
from jobplan.jobdiff import diff_jobs
from jobplan.model.job import Job
from jobplan.model.kinds import copy
from jobplan.model.settings import Settings
from jobplan.planning.annotate import annotate
from jobplan.planning.response import Plan
from jobplan.planning.scheduling import Evaluated, NodeOrder, evaluate
from jobplan.reconcile.evaluations import Evaluation
from jobplan.source.envelopes import read_job
from jobplan.updates import job_changed

if TYPE_CHECKING:
    from jobplan.canonical import JobLike
    from jobplan.model import ServerConfig

JOB_REQUIRED = "Job must have a valid ID"
NEW_JOB_INDEX = 100
"""The index at which a new job is inserted into the snapshot. spec: plan §2 step 7"""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class Snapshot:
    """The job that the scheduler works on. spec: plan §2 step 7

    `job` is the planned job with its version and indexes, or the stored one when nothing changed; `index` is the
    response index, `eval_index` the evaluation's `JobModifyIndex`.
    """

    job: JobVersion
    changed: bool
    index: int
    eval_index: int


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """What the stages found out."""

    snapshot: Snapshot
    evaluated: Evaluated


def plan(
    job: JobLike,
    inventory: Inventory | None = None,
    *,
    diff: bool = True,
    now: dt.datetime | None = None,
    config: ServerConfig | Settings | None = None,
    node_order: NodeOrder | None = None,
) -> Plan:
    """The whole dry run of registering a job.

    `job`: a `Job`, an API job or its envelope; `inventory`: the cluster (default: an empty one); `diff`: whether the
    response holds the JobDiff; `now`: aware datetime (default: the inventory's `Now`, else the clock); `config`:
    server settings (default: a default server; scheduler configuration and node pools of the inventory win);
    `node_order`: a function that orders the ready nodes (default: ascending ID), where the real program shuffles.

    Raises AdmissionError when a server would refuse the job, JobDecodeError or ServerCrash for what is no job,
    InventoryError where a part of the inventory that is needed is broken, PlanError where the dry run itself fails.
    No argument is changed. spec: plan §2
    """
    cluster = cluster_under(inventory)
    moment = moment_of(now, cluster)
    settings = _settings_of(cluster, as_settings(config))
    private, job_api = _private(job, settings)
    admitted = admit_job(private, settings, private=True)
    planned = admitted.job
    known = cluster.job(planned.namespace, planned.id)
    stored = None if known is None else known.job
    ids = _ids(job_api, moment)
    _scaling_ids(planned, stored, ids)
    snapshot = _snapshot(planned, known)
    evaluation = Evaluation(
        next(ids), planned.namespace, planned.priority, planned.type, planned.id, snapshot.eval_index
    )
    at = _nanoseconds(moment)
    evaluated = evaluate(snapshot.job, evaluation, cluster, known, now=at, ids=ids, order=node_order)
    response = {
        "Annotations": evaluated.annotations(),
        "CreatedEvals": evaluated.created_evals,
        "Diff": _annotated_diff(stored, planned, evaluated) if diff else None,
        "FailedTGAllocs": evaluated.failed,
        "Index": snapshot.index,
        "JobModifyIndex": snapshot.index,
        "NextPeriodicLaunch": _next_launch(planned, moment),
        "Warnings": admitted.warnings,
    }
    return Plan(response, planned, stored, job_api, moment, cluster, Run(snapshot, evaluated), admitted.findings)


def cluster_under(inventory: Inventory | None) -> Inventory:
    """The cluster to plan against. Raises InventoryError for what is none, such as the dict it is read from."""
    if inventory is None:
        return Inventory()
    if not isinstance(inventory, Inventory):
        raise InventoryError(f"must be an Inventory, not {type(inventory).__name__} (Inventory.from_api reads a dict)")
    return inventory


def moment_of(now: dt.datetime | None, inventory: Inventory) -> dt.datetime:
    """The time of a plan: the one given, else that of the capture, else the clock's. Raises PlanError."""
    if now is not None:
        if not isinstance(now, dt.datetime) or now.tzinfo is None:
            raise PlanError("`now` must be an aware datetime")
        return now
    if inventory.now is not None:
        return _EPOCH + dt.timedelta(microseconds=inventory.now // 1000)
    return dt.datetime.now(dt.UTC)


def _nanoseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1) * 1000


def _settings_of(inventory: Inventory, settings: Settings) -> Settings:
    """Server settings, with what the cluster's state decides. spec: interface (ServerConfig)"""
    pools = {name: pool.memory_oversubscription for name, pool in inventory.node_pools.items()}
    own = {name: value for name, value in pools.items() if value is not None}
    namespaces = {namespace: None for namespace, _ in inventory.jobs}
    return dataclasses.replace(
        settings,
        memory_oversubscription=settings.memory_oversubscription or inventory.scheduler_config.memory_oversubscription,
        pool_memory_oversubscription={**settings.pool_memory_oversubscription, **own},
        node_pools=(*settings.node_pools, *pools),
        namespaces={**namespaces, **settings.namespaces},
    )


def _private(job: JobLike, settings: Settings) -> tuple[Job, dict[str, Any]]:
    """A job of our own, region settled, and the API job it comes from."""
    if isinstance(job, Job):
        made, api = copy(job), job.to_api()
    else:
        api = read_job(job)
        if api.get("ID") is None:
            raise AdmissionError(JOB_REQUIRED)
        made = from_api(api)
    settle_region(made, settings)
    return made, api


def _ids(job_api: dict[str, Any], moment: dt.datetime) -> Iterator[str]:
    """Identifiers where the server makes random ones: the same inputs give the same ones."""
    digest = hashlib.sha256(json.dumps([job_api, moment.isoformat()], sort_keys=True, default=str).encode()).digest()
    counter = 0
    while True:
        counter += 1
        yield str(uuid.UUID(bytes=hashlib.sha256(digest + counter.to_bytes(8, "big")).digest()[:16], version=4))


def _scaling_ids(planned: Job, stored: Job | None, ids: Iterator[str]) -> None:
    """Scaling policies keep the ID of the stored policy of the same type and target. spec: plan §2 step 6"""
    known = {}
    for group in (stored.task_groups or ()) if stored is not None else ():
        if group.scaling is not None:
            known[group.name, group.scaling.type] = group.scaling.id
    for group in planned.task_groups or ():
        if group.scaling is not None:
            group.scaling.id = known.get((group.name, group.scaling.type)) or next(ids)


def _snapshot(planned: Job, known: JobVersion | None) -> Snapshot:
    """spec: plan §2 step 7"""
    if known is None:
        planned.create_index = planned.modify_index = planned.job_modify_index = NEW_JOB_INDEX
        return Snapshot(JobVersion.of(planned), True, 0, 0)
    stored = known.job
    index = stored.job_modify_index
    if not job_changed(stored, planned):
        return Snapshot(known, False, index, 0)
    inserted = copy(planned)
    inserted.create_index = stored.create_index
    inserted.modify_index = inserted.job_modify_index = index + 1
    inserted.version = stored.version + 1 if planned.version <= stored.version else planned.version
    return Snapshot(JobVersion.of(inserted), True, index, index + 1)


def _annotated_diff(stored: Job | None, planned: Job, evaluated: Evaluated) -> dict[str, Any]:
    """spec: plan §2 step 11, §5"""
    made = diff_jobs(stored, planned, True)
    annotate(made, evaluated.desired_updates)
    return made.to_api()


def _next_launch(planned: Job, moment: dt.datetime) -> str | None:
    """The next launch of a periodic job as text. spec: plan §2 step 13, §8.7"""
    periodic = planned.periodic
    if periodic is None or not periodic.enabled:
        return None
    from jobplan.schedule.launch import periodic_launch

    try:
        launch = periodic_launch(periodic.spec_type, periodic.spec, periodic.specs, moment, timezone=periodic.time_zone)
    except CronError as error:
        raise PlanError(f"Failed to parse cron expression: {error}") from None
    if launch is None:
        return None
    text = launch.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
