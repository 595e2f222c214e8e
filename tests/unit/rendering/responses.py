"""Hand-made plan responses, small and about one subject each; no planning is involved."""

from __future__ import annotations

from typing import Any

from jobplan.rendering.findings import Finding
from jobplan.rendering.options import Report

Api = dict[str, Any]

COUNTERS = (
    "Ignore", "Place", "Migrate", "Stop", "InPlaceUpdate", "DestructiveUpdate", "Canary", "Preemptions", "Disconnect",
    "Reconnect", "RescheduleNow", "RescheduleLater",
)  # fmt: skip


def field(name: str, old: str | None, new: str | None, *annotations: str) -> Api:
    """A field entry; its type follows from the sides, `None` is a side that does not exist."""
    kind = "Added" if old is None else "Deleted" if new is None else "None" if old == new else "Edited"
    return {"Type": kind, "Name": name, "Old": old or "", "New": new or "", "Annotations": list(annotations) or None}


def entries(kind: str, name: str, *parts: Api, **more: Any) -> Api:
    """A group, task or object: `parts` are fields (they have `Old`) and objects."""
    fields, objects = [p for p in parts if "Old" in p], [p for p in parts if "Old" not in p]
    return {"Type": kind, "Name": name, "Fields": fields or None, "Objects": objects or None, **more}


def task(kind: str, name: str, *parts: Api, annotations: tuple[str, ...] = ()) -> Api:
    return entries(kind, name, *parts, Annotations=list(annotations) or None)


def group(kind: str, name: str, *parts: Api, tasks: tuple[Api, ...] = (), updates: dict[str, int] | None = None) -> Api:
    return entries(kind, name, *parts, Tasks=list(tasks) or None, Updates=updates)


def counters(**counts: int) -> dict[str, int]:
    return {**dict.fromkeys(COUNTERS, 0), **counts}


def response(kind: str, *parts: Api, groups: tuple[Api, ...] = (), updates: Api | None = None, **more: Any) -> Api:
    """A plan response for a job called web."""
    diff = entries(kind, "web", *parts)
    diff.update(ID=diff.pop("Name"), TaskGroups=list(groups) or None)
    annotations = {"DesiredTGUpdates": updates or {}, "PreemptedAllocs": more.pop("preempted", None)}
    empty = {"CreatedEvals": None, "FailedTGAllocs": None, "NextPeriodicLaunch": None, "Warnings": ""}
    return {**empty, "Annotations": annotations, "Diff": diff, "Index": 40, "JobModifyIndex": 40, **more}


def unchanged() -> Report:
    """Nothing to do."""
    idle = group("None", "api", tasks=(task("None", "server"),), updates={"ignore": 3})
    return Report(response("None", groups=(idle,), updates={"api": counters(Ignore=3)}))


def edited_task() -> Report:
    """A new image, one more argument, a variable, and three allocations instead of two."""
    server = task(
        "Edited",
        "server",
        field("Env[LOG_LEVEL]", None, "debug"),
        field("Env[REGION]", "eu", "eu"),
        field("KillTimeout", "5000000000", "90000000000"),
        entries(
            "Edited",
            "Config",
            field("args[0]", "-config", "-config"),
            field("args[1]", "/etc/app.toml", "/etc/app.toml"),
            field("args[2]", "-port", "-verbose"),
            field("args[3]", "8080", "-port"),
            field("args[4]", None, "8080"),
            field("image", "example.com/app:1.4.2", "example.com/app:1.5.0"),
            field("mount[0][source]", "local", "local"),
            field("mount[0][target]", "/data", "/srv/data"),
        ),
        entries("Edited", "Resources", field("CPU", "500", "500"), field("MemoryMB", "512", "1536")),
        annotations=("forces create/destroy update",),
    )
    api = group(
        "Edited",
        "api",
        field("Count", "2", "3", "forces create"),
        tasks=(server, task("None", "sidecar")),
        updates={"create": 1, "create/destroy update": 1, "ignore": 1},
    )
    cache = group("None", "cache", updates={"in-place update": 1})
    return Report(
        response(
            "Edited",
            field("Priority", "50", "70"),
            entries("Added", "Datacenters", field("Datacenters", None, "dc2"), field("Datacenters", "dc1", "dc1")),
            groups=(api, cache),
            updates={"api": counters(Place=1, DestructiveUpdate=1, Ignore=1), "cache": counters(InPlaceUpdate=1)},
        ),
        job=job(3, memory=1536),
        old_job=job(2, memory=512),
    )


