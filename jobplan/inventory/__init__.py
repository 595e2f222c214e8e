"""Stage 4: captured cluster state, decoded and checked once, frozen and indexed.

In: the objects of the HTTP API (interface, Loading). Out: `Inventory`. Nothing here decides anything: what should
change is reconciliation, where it can go is placement. spec: placement §1, reconcile §2

    snapshot      Inventory, its indexes and its functional copies
    allocations   Allocation and its parts             deployments   Deployment
    jobs          JobVersion, decoded when needed      nodes         Node, normalised
    pools         NodePool, SchedulerConfig            volumes       CSI and host volumes
    times         instants as nanoseconds              reading       members of objects, with located errors

Tolerated, because real clusters do it: an allocation on a node that is not in the inventory (its node counts as
missing, reconcile §2.4); a deployment of a version that is not there; null for any list; the current version listed
again among the old ones; keys that nothing here knows.
"""

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment
from jobplan.inventory.jobs import JobVersion
from jobplan.inventory.nodes import Node
from jobplan.inventory.snapshot import Inventory

__all__ = ["Allocation", "Deployment", "Inventory", "JobVersion", "Node"]
