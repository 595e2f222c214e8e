"""What is read from a cluster, as a table: one row a kind of object. spec: interface (Loading), placement §1"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Api = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of object.

    `listing`: the endpoint that lists it, with its query; `detail`: the endpoint of one object, `{ID}` is filled in;
    None: the list holds everything. `needs`: the ACL policy that reading it takes. `by_namespace`: whether objects
    live in namespaces. `optional`: older clusters do not have the endpoint. `single`: it is one object,
    under this key of the answer, and no list.
    """

    name: str
    listing: str
    detail: str | None
    needs: str
    by_namespace: bool = False
    optional: bool = False
    single: str = ""
    query: tuple[tuple[str, str], ...] = ()
    key: str = "ID"

    def identity(self, stub: Api) -> tuple[str, str]:
        """Namespace (empty: none) and ID of a listed object."""
        return str(stub.get("Namespace") or "default") if self.by_namespace else "", str(stub.get(self.key) or "")


_JOB_READ = 'namespace "…" { capabilities = ["list-jobs", "read-job"] }'

# The list of allocations lacks deployment, predecessor, history of states and scores, which reconciliation reads
# (reconcile §2.3), and that of nodes lacks attributes (placement §1.1): hence the details.
PARTS = (
    Part("nodes", "/v1/nodes", "/v1/node/{ID}", 'node { policy = "read" }'),
    Part("pools", "/v1/node/pools", None, 'node_pool "*" { policy = "read" }', key="Name"),
    Part(
        "scheduler",
        "/v1/operator/scheduler/configuration",
        None,
        'operator { policy = "read" }',
        single="SchedulerConfig",
    ),
    Part("jobs", "/v1/jobs", "/v1/job/{ID}", _JOB_READ, by_namespace=True),
    Part("versions", "/v1/jobs", "/v1/job/{ID}/versions", _JOB_READ, by_namespace=True),
    Part("allocations", "/v1/allocations", "/v1/allocation/{ID}", _JOB_READ, by_namespace=True),
    Part("deployments", "/v1/deployments", None, _JOB_READ, by_namespace=True),
    Part(
        "csi-volumes",
        "/v1/volumes",
        "/v1/volume/csi/{ID}",
        'namespace "…" { capabilities = ["csi-list-volume", "csi-read-volume"] }',
        by_namespace=True,
        query=(("type", "csi"),),
    ),
    Part(
        "host-volumes",
        "/v1/volumes",
        "/v1/volume/host/{ID}",
        'namespace "…" { capabilities = ["host-volume-read"] }',
        by_namespace=True,
        optional=True,
        query=(("type", "host"),),
    ),
    Part(
        "claims",
        "/v1/volumes/claims",
        None,
        'namespace "…" { capabilities = ["host-volume-read"] }',
        by_namespace=True,
        optional=True,
    ),
)

ESSENTIAL = frozenset({"nodes", "jobs", "versions", "allocations"})
"""Parts without which no plan is worth anything; the others may be left out."""

WITHOUT = {
    "pools": "jobs of node pools other than `default` will be refused",
    "scheduler": "the configuration of a freshly started server is assumed",
    "deployments": "plans of jobs in the middle of a rollout will be wrong",
    "csi-volumes": "jobs with CSI volumes will find no node",
    "host-volumes": "jobs with dynamic host volumes will find no node",
    "claims": "sticky host volumes are planned as if nobody had claimed one",
}
"""What leaving out a part means."""
