"""The first page: all jobs, the nodes and how full they are."""

from __future__ import annotations

from jobplan.httpapi.exchange import Request
from jobplan.httpapi.pages.markup import Html, document, job_link, link, meter, status, table
from jobplan.inventory import Inventory, JobVersion
from jobplan.inventory.nodes import Node
from jobplan.registry import Registry
from jobplan.registry import records as rec

JOBS_SHOWN = 500
COUNTED = ("Running", "Starting", "Queued", "Failed", "Lost")


def overview_page(request: Request, registry: Registry) -> str:
    """Jobs and nodes; `?from=NAMESPACE/ID` begins further down a long list."""
    begin = request.param("from")
    with registry.state.lock:
        jobs = sorted(registry.state.tables[rec.JOBS].values(), key=lambda item: item.key)
        shown = [item for item in jobs if f"{item.namespace}/{item.id}" >= begin][: JOBS_SHOWN + 1]
        rows = [_row(registry, item) for item in shown[:JOBS_SHOWN]]
        inventory = registry.inventory()
    heads = ("Job", "Namespace", "Type", "Status", "Version#", *(f"{name}#" for name in COUNTED))
    caption = f"{len(jobs)} job{'' if len(jobs) == 1 else 's'}"
    content = [table(caption, heads, rows)]
    if len(shown) > JOBS_SHOWN:
        following = shown[JOBS_SHOWN]
        content.append(Html.of("p", link(f"/ui/?from={following.namespace}/{following.id}", "Further jobs")))
    content += [Html.of("h2", "Nodes"), nodes_table(inventory)]
    return document("Jobs and nodes", *content)


def _row(registry: Registry, version: JobVersion) -> list[str | int]:
    summary = registry.state.get(rec.SUMMARIES, *version.key)
    groups = summary["Summary"].values() if summary is not None else ()
    counts = [sum(group[name] for group in groups) for name in COUNTED]
    kind = version.type
    if rec.is_periodic(version.job):
        kind += ", periodic"
    if rec.is_parameterized(version.job):
        kind += ", parameterized"
    state = status("dead" if version.job.stop and version.job.status == "dead" else version.job.status)
    name = job_link(version.namespace, version.id)
    return [name, version.namespace, kind, state, version.version, *counts]


def nodes_table(inventory: Inventory) -> Html:
    """Nodes with what their allocations hold."""
    rows = [_node(inventory, node) for node in sorted(inventory.nodes.values(), key=lambda item: (item.name, item.id))]
    heads = ("Node", "Datacenter", "Pool", "Status", "Allocations#", "CPU", "Memory", "Disk")
    return table(f"{len(rows)} node{'' if len(rows) == 1 else 's'}", heads, rows)


def _node(inventory: Inventory, node: Node) -> list[str | int]:
    live = [item for item in inventory.allocations_on(node.id) if not item.terminal]
    held = [item.resources for item in live if item.resources is not None]
    cpu = sum(task.cpu for item in held for task in item.tasks.values())
    memory = sum(task.memory_mb for item in held for task in item.tasks.values())
    disk = sum(item.disk_mb for item in held)
    room = node.available
    state = "ready" if node.ready else "draining" if node.draining else node.status or "unknown"
    return [
        node.name or node.id,
        node.datacenter,
        node.node_pool,
        status(state),
        len(live),
        "" if room is None else meter(cpu, room.cpu, "MHz"),
        "" if room is None else meter(memory, room.memory_mb, "MB"),
        "" if room is None else meter(disk, room.disk_mb, "MB"),
    ]
