"""A job that breaks no rule, and ways to change it."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping
from typing import Any

from jobplan.rules import Finding, Rule, Settings, check_job
from jobplan.rules.table import RULES
from jobplan.source.envelopes import decode_job

NOW = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
SECOND = 10**9
DIGEST = "sha256:" + "0123456789abcdef" * 4
GROUP, TASK = "/TaskGroups/0", "/TaskGroups/0/Tasks/0"

TIDY: dict[str, Any] = {
    "ID": "orders",
    "Name": "orders",
    "Datacenters": ["dc1"],
    "Priority": 60,
    "TaskGroups": [
        {
            "Name": "api",
            "Count": 3,
            "ShutdownDelay": 5 * SECOND,
            "Update": {"MaxParallel": 1, "Canary": 1, "AutoRevert": True},
            "Networks": [{"Mode": "bridge", "DynamicPorts": [{"Label": "http", "To": 8080}]}],
            "Services": [
                {
                    "Name": "orders-api",
                    "PortLabel": "http",
                    "Provider": "nomad",
                    "Checks": [{"Type": "http", "Path": "/ready", "Interval": 10 * SECOND, "Timeout": 2 * SECOND}],
                }
            ],
            "Tasks": [
                {
                    "Name": "server",
                    "Driver": "docker",
                    "User": "app",
                    "Config": {"image": f"registry.example:5000/shop/orders:2.4@{DIGEST}"},
                    "Env": {"LOG_LEVEL": "info", "DB_PASSWORD": "${DB_PASSWORD_FROM_VAULT}"},
                    "Resources": {"CPU": 200, "MemoryMB": 128, "MemoryMaxMB": 256},
                    "Artifacts": [{"GetterSource": "https://files.example/orders.tgz"}],
                }
            ],
        }
    ],
}
ALL_ON = Settings({"*": "on", "admission/*": "off"})


def changed(path: str, value: Any, job: Mapping[str, Any] = TIDY) -> dict[str, Any]:
    """The job with another value at a JSON pointer; None removes the key."""
    made: Any = copy.deepcopy(job)
    at = made
    *parents, last = path.strip("/").split("/")
    for part in parents:
        at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
    if value is None:
        del at[last]
    else:
        at[last] = value
    return dict(made)


def findings(job: dict[str, Any], settings: Settings = ALL_ON, rules: tuple[Rule, ...] = RULES) -> tuple[Finding, ...]:
    return check_job(decode_job(job), NOW, document=job, settings=settings, rules=rules)
