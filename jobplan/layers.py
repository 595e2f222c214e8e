"""Who may import whom: each folder of jobplan and the folders it may use. Checked by tests/project/test_layers.py."""

from __future__ import annotations

ENGINE = ("values", "model", "source", "canonical", "schedule", "admission", "inventory", "jobdiff", "updates")

LAYERS: dict[str, tuple[str, ...]] = {
    "values": (),
    "schedule": ("values",),
    "model": ("values",),
    "source": ("values", "model"),
    "canonical": ("values", "model", "source"),
    "admission": ("values", "model", "source", "canonical", "schedule"),
    "inventory": ("values", "model"),
    "jobdiff": ("values", "model", "canonical"),
    "updates": ("values", "model", "canonical", "jobdiff"),
    "reconcile": ("values", "model", "inventory", "updates"),
    "placement": ("values", "model", "inventory", "reconcile"),
    "explain": (*ENGINE, "reconcile", "placement"),
    "planning": (*ENGINE, "reconcile", "placement", "explain"),
    "rendering": ("values",),
    "rules": (*ENGINE,),
    "capture": ("values", "model", "canonical", "inventory", "rendering"),
    "registry": (*ENGINE, "reconcile", "placement", "planning"),
    "httpapi": (*ENGINE, "reconcile", "placement", "planning", "registry"),
    "cli": (
        *ENGINE,
        "reconcile",
        "placement",
        "explain",
        "planning",
        "rendering",
        "rules",
        "registry",
        "httpapi",
        "capture",
    ),
    "testing": (*ENGINE, "reconcile", "placement", "planning", "rendering", "capture"),
}
"""Every folder may also import `jobplan.errors`. Imports inside functions count too: laziness is no licence."""

EDGES = ("cli", "httpapi", "registry", "testing", "capture")
"""The only folders that may touch files, clocks, randomness, sockets, the environment."""
