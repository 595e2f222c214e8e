"""The admission pipeline: request checks, mutators, validators, warnings. spec: admission §2–§4"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jobplan.admission.mutators import mutate
from jobplan.admission.problems import Problem, Severity, error_text, error_texts, warning_text
from jobplan.admission.register import NO_ID, refused_request, registered_form, settle_region
from jobplan.admission.rules import validate_job
from jobplan.admission.warnings import warn
from jobplan.canonical.load import from_api
from jobplan.canonical.stored import stored_copy
from jobplan.errors import AdmissionError, ConfigError, JobDecodeError
from jobplan.model.job import Job
from jobplan.model.kinds import copy
from jobplan.model.settings import DEFAULT_SETTINGS, Settings
from jobplan.source.envelopes import read_job

if TYPE_CHECKING:
    from jobplan.canonical import JobLike
    from jobplan.model.config import ServerConfig

    Config = ServerConfig | Settings | None


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, for machines. The texts of nested lists are not repeated: a finding is a leaf."""

    rule: str
    """Stable id of the rule: `admission/7.12/2` is section 7.12 of the specification, row 2."""
    path: str
    """JSON pointer into the API job: `/TaskGroups/0/Tasks/1/Resources`; `""`: the request as a whole."""
    severity: Severity
    message: str

    def to_api(self) -> dict[str, Any]:
        """`Rule`, `Path`, `Severity`, `Message`."""
        return {"Rule": self.rule, "Path": self.path, "Severity": self.severity, "Message": self.message}


def findings(problems: Iterable[Problem]) -> tuple[Finding, ...]:
    """The leaves of some problems, in order."""
    return tuple(
        Finding(leaf.rule, leaf.path, leaf.severity, leaf.text) for problem in problems for leaf in problem.leaves()
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Admitted:
    """An admitted job. `job` is the planned (from `admit`: the registered) job; it is nobody else's."""

    job: Job
    problems: tuple[Problem, ...] = ()
    """Its warnings, as a tree."""

    @property
    def warnings(self) -> str:
        """The `Warnings` text of a response, `""` for none. spec: admission §4"""
        return warning_text(self.problems)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The warnings, for machines."""
        return findings(self.problems)


@dataclasses.dataclass(frozen=True, slots=True)
class Validation:
    """What `/v1/validate/job` says about a job. spec: admission §2.3"""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """No errors; warnings do not matter."""
        return not self.errors

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Errors, then warnings, for machines."""
        return findings((*self.errors, *self.warnings))

    def to_api(self) -> dict[str, Any]:
        """The answer of the endpoint; `ValidationErrors` is null when there are none."""
        return {
            "DriverConfigValidated": True,
            "ValidationErrors": error_texts(self.errors) or None,
            "Error": error_text(self.errors),
            "Warnings": warning_text(self.warnings),
        }


def validate(job: JobLike, *, config: Config = None) -> Validation:
    """Check a job as `/v1/validate/job` does; `config` defaults to a default server's.

    The argument is not changed. Raises `AdmissionError` where the endpoint answers an error status (a mutator fails,
    the namespace is an explicit ""), `JobDecodeError` or `ServerCrash` for what is no job. spec: admission §2
    """
    settings = as_settings(config)
    private, api = _private(job)
    if api is not None and api.get("Namespace") == "":
        # compared before canonicalisation, so exactly the explicit empty string fails. spec: admission §2.2
        text = 'mismatched request namespace in request: "default", ""'
        raise _refusal(Problem("admission/2.2/namespace", "/Namespace", text))
    problem = mutate(private, settings)
    if problem is not None:
        raise _refusal(problem)
    return Validation(tuple(validate_job(private, settings)), warn(private, settings))


def admit(job: JobLike, *, config: Config = None) -> Admitted:
    """The job as it would be registered, and the warnings; `config` defaults to a default server's.

    The argument is not changed. `.job` is what `GET /v1/job/:id` shows after a first registration, without the fields
    that the server makes (indexes, submit time, status, scaling policy ids). Raises `AdmissionError` with the exact
    text of the refusal, `JobDecodeError` or `ServerCrash` for what is no job. spec: admission §2
    """
    settings = as_settings(config)
    private, api = _private(job)
    if api is not None and api.get("ID") is None:
        raise _refusal(Problem("admission/2.2/id", "/ID", NO_ID))
    problem = refused_request(private, settings)
    if problem is not None:
        raise _refusal(problem)
    settle_region(private, settings)
    admitted = admit_job(private, settings, private=True)
    return dataclasses.replace(admitted, job=stored_copy(registered_form(admitted.job)))


def admit_job(job: Job, config: Config = None, *, private: bool = False) -> Admitted:
    """Mutate and validate a canonicalised job, as plan, register and revert do alike.

    `.job` is the *planned* job (before it is stored). Request checks, the region and canonicalisation are the caller's
    business: `revert` runs `canonical.canonicalise` first. Works on a copy unless the job is the caller's `private`
    one, which is then changed in place. Raises `AdmissionError`. spec: admission §2.1, §2.3
    """
    settings = as_settings(config)
    if not private:
        job = copy(job)
    problem = mutate(job, settings)
    if problem is not None:
        raise _refusal(problem)
    errors = tuple(validate_job(job, settings))
    if errors:
        raise AdmissionError(error_text(errors), errors)
    return Admitted(job, warn(job, settings))


def as_settings(config: Config) -> Settings:
    """The plain settings of a configuration; None is a default server. Raises ConfigError for anything else."""
    if config is None:
        return DEFAULT_SETTINGS
    found = config if isinstance(config, Settings) else getattr(config, "settings", None)
    if not isinstance(found, Settings):
        raise ConfigError(f"must be a ServerConfig, not {type(config).__name__} (ServerConfig.from_api reads a dict)")
    return found


def _private(source: JobLike) -> tuple[Job, dict[str, Any] | None]:
    """A job that only this call sees, and the decoded API job it comes from, if it does."""
    if isinstance(source, Job):
        try:
            return copy(source), None
        except RecursionError:
            raise JobDecodeError("the document is nested too deeply") from None
    api = read_job(source)
    return from_api(api), api


def _refusal(problem: Problem) -> AdmissionError:
    """A refusal of the whole request: a single text, not a list."""
    return AdmissionError(str(problem), (problem,))