def job(count: int, memory: int) -> Api:
    server = {"Name": "server", "Resources": {"CPU": 500, "MemoryMB": memory}}
    sidecar = {"Name": "sidecar", "Resources": {"CPU": 100, "MemoryMB": 64}}
    cache = {"Name": "redis", "Resources": {"CPU": 200, "MemoryMB": 256}}
    update = {"MaxParallel": 1, "MinHealthyTime": 15_000_000_000, "AutoRevert": True}
    return {
        "ID": "web",
        "Type": "service",
        "TaskGroups": [
            {"Name": "api", "Count": count, "Update": update, "Tasks": [server, sidecar]},
            {"Name": "cache", "Count": 1, "EphemeralDisk": {"SizeMB": 1024}, "Tasks": [cache]},
        ],
    }


OLD_TEMPLATE = """\
[server]
listen = "0.0.0.0:8080"
workers = 4

[database]
host = "db.example.com"
pool = 10
timeout = "30s"

[log]
level = "info"
format = "json"
target = "stdout"
sampling = 0.1
"""
NEW_TEMPLATE = OLD_TEMPLATE.replace("workers = 4", "workers = 8").replace("0.1\n", "0.1\nredact = true\n")


def template() -> Report:
    """Two lines of a template."""
    changed = entries(
        "Edited",
        "Template",
        field("DestPath", "local/app.toml", "local/app.toml"),
        field("ChangeMode", "restart", "signal"),
        field("EmbeddedTmpl", OLD_TEMPLATE, NEW_TEMPLATE),
    )
    server = task("Edited", "server", changed, annotations=("forces create/destroy update",))
    api = group("Edited", "api", tasks=(server,), updates={"create/destroy update": 2})
    return Report(response("Edited", groups=(api,), updates={"api": counters(DestructiveUpdate=2)}))


def does_not_fit() -> Report:
    """A new job for which there is no room, with a warning; other jobs are preempted."""
    new = entries("Added", "web")
    metric = {
        "NodesEvaluated": 5,
        "NodesExhausted": 2,
        "NodesAvailable": {"dc1": 5, "dc2": 0},
        "ClassFiltered": {"small": 1},
        "ConstraintFiltered": {"missing drivers": 2, "${attr.kernel.name} = linux": 1},
        "ClassExhausted": {"large": 2},
        "DimensionExhausted": {"memory": 2},
        "QuotaExhausted": None,
        "CoalescedFailures": 1,
    }
    victims = [
        {"ID": f"00000000-0000-0000-0000-{n:012}", "JobID": "batch", "TaskGroup": "work", "NodeName": f"node-{n}"}
        for n in (1, 2)
    ]
    server = task("Added", "server", field("Driver", None, "docker"), annotations=("forces create",))
    api = group(new["Type"], "api", field("Count", None, "4", "forces create"), tasks=(server,), updates={"create": 4})
    evaluation = {
        "Type": "service",
        "TriggeredBy": "queued-allocs",
        "Status": "blocked",
        "StatusDescription": "created to place remaining allocations",
    }
    return Report(
        response(
            "Added",
            groups=(api,),
            updates={"api": counters(Place=4, Preemptions=2)},
            preempted=victims,
            CreatedEvals=[evaluation],
            FailedTGAllocs={"api": metric},
            NextPeriodicLaunch="2026-03-09T02:30:00-04:00",
            Warnings="2 warnings:\n\n* first warning\n* second warning",
            JobModifyIndex=0,
        ),
    )


def secrets() -> Report:
    """Values that must not be shown."""
    server = task(
        "Edited",
        "server",
        field("Env[DB_PASSWORD]", "hunter2", "correct horse"),
        field("Env[TOKEN_FILE]", "/secrets/a", "/secrets/b"),
        field("Env[UPSTREAM]", None, "https://bot:s3cr3t@example.com/x"),
        entries("Edited", "Config", field("args[0]", "--api-key", "--api-key"), field("args[1]", "old", "new")),
        entries(
            "Edited",
            "Template",
            field("DestPath", "local/env", "local/env"),
            field("EmbeddedTmpl", "user = app\npassword = alpha\n", "user = app\npassword = beta\n"),
        ),
    )
    api = group("Edited", "api", tasks=(server,), updates={"create/destroy update": 1})
    return Report(response("Edited", groups=(api,), updates={"api": counters(DestructiveUpdate=1)}))


FINDINGS = (
    Finding("admission/7.5/4", "error", "Delay cannot be less than 5s (got 1s)", "/TaskGroups/0/ReschedulePolicy",
            "jobs/web.nomad.hcl", 12, 5, "web", "api"),
    Finding("policy/no-latest", "warning", 'image uses "latest"\nPin a version.', file="jobs/web.nomad.hcl", line=31),
    Finding("policy/owner", "note", "no owner in meta", job="web"),
)  # fmt: skip


def findings() -> Report:
    """A check without a plan."""
    return Report(findings=FINDINGS, inputs={"job": "sha256:00"})


CASES = {
    "unchanged": unchanged,
    "edited-task": edited_task,
    "template": template,
    "does-not-fit": does_not_fit,
    "secrets": secrets,
    "findings": findings,
}
"""Case → its report."""
