"""Warnings: what a server says about a job that it accepts all the same. spec: admission §8

A warning is a `Problem` of severity "warning"; inner lists have the form of error lists, so that the words "error
occurred" appear inside warnings. They are collected in the order of the validators that give them.

    tasks.py     task and identity warnings        §8.5, §8.6
    groups.py    groups and shutdown delays        §8.2, §8.3
    job.py       job, Vault identities, memory     §8.1, §8.4
"""

from __future__ import annotations

from jobplan.admission.problems import Problem
from jobplan.admission.warnings.job import job_warnings, memory_warnings, vault_identity_warnings
from jobplan.model.job import Job
from jobplan.model.settings import Settings

__all__ = ["warn"]


def warn(job: Job, settings: Settings) -> tuple[Problem, ...]:
    """All warnings of a mutated job, in order. spec: admission §4"""
    return (*job_warnings(job), *vault_identity_warnings(job), *memory_warnings(job, settings))
