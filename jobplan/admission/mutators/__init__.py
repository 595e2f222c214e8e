"""The mutating steps of admission, in order. spec: admission §5

A mutator changes the private copy of the job that `admit` made; later ones see what earlier ones did. It returns the
problem that ends admission, or None; only `connect` and `expose-check` can fail.

    defaults.py     canonicalize, vault, node pool: values of the server        §5.1, §5.2, §5.7, §5.9
    consul.py       cluster names, admin-partition constraints                  §5.3
    connect.py      sidecars, native services, gateways (sidecar.py,
                    gateway.py: the injected tasks; interpolation.py: names)    §5.4
    expose.py       exposed paths of checks                                     §5.5
    constraints.py  implied constraints                                         §5.6
    identities.py   implied workload identities                                 §5.8
"""

from __future__ import annotations

from collections.abc import Callable

from jobplan.admission.mutators.connect import inject_connect
from jobplan.admission.mutators.constraints import imply_constraints
from jobplan.admission.mutators.consul import default_consul
from jobplan.admission.mutators.defaults import default_node_pool, default_priority, default_vault, place_on_numa
from jobplan.admission.mutators.expose import expose_checks
from jobplan.admission.mutators.identities import imply_identities
from jobplan.admission.problems import Problem
from jobplan.model.job import Job
from jobplan.model.settings import Settings

__all__ = ["MUTATORS", "Mutator", "mutate"]

Mutator = Callable[[Job, Settings], Problem | None]

MUTATORS: tuple[tuple[str, Mutator], ...] = (
    # spec: admission §5; the names appear in error texts
    ("canonicalize", default_priority),
    ("vault", default_vault),
    ("consul", default_consul),
    ("connect", inject_connect),
    ("expose-check", expose_checks),
    ("constraints", imply_constraints),
    ("node-pool-mutation", default_node_pool),
    ("implicit-identities", imply_identities),
    ("numa", place_on_numa),
)


def mutate(job: Job, settings: Settings) -> Problem | None:
    """Run all mutators on `job`, in place; the first problem, with its prefix, ends the run. spec: admission §3.1"""
    for name, mutator in MUTATORS:
        problem = mutator(job, settings)
        if problem is not None:
            return problem.prefixed(f"error in job mutator {name}: ")
    return None
