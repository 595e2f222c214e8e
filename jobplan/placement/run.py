"""One run of the scheduler for one job: what all its selections and probes share. spec: placement §3, §5.4, §7

run = Run(job, inventory, ...)
run.fits_in_place(allocation)      asked by reconciliation, before anything is placed
loop.place(run, changes)           service and batch
system.place_system(run, changes)  system and sysbatch; `run.stop_all(stops)` before the probes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.jobs import JobVersion
from jobplan.inventory.pools import SchedulerConfig
from jobplan.placement.asks import Ask, make_ask, property_limits
from jobplan.placement.chain import SYSBATCH, SYSTEM, Chain, ClassCache
from jobplan.placement.cluster import Cluster, cluster_of
from jobplan.placement.constraints import any_escapes
from jobplan.placement.draft import Draft
from jobplan.placement.fit import Fit
from jobplan.placement.propertyuse import Counts, PropertyUse, existing_use
from jobplan.placement.reasons import SILENT, Trace
from jobplan.placement.resources import Occupant, with_updated_tasks
from jobplan.placement.select import PATIENCE, NodeList, Selection
from jobplan.placement.spread import Spreads
from jobplan.placement.trial import NetworkNeed, Trial

if TYPE_CHECKING:
    from jobplan.inventory.columns import ReadyNodes
    from jobplan.inventory.nodes import Node
    from jobplan.inventory.snapshot import Inventory
    from jobplan.model.group import TaskGroup
    from jobplan.model.job import Job
    from jobplan.placement.asks import PropertyLimit
    from jobplan.placement.bulk import Bulk

Order = Callable[[Sequence["Node"]], Sequence["Node"]]
"""Puts the nodes of a base list into the order in which selections go through them."""


def ascending(nodes: Sequence[Node]) -> Sequence[Node]:
    """The stable order: by ID, as the base list comes. spec: placement §16"""
    return nodes


class Run:
    """State of one run.

    job         the job under reconciliation (*J*)
    inventory   the cluster before the plan; the same object for many plans makes them faster
    order       of the nodes; the real program shuffles them, any order is one it could have had
    config      settings that replace those of the inventory, for what-if questions
    use_columns whether many nodes may be judged at once; the answer is the same, only faster
    """

    def __init__(
        self,
        job: Job,
        inventory: Inventory,
        *,
        order: Order = ascending,
        config: SchedulerConfig | None = None,
        trace: Trace = SILENT,
        use_columns: bool = True,
    ) -> None:
        self.job = job
        self.version = JobVersion.of(job)
        self.inventory = inventory
        self.cluster: Cluster = cluster_of(inventory)
        self.order, self.trace, self.use_columns = order, trace, use_columns
        self.pulled = 0
        """Nodes looked at one by one so far."""
        self._config = inventory.scheduler_config if config is None else config
        self.draft = Draft(self.cluster)
        self.cache = ClassCache()
        self.network = NetworkNeed()
        self._inherited: dict[str, NetworkNeed] = {}
        """What the last selection of a group without a network of its own looked for."""
        self.missing_volumes: set[str] = set()
        self.spreads = Spreads(self._spread_use)
        self.updated: dict[str, Occupant] = {}
        """Allocations that a probe found can be updated in place, with what they hold afterwards."""
        self.failed_asks: dict[str, Ask] = {}
        """What found no place, per group; it may be of an older version of the job."""
        self._asks: dict[tuple[int, str], Ask] = {}
        self._limits: dict[tuple[int, str], tuple[tuple[PropertyLimit, PropertyUse], ...]] = {}
        self._existing: dict[tuple[str, str | None, frozenset[str] | None], Counts] = {}
        self._avoid: frozenset[int] | None = None
        self.groups: dict[str, TaskGroup] = {group.name: group for group in job.task_groups or ()}
        self._numbers = 0

    # ---- facts -----------------------------------------------------------------------------------------------------

    @property
    def is_system(self) -> bool:
        return self.job.type in (SYSTEM, SYSBATCH)

    def config_for(self, job: Job) -> SchedulerConfig:
        """Scheduler settings with those of the job's pool on top. spec: placement §1.7"""
        return self._config.in_pool(self.inventory.node_pools.get(job.node_pool))

    def ready(self, job: Job) -> ReadyNodes:
        """The base list for a job. spec: placement §2"""
        return self.cluster.ready(job.node_pool, tuple(job.datacenters or ()))

    def ask(self, job: Job, group: TaskGroup) -> Ask:
        """The ask of a group, made once per job version."""
        key = (id(job), group.name)
        found = self._asks.get(key)
        if found is None:
            found = self._asks[key] = make_ask(
                job, group, oversubscription=self.config_for(job).memory_oversubscription
            )
        return found

    @property
    def escapes(self) -> bool:
        """Whether the job or a group of it escapes class caching. spec: placement §7"""
        groups = self.groups.values()
        return self.job_escapes or any(self.ask(self.job, group).group_escapes for group in groups)

    @property
    def job_escapes(self) -> bool:
        return any_escapes(self.job.constraints)

    @property
    def avoid_ports(self) -> frozenset[int]:
        """Static ports of the job: a dynamic port takes one only when nothing else is free."""
        if self._avoid is None:
            networks = [
                network
                for group in self.groups.values()
                for owner in (group.networks, *(task.resources.networks for task in group.tasks or ()))
                for network in owner or ()
            ]
            self._avoid = frozenset(port.value for network in networks for port in network.reserved_ports or ())
        return self._avoid

    # ---- selections --------------------------------------------------------------------------------------------------

    def trial(
        self,
        ask: Ask,
        name: str,
        *,
        draft: Draft | None = None,
        preempting: bool = False,
        penalties: Iterable[str] = (),
    ) -> Trial:
        """What a selection looks at. Takes over the group's network: a group without one keeps the one of the
        group before it (quirk 2). spec: placement §5.4"""
        if ask.network is not None:
            self.network.mode = ask.network.mode
            self.network.ports = (*ask.network.dynamic, *ask.network.static)
        else:
            self._inherited[ask.name] = NetworkNeed(self.network.mode, self.network.ports)
        on_draft = self.draft if draft is None else draft
        limits = self._limits_of(ask, on_draft)
        for _, use in limits:
            use.refresh()
        return Trial(
            ask,
            name,
            self.version,
            self.config_for(ask.job),
            self.cluster,
            on_draft,
            self.network,
            limits,
            frozenset(penalties),
            self.avoid_ports,
            preempting,
            missing_volumes=self.missing_volumes,
        )

    def probe(self, ask: Ask, name: str, draft: Draft) -> Trial:
        """A trial for explanations, made after the plan: it looks for what the plan looked for, and no later
        selection or probe is the other for it."""
        if ask.network is None:
            need = self._inherited.get(ask.name, NetworkNeed())
        else:
            need = NetworkNeed(ask.network.mode, (*ask.network.dynamic, *ask.network.static))
        limits = self._own_limits(ask, draft)
        for _, use in limits:
            use.refresh()
        config = self.config_for(ask.job)
        return Trial(ask, name, self.version, config, self.cluster, draft, need, limits, avoid_ports=self.avoid_ports)

    def selection(self, trial: Trial, *, scored: bool) -> Selection:
        """A selection for the trial, counted from zero."""
        self.trace.selection(trial.ask.name, trial.name, preempting=trial.preempting)
        if self.is_system:
            self.cache.clear()
        spread = self.spreads.of(trial.ask) if scored else None
        if spread is not None and trial.draft is self.draft:
            spread.refresh()
        return Selection(self, Chain(trial, self.cache, self.job.type), spread)

    def new_occupant(self, ask: Ask, name: str, fit: Fit) -> Occupant:
        """The allocation that a selection has found a place for."""
        self._numbers += 1
        return Occupant(
            None,
            (f"new {self._numbers}", name, ask.name),
            self.version,
            fit.node.id,
            fit.resources(ask),
            usage=fit.usage,
        )

    def _limits_of(self, ask: Ask, draft: Draft) -> tuple[tuple[PropertyLimit, PropertyUse], ...]:
        """Trackers of `distinct_property`; those of the jobs of both versions stay after a downgrade. §5.9"""
        if draft is not self.draft:
            return self._own_limits(ask, draft)
        for key, limits, group in (
            ((id(self.job), ""), property_limits(self.job.constraints), None),
            ((id(ask.job), ""), ask.job_limits, None),
            ((id(ask.job), ask.name), ask.group_limits, ask.name),
        ):
            if key not in self._limits:
                self._limits[key] = tuple((limit, self._use(limit.target, draft, group)) for limit in limits)
        job_wide = [limit for (_, name), limits in self._limits.items() if name == "" for limit in limits]
        return (*job_wide, *self._limits[id(ask.job), ask.name])

    def _own_limits(self, ask: Ask, draft: Draft) -> tuple[tuple[PropertyLimit, PropertyUse], ...]:
        return (
            *((limit, self._use(limit.target, draft, None)) for limit in ask.job_limits),
            *((limit, self._use(limit.target, draft, ask.name)) for limit in ask.group_limits),
        )

    def _use(self, target: str, draft: Draft, group: str | None, listed: frozenset[str] | None = None) -> PropertyUse:
        key = (target, group, listed)
        if key not in self._existing:
            self._existing[key] = existing_use(target, self.cluster, self.version, group, listed)
        return PropertyUse(target, draft, self._existing[key], group, listed)

    def _spread_use(self, target: str, group: str, listed: frozenset[str] | None) -> PropertyUse:
        return self._use(target, self.draft, group, listed)

    def is_worth_columns(self, nodes: NodeList) -> bool:
        """Whether to judge many nodes at once: the columns exist, or the run has looked at many nodes already."""
        return nodes.bulk is not None or self.pulled >= PATIENCE or self.cluster.has_columns(nodes.nodes)

    def bulk(self, nodes: NodeList) -> Bulk | None:
        """The judge of many nodes at once; None where amounts are too large for it."""
        if nodes.bulk is None:
            from jobplan.placement.bulk import Bulk

            try:
                nodes.bulk = Bulk(self, nodes.nodes)
            except OverflowError:
                self.use_columns = False
        return nodes.bulk

    # ---- updates in place ------------------------------------------------------------------------------------------

    def fits_in_place(self, allocation: Allocation) -> bool:
        """Whether the planned group can run on the allocation's node, its own resources released.

        Service and batch: against the cluster as it is. System and sysbatch: with the stops of the plan and the
        updates found possible before; a possible one is in the plan from then on. Fills the class cache.
        spec: placement §8.1; plan §6.1 step 8, §6.2; reconcile §3.10 row 8, §4.4
        """
        node = self.cluster.nodes[allocation.node_id]
        occupant = self.cluster.occupants[allocation.id]
        ask = self.ask(self.job, self.groups[allocation.task_group])
        draft = self.draft if self.is_system else Draft(self.cluster)
        draft.stop(occupant)
        preempting = self.is_system and self.config_for(self.job).preempts(self.job.type)
        trial = self.trial(ask, allocation.name, draft=draft, preempting=preempting)
        fit = self.selection(trial, scored=not self.is_system).try_node(node)
        if self.is_system:
            draft.undo_stop(occupant)
        if fit is None:
            return False
        updated = self.updated[allocation.id] = self._updated(occupant, fit, ask)
        if self.is_system:
            draft.place(updated)
        return True

    def _updated(self, occupant: Occupant, fit: Fit, ask: Ask) -> Occupant:
        resources = occupant.resources
        if resources is not None:
            resources = with_updated_tasks(resources, fit.tasks, ask.disk)
        return Occupant(
            occupant.allocation,
            (occupant.id, occupant.name, occupant.group),
            self.version,
            occupant.node_id,
            resources,
            client_terminal=occupant.client_terminal,
            terminal=occupant.terminal,
        )

    def stop_all(self, allocations: Iterable[Allocation]) -> None:
        """Puts stops into the plan; they free their room at once. spec: placement §8.1"""
        for allocation in allocations:
            occupant = self.cluster.occupants[allocation.id]
            if occupant.id not in self.draft.stopped.get(occupant.node_id, {}):
                self.draft.stop(occupant)

    def keep_all(self, allocations: Iterable[Allocation]) -> None:
        """Puts allocations that stay, updated or unchanged, into the plan. spec: placement §8.1 step 4"""
        for allocation in allocations:
            found = self.updated.get(allocation.id)
            self.draft.place(self.cluster.occupants[allocation.id] if found is None else found)
