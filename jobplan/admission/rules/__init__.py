"""The validators: every reason for which a server refuses a job. spec: admission §6, §7

In: the mutated `Job` and the server's `Settings`. Out: `Problem`s in the order of the texts. The tables stand in the
order of the specification, row numbers included; `table.py` is their vocabulary and interpreter.

    validators.py       §6, §6.7: which tables run, in which order
    mesh.py             §6.1, §6.2: Connect services, exposed checks
    cluster.py          §6.3–6.6, 6.9, 6.10: what server and edition offer
    jobs.py             §7.1, 7.24, 7.25: jobs, periodic, parameterized
    groups.py           §7.2: task groups
    policies.py         §7.3–7.7, 7.10: disconnect, restart, reschedule, update, migrate, scaling
    volumes.py          §7.8, 7.31: volume requests and mounts
    networks.py         §7.9: networks and ports
    tasks.py            §7.11: tasks; task_parts.py: §7.26–7.33; resources.py: §7.12, 7.13
    services.py         §7.14–7.19: services; connect.py: §7.19a; checks.py: §7.20
    placement_rules.py  §7.21–7.23: constraints, affinities, spreads

Warnings are elsewhere: jobplan.admission.warnings.
"""

from __future__ import annotations

from jobplan.admission.problems import Problem, error_text, error_texts
from jobplan.admission.rules.validators import validate_job

__all__ = ["Problem", "error_text", "error_texts", "validate_job"]
