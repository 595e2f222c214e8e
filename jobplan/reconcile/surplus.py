"""Which allocations are too many. spec: reconcile §3.9"""

from __future__ import annotations

import dataclasses

from jobplan.inventory.allocations import Allocation
from jobplan.reconcile.changes import Stop
from jobplan.reconcile.classify import Allocs
from jobplan.reconcile.names import NameIndex
from jobplan.reconcile.predicates import index_of
from jobplan.reconcile.texts import LOST, NOT_NEEDED


@dataclasses.dataclass(slots=True)
class Surplus:
    """The sets of one group while surplus is removed; `migrate` shrinks, `stops` grows."""

    job_id: str
    group: str
    count: int
    untainted: Allocs
    migrate: Allocs
    lost: Allocs
    canaries: Allocs
    canarying: bool
    names: NameIndex
    stops: dict[str, Stop] = dataclasses.field(default_factory=dict)

    def remove(self) -> None:
        """Steps 1 to 6; step 7, the counting, is the caller's."""
        for alloc in self.lost.values():  # step 1
            self.stops[alloc.id] = Stop(alloc, LOST, "lost")
        work = {key: alloc for key, alloc in self.untainted.items() if not (self.canarying and key in self.canaries)}
        known = sum(1 for alloc in work.values() if alloc.client_status != "unknown")
        left = known + len(self.migrate) - self.count  # step 2
        if left <= 0:
            return
        work = {key: alloc for key, alloc in work.items() if not alloc.server_terminal}  # step 3
        for step in (self._doubles_of_canaries, self._migrating, self._highest):
            left = step(work, left)
            if left == 0:
                return

    def _stop(self, alloc: Allocation) -> None:
        self.stops[alloc.id] = Stop(alloc, NOT_NEEDED)

    def _doubles_of_canaries(self, work: Allocs, left: int) -> int:
        """Step 4: after promotion, old allocations that have the name of a canary."""
        if self.canarying or not self.canaries:
            return left
        names = {alloc.name for alloc in self.canaries.values()}
        for alloc in [alloc for key, alloc in work.items() if key not in self.canaries and alloc.name in names]:
            self._stop(alloc)
            del work[alloc.id]
            left -= 1
            if left == 0:
                break
        return left

    def _migrating(self, work: Allocs, left: int) -> int:
        """Step 5: allocations that would migrate, highest names first."""
        if not self.migrate:
            return left
        names = NameIndex(self.job_id, self.group, self.count, self.migrate.values()).highest(left)
        for alloc in [alloc for alloc in self.migrate.values() if alloc.name in names]:
            self._stop(alloc)
            del self.migrate[alloc.id]
            self.names.unset(index_of(alloc))
            left -= 1
            if left == 0:
                break
        return left

    def _highest(self, work: Allocs, left: int) -> int:
        """Step 6: highest names first, then whatever remains."""
        names = self.names.highest(left)
        for alloc in [*(alloc for alloc in work.values() if alloc.name in names), *work.values()]:
            if alloc.id in self.stops:
                continue
            self._stop(alloc)
            left -= 1
            if left == 0:
                break
        return left
