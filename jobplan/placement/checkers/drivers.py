"""Task drivers and secrets providers. spec: placement §5.2, §5.5"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobplan.placement.asks import parse_bool
from jobplan.placement.reasons import Reason

if TYPE_CHECKING:
    from jobplan.inventory.nodes import Node
    from jobplan.placement.trial import Trial


def drivers(trial: Trial, node: Node) -> Reason | None:
    """Every driver must be there and healthy. spec: placement §5.2"""
    for name in trial.ask.drivers:
        if not runs_driver(node, name):
            return Reason("missing drivers", name, list(trial.ask.drivers), _state(node, name))
    return None


def runs_driver(node: Node, name: str) -> bool:
    """By the driver's entry; without one by the attribute that old clients set."""
    if name in node.drivers:
        driver = node.drivers[name]
        return driver is not None and driver.detected and driver.healthy
    attribute = node.attributes.get(f"driver.{name}")
    return attribute is not None and parse_bool(attribute) is True


def _state(node: Node, name: str) -> str:
    driver = node.drivers.get(name)
    if driver is None:
        return "absent"
    if not driver.detected:
        return "not detected"
    return driver.description or "unhealthy"


def secret_providers(trial: Trial, node: Node) -> Reason | None:
    """spec: placement §5.5"""
    for provider in trial.ask.secret_providers:
        if f"plugins.secrets.{provider}.version" not in node.attributes:
            return Reason("missing secrets provider", provider, provider)
    return None
