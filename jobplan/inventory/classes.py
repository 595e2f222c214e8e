"""Computed classes: which nodes are alike for constraints. spec: placement §1.6"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

_UNIQUE = "unique."


def derive_class(
    datacenter: str,
    node_class: str,
    node_pool: str,
    attributes: Mapping[str, str],
    meta: Mapping[str, str],
    devices: Iterable[Any],
) -> str:
    """A computed class for a node whose capture lacks the stored one.

    Nodes get the same text if and only if everything the server hashes is equal. The number itself is not the
    server's, but it has the same form and shows only as a key of `ClassEligibility`. spec: placement §1.6
    """
    alike = [
        datacenter,
        node_class,
        node_pool,
        _shared(attributes),
        _shared(meta),
        [[device.vendor, device.type, device.name, _shared(device.attributes)] for device in devices],
    ]
    digest = hashlib.blake2b(json.dumps(alike, sort_keys=True).encode(), digest_size=8).digest()
    return f"v1:{int.from_bytes(digest, 'big')}"


def _shared(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if not key.startswith(_UNIQUE)}
