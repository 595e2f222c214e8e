"""Registering a job: admission, check-and-set, transition, no-op or a new version. spec: api §5.3, §6.2, §6.12"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable

from jobplan.admission import admit_job
from jobplan.admission.problems import Problem, warning_text
from jobplan.admission.register import (
    conflicting_index,
    refused_request,
    refused_transition,
    registered_form,
    source_size_warning,
)
from jobplan.canonical.normalise import canonicalise
from jobplan.inventory import JobVersion
from jobplan.model.job import Job
from jobplan.model.kinds import copy
from jobplan.model.policies import ScalingPolicy
from jobplan.model.settings import Settings
from jobplan.registry import records as rec
from jobplan.registry.evaluations import new_evaluation, put_evaluations
from jobplan.registry.faults import Refusal
from jobplan.registry.records import Api
from jobplan.registry.state import State
from jobplan.registry.storing import Extras, scaling_policies, store_job
from jobplan.registry.versions import find_version
from jobplan.updates import job_changed, stored_copy
from jobplan.values.messages import Message

NO_JOB = Message("job {id!q} not found")
CURRENT = "can't revert to current version"
NO_VERSION = Message("job {id!q} in namespace {ns!q} at version {v} not found")
OTHER_VERSION = Message("Current job has version {current}; enforcing version {given}")

# spec: api §9.1: the request checks that are no 500
STATUS = {"admission/2.2/disabled": 403, "admission/2.2/system-scaling": 400, "admission/2.2/eval-priority": 400}


@dataclasses.dataclass(frozen=True, slots=True)
class Registration:
    """What a registration brings besides the job. `enforce`: the index that the job must have, None: any."""

    submission: Api | None = None
    enforce: int | None = None
    preserve_counts: bool = False
    preserve_resources: bool = False
    eval_priority: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """An admitted job and its warnings."""

    job: Job
    warnings: str
    submission: Api | None


def permit_everything() -> None:
    """The permission check of a registry without tokens."""


def admit_registration(job: Job, given: Registration, settings: Settings) -> Candidate:
    """Request checks and admission; needs no state, so it runs outside of any lock. `job` is the caller's own."""
    problem = refused_request(job, settings, eval_priority=given.eval_priority)
    if problem is not None:
        raise Refusal(problem.text, STATUS.get(problem.rule, 500))
    admitted = admit_job(job, settings, private=True)
    problems: tuple[Problem, ...] = admitted.problems
    submission = given.submission
    if submission is not None:
        warning = source_size_warning(
            submission["Source"], submission["Variables"], submission["VariableFlags"], settings
        )
        if warning is not None:
            submission, problems = None, (*problems, warning)
    return Candidate(admitted.job, warning_text(problems), submission)


def register(
    state: State,
    candidate: Candidate,
    given: Registration,
    *,
    now: int,
    permit: Callable[[], None] = permit_everything,
) -> Api:
    """Steps 6 to 12; gives the response. spec: api §5.3"""
    permit()
    job = candidate.job
    existing: JobVersion | None = state.get(rec.JOBS, job.namespace, job.id)
    known = None if existing is None else existing.job
    if given.enforce is not None:
        _refuse(conflicting_index(known, given.enforce))
    if known is not None:
        _refuse(refused_transition(known, job))
    _name_policies(job, known)
    changed = job_changed(known, job)
    evaluation = None
    if rec.takes_evaluations(job):
        evaluation = new_evaluation(job, "job-register", priority=given.eval_priority, now=now)
    if not changed:
        assert known is not None
        index, created = known.modify_index, 0
        if evaluation is not None:
            index = created = state.next_index()
            put_evaluations(state, [evaluation], index)
        return _response(evaluation, created, known.modify_index, index, candidate.warnings)
    index = state.next_index()
    stored = stored_copy(registered_form(job))
    stored.submit_time, stored.stable, stored.create_index = now, False, 0
    extras = Extras(candidate.submission, given.preserve_counts, given.preserve_resources)
    store_job(state, stored, index, now=now, extras=extras)
    if evaluation is not None:
        put_evaluations(state, [{**evaluation, "JobModifyIndex": index}], index)
    return _response(evaluation, index if evaluation is not None else 0, index, index, candidate.warnings)


def _refuse(problem: Problem | None) -> None:
    if problem is not None:
        raise Refusal(problem.text)


def _name_policies(job: Job, existing: Job | None) -> None:
    """A policy keeps the ID of the stored one of the same type and target. spec: api §5.3 step 8"""

    def place(policy: ScalingPolicy) -> tuple[str | None, ...]:
        target = policy.target or {}
        return policy.type, target.get("Group"), target.get("Task")

    known = {} if existing is None else {place(policy): policy.id for policy in scaling_policies(existing)}
    for policy in scaling_policies(job):
        policy.id = known.get(place(policy)) or str(uuid.uuid4())


def _response(evaluation: Api | None, created: int, modify_index: int, index: int, warnings: str) -> Api:
    return {
        "EvalID": "" if evaluation is None else evaluation["ID"],
        "EvalCreateIndex": created,
        "JobModifyIndex": modify_index,
        "Warnings": warnings,
        "Index": index,
        "LastContact": 0,
        "KnownLeader": False,
        "NextToken": "",
    }


def revert_candidate(
    state: State, namespace: str, job_id: str, version: int, prior: int | None, settings: Settings
) -> tuple[Candidate, Registration]:
    """The checks of a revert, and the old version as something to register. spec: api §6.12"""
    current: JobVersion | None = state.get(rec.JOBS, namespace, job_id)
    if current is None:
        raise Refusal(NO_JOB(id=job_id))
    if version == current.version:
        raise Refusal(CURRENT)
    found = find_version(state, namespace, job_id, version)
    if found is None:
        raise Refusal(NO_VERSION(id=job_id, ns=namespace, v=version))
    if prior is not None and prior != current.version:
        raise Refusal(OTHER_VERSION(current=current.version, given=prior))
    job = copy(found.job)
    job.version_tag, job.stable = None, False
    canonicalise(job)
    given = Registration(enforce=None if prior is None else current.job.job_modify_index)
    return admit_registration(job, given, settings), given
