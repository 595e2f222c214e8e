"""What only registering a job does: request checks before, index and transition checks after, the stored form.

spec: admission §2.2, §9; model §7.2
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobplan.admission.problems import Problem
from jobplan.canonical.normalise import canonicalise
from jobplan.model.job import Job
from jobplan.model.kinds import copy
from jobplan.model.settings import Settings
from jobplan.values.messages import Message

NO_ID = "Job ID hasn't been provided"
SYSTEM_SCALING = "Task groups with job type system do not support scaling blocks"
EVAL_PRIORITY = "Eval priority must be between 1 and 100 inclusively"
DISABLED = "Job registration, dispatch, and scale are disabled by the scheduler configuration"
SOURCE_SIZE = Message("job source size of {total} exceeds maximum of {max} and will be discarded")


# ---- before admission. spec: admission §2.2 -------------------------------------------------------------------------


def refused_request(job: Job, settings: Settings, *, eval_priority: int = 0) -> Problem | None:
    """The first request check that the job fails; a missing ID is the caller's to find (it became empty here)."""
    if job.type == "system":
        for index, group in enumerate(job.task_groups or ()):
            if group.scaling is not None:
                return Problem("admission/2.2/system-scaling", f"/TaskGroups/{index}/Scaling", SYSTEM_SCALING)
    if eval_priority != 0 and not 1 <= eval_priority <= 100:
        return Problem("admission/2.2/eval-priority", "", EVAL_PRIORITY)
    if settings.reject_job_registration:
        return Problem("admission/2.2/disabled", "", DISABLED)
    return None


def settle_region(job: Job, settings: Settings) -> None:
    """The region that plan and register write into the job. spec: model §1.5"""
    if job.multiregion is not None:
        job.region = "global"
    elif job.region in ("", "global"):
        job.region = settings.region


# ---- after admission. spec: admission §9 ----------------------------------------------------------------------------


def source_size_warning(
    source: str, variables: str, flags: Mapping[str, str] | None, settings: Settings
) -> Problem | None:
    """The submitted text is too large to be kept; the maximum is exceeded, not reached. spec: admission §9.1"""
    parts = [source, variables, *(text for item in (flags or {}).items() for text in item)]
    total = sum(len(part.encode("utf-8", "surrogatepass")) for part in parts)
    if total <= settings.job_max_source_size:
        return None
    text = SOURCE_SIZE(total=si_size(total), max=si_size(settings.job_max_source_size))
    return Problem("admission/9.1", "", text, "warning")


def si_size(count: int) -> str:
    """`:h`: `9 B`, `1.0 MB`, `12 MB`, `999 kB`. spec: admission §9.1"""
    if count < 10:
        return f"{count} B"
    exponent = 0
    while exponent < 6 and count >= 1000 ** (exponent + 1):
        exponent += 1
    value = int(count / 1000**exponent * 10 + 0.5) / 10
    unit = ("B", "kB", "MB", "GB", "TB", "PB", "EB")[exponent]
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"


EXISTS = "Enforcing job modify index 0: job already exists"
CONFLICT = Message("Enforcing job modify index {given}: job exists with conflicting job modify index: {actual}")
ABSENT = Message("Enforcing job modify index {given}: job does not exist")


def conflicting_index(stored: Job | None, given: int) -> Problem | None:
    """A registration that enforces `given` as the stored job's modify index. spec: admission §9.2"""
    if stored is None:
        return None if given == 0 else Problem("admission/9.2/3", "", ABSENT(given=given))
    if given == 0:
        return Problem("admission/9.2/1", "", EXISTS)
    if given != stored.job_modify_index:
        return Problem("admission/9.2/2", "", CONFLICT(given=given, actual=stored.job_modify_index))
    return None


TYPE_CHANGE = Message("cannot update job from type {old!q} to {new!q}")
_Changed = Callable[[Job, Job], bool]
TRANSITIONS: tuple[tuple[_Changed, str, str], ...] = (
    # spec: admission §9.3, after the change of type: what is refused, path, text
    (
        lambda old, new: _is_periodic(old) and not _is_periodic(new),
        "/Periodic",
        "cannot update periodic job to being non-periodic",
    ),
    (
        lambda old, new: _is_periodic(new) and not _is_periodic(old),
        "/Periodic",
        "cannot update non-periodic job to being periodic",
    ),
    (
        lambda old, new: _is_parameterized(old) and not _is_parameterized(new),
        "/ParameterizedJob",
        "cannot update parameterized job to being non-parameterized",
    ),
    (
        lambda old, new: _is_parameterized(new) and not _is_parameterized(old),
        "/ParameterizedJob",
        "cannot update non-parameterized job to being parameterized",
    ),
    (lambda old, new: old.dispatched != new.dispatched, "/Dispatched", "field 'Dispatched' is read-only"),
)
NEW_DISPATCHED = "job can't be submitted with 'Dispatched' set"


def refused_transition(stored: Job | None, job: Job) -> Problem | None:
    """The first change that registering refuses; planning does not check it. spec: admission §9.3"""
    if stored is None:
        return Problem("admission/9.3/1", "/Dispatched", NEW_DISPATCHED) if job.dispatched else None
    if stored.type != job.type:
        return Problem("admission/9.3/2", "/Type", TYPE_CHANGE(old=stored.type, new=job.type))
    for row, (is_refused, path, text) in enumerate(TRANSITIONS, start=3):
        if is_refused(stored, job):
            return Problem(f"admission/9.3/{row}", path, text)
    return None


def _is_periodic(job: Job) -> bool:
    return job.periodic is not None


def _is_parameterized(job: Job) -> bool:
    """A dispatched child is none any more. spec: api §5.3.2"""
    return job.parameterized_job is not None and not job.dispatched


# ---- the stored form. spec: model §7.2 ------------------------------------------------------------------------------


def registered_form(job: Job) -> Job:
    """The job as the server holds it after registration: a lossless copy, canonicalised once more."""
    made = copy(job)
    canonicalise(made)
    return made
