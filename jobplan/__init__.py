"""jobplan: what a change to a HashiCorp Nomad job will do, offline and exactly.

The folders are the stages of the pipeline, in this order:

    source      text, file, dict → API job          (stage 1)
    canonical   API job → Job with all defaults      (stage 2)
    admission   Job → planned Job, or the refusals   (stage 3)
    inventory   captured cluster state               (stage 4)
    jobdiff     stored Job, planned Job → JobDiff    (stage 5)
    updates     in place or replace                  (stage 6)
    reconcile   what should change, per group        (stage 7)
    placement   where it can go, and why not         (stage 8)
    planning    the dry run: everything above        (stage 9)
    rendering   plan response → text                 (stage 10)

Public names are loaded on first use, so that `import jobplan` stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jobplan.errors import (
    AdmissionError,
    ConfigError,
    CronError,
    DiffError,
    InputError,
    InventoryError,
    JobDecodeError,
    JobplanError,
    JobspecError,
    PlanError,
    RegistryError,
    ServerCrash,
)

if TYPE_CHECKING:
    from jobplan.admission import Admitted, Validation, admit, validate
    from jobplan.canonical import load_job
    from jobplan.inventory import Inventory
    from jobplan.jobdiff import JobDiff, diff
    from jobplan.model import Job, ServerConfig
    from jobplan.placement import constraint_matches
    from jobplan.planning import Plan, Planned, plan, plan_many
    from jobplan.rendering import render_text
    from jobplan.schedule import next_launch
    from jobplan.source import parse_jobspec
    from jobplan.updates import replacement_reasons, spec_changed

__version__ = "0.1.0"
NOMAD_VERSION = "2.0.5"
"""The Nomad version whose behaviour jobplan reproduces."""

# Public name → the module that holds it. No module here may bear the name of a public function.
_HOMES = {
    "Admitted": "admission",
    "Validation": "admission",
    "admit": "admission",
    "validate": "admission",
    "load_job": "canonical",
    "Inventory": "inventory",
    "JobDiff": "jobdiff",
    "diff": "jobdiff",
    "Job": "model",
    "ServerConfig": "model",
    "constraint_matches": "placement",
    "Plan": "planning",
    "Planned": "planning",
    "plan": "planning",
    "plan_many": "planning",
    "render_text": "rendering",
    "next_launch": "schedule",
    "parse_jobspec": "source",
    "replacement_reasons": "updates",
    "spec_changed": "updates",
}

__all__ = [
    "NOMAD_VERSION",
    "AdmissionError",
    "Admitted",
    "ConfigError",
    "CronError",
    "DiffError",
    "InputError",
    "Inventory",
    "InventoryError",
    "Job",
    "JobDecodeError",
    "JobDiff",
    "JobplanError",
    "JobspecError",
    "Plan",
    "PlanError",
    "Planned",
    "RegistryError",
    "ServerConfig",
    "ServerCrash",
    "Validation",
    "__version__",
    "admit",
    "constraint_matches",
    "diff",
    "load_job",
    "next_launch",
    "parse_jobspec",
    "plan",
    "plan_many",
    "render_text",
    "replacement_reasons",
    "spec_changed",
    "validate",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'jobplan' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"jobplan.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
