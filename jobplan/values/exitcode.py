"""The exit code that Nomad gives a plan. spec: plan §7.1"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COUNTED = ("Stop", "Place", "Migrate", "DestructiveUpdate", "Canary")


def exit_code(response: Mapping[str, Any]) -> int:
    """1 when the job differs and allocations are created or destroyed, else 0; of a plan response.

    The counters of a group are summed in unsigned 64-bit arithmetic.
    """
    if (response.get("Diff") or {}).get("Type") == "None":
        return 0
    updates = (response.get("Annotations") or {}).get("DesiredTGUpdates") or {}
    sums = (sum(counters.get(key) or 0 for key in _COUNTED) for counters in updates.values())
    return int(any(total % 2**64 for total in sums))
