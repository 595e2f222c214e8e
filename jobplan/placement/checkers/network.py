"""Network mode and host networks. spec: placement §5.4"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.asks import HOST_MODE
from jobplan.placement.operands import constraint_matches
from jobplan.placement.reasons import Reason
from jobplan.placement.targets import is_literal, resolver

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.trial import Trial

NO_MODE, BRIDGE = "none", "bridge"


def host_network(template: str, node: Node) -> str | None:
    """The host network that a port names, or None where its template has no value on the node."""
    return template if is_literal(template) else resolver(template)(node)


def _is_too_old_to_tell(node: Node) -> bool:
    """Clients before 0.12 did not report bridge networks; a pre-release never counts as one of them."""
    return constraint_matches("version", node.attributes.get("nomad.version", ""), "< 0.12")


def network(trial: Trial, node: Node) -> Reason | None:
    """The mode must exist on the node, and an address for the host network of every port. spec: placement §5.4"""
    need = trial.network
    if need.mode == NO_MODE:
        return None
    modes = {found.mode or HOST_MODE for found in node.resources.networks} if node.resources is not None else set()
    if need.mode not in modes:
        if need.mode == BRIDGE and _is_too_old_to_tell(node):
            return None
        return Reason("missing network", need.mode, need.mode, sorted(modes))
    if not need.ports:
        return None
    aliases = trial.cluster.ports[node.id].aliases
    for port in need.ports:
        if port.host_network == "":
            continue
        wanted = host_network(port.host_network, node)
        if wanted is None:
            key = f'invalid host network "{port.host_network}" template for port "{port.label}"'
            return Reason(key, port.label, port.host_network)
        if wanted not in aliases:
            return Reason(
                f'missing host network "{wanted}" for port "{port.label}"', port.label, wanted, sorted(aliases)
            )
    return None
