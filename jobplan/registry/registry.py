"""The registry: jobs with a history, planned and scheduled on an inventory; all that the HTTP API does but HTTP."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobplan.canonical.load import from_api
from jobplan.inventory import Allocation, Deployment, Inventory, JobVersion
from jobplan.inventory.nodes import Node
from jobplan.model.job import Job
from jobplan.model.settings import DEFAULT_SETTINGS, NamespaceSettings, Settings
from jobplan.planning import Plan, plan
from jobplan.registry import children, clients, removing, watching
from jobplan.registry import records as rec
from jobplan.registry.evaluations import BLOCKED, new_evaluation, put_evaluations
from jobplan.registry.faults import JOB_NOT_FOUND, Refusal
from jobplan.registry.forcing import force_reschedule
from jobplan.registry.records import Api
from jobplan.registry.registering import (
    NO_VERSION,
    Registration,
    admit_registration,
    permit_everything,
    register,
    revert_candidate,
)
from jobplan.registry.scaling import Scaling, scale
from jobplan.registry.setup import DEFAULT_SCHEDULER, fill, merged
from jobplan.registry.state import State
from jobplan.registry.store import MemoryStore, Store
from jobplan.registry.storing import record_launch
from jobplan.registry.versions import find_version, remove_tag, set_stability, set_tag
from jobplan.registry.worker import carry_out, pending_evaluations, retry

if TYPE_CHECKING:
    from jobplan.planning.scheduling import NodeOrder

RETRIED_AT_ONCE = 50
"""Blocked evaluations that are tried again in one go."""
CANNOT_EVALUATE = "can't evaluate {} job"
MOST_EVALUATIONS = 10_000
"""Evaluations that one request may set off: a guard against evaluations that create each other without end."""


class Registry:
    """A job registry. All methods may be called from any thread; writes are carried out one after the other.

    Each write returns when it is durable and everything it set off is done: evaluations are carried out, deployments
    have gone on. Raises `Refusal` (a `RegistryError`) and `AdmissionError` with the server's exact texts. spec: api §5
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        settings: Settings = DEFAULT_SETTINGS,
        clock: Callable[[], int] = time.time_ns,
        node_order: NodeOrder | None = None,
        kept_versions: int = 6,
        acls: bool = False,
    ) -> None:
        """`clock` gives the time in ns; `acls`: whether callers need permissions, so that switched off registrations
        really are off (api §5.3 step 1)."""
        self.state = State(MemoryStore() if store is None else store, kept_versions=kept_versions)
        self._own_settings, self._clock, self._order, self._acls = settings, clock, node_order, acls
        self._retried = 0
        self._settings: tuple[tuple[Any, ...], Settings] | None = None
        self.simulate_clients = False
        """Whether allocations that are placed report to be running and healthy at once."""
        self.state.load()
        if self.state.get(rec.SETTINGS, "scheduler") is None:
            with self.state.transaction() as state:
                index = state.next_index()
                state.put(rec.SETTINGS, ("scheduler",), DEFAULT_SCHEDULER, index=index)
                state.put(rec.SETTINGS, ("namespaces",), {}, index=index)
                state.put(rec.SETTINGS, ("node_pools",), {}, index=index)
            self.state.table_index.clear()
        self.run_due()

    def close(self) -> None:
        self.state.store.close()

    # ---- the frame of every write ------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return self._clock()

    @contextlib.contextmanager
    def writing(self) -> Iterator[State]:
        """One request that writes; ends when the evaluations that it set off are carried out."""
        with self.state.transaction() as state:
            yield state
            self._settle(state)

    def _settle(self, state: State) -> None:
        done = 0
        while True:
            pending = pending_evaluations(state, self.now)
            if not pending or done >= MOST_EVALUATIONS:
                if not (self.simulate_clients and clients.start_all(state, self.now)):
                    return
                continue
            carry_out(state, pending[0], self.now, order=self._order)
            done += 1

    @property
    def settings(self) -> Settings:
        """Server settings with what the state decides: scheduler configuration, namespaces, node pools."""
        with self.state.lock:
            subjects = tuple(self.state.get(rec.SETTINGS, name) for name in ("scheduler", "namespaces", "node_pools"))
            if self._settings is None or any(a is not b for a, b in zip(self._settings[0], subjects)):
                self._settings = subjects, self._with_state(*subjects)
            return self._settings[1]

    def _with_state(self, scheduler: Api, namespaces: Api, pools: Api) -> Settings:
        own = self._own_settings
        known: dict[str, NamespaceSettings | None] = dict.fromkeys(namespaces)
        oversubscribed = {}
        for name, pool in pools.items():
            value = (pool.get("SchedulerConfiguration") or {}).get("MemoryOversubscriptionEnabled")
            if value is not None:
                oversubscribed[name] = value
        return dataclasses.replace(
            own,
            memory_oversubscription=own.memory_oversubscription or bool(scheduler.get("MemoryOversubscriptionEnabled")),
            pool_memory_oversubscription={**own.pool_memory_oversubscription, **oversubscribed},
            namespaces={**known, **own.namespaces},
            node_pools=(*own.node_pools, *pools),
            reject_job_registration=self._acls
            and (own.reject_job_registration or bool(scheduler.get("RejectJobRegistration"))),
        )

    # ---- jobs --------------------------------------------------------------------------------------------------------

    def register(
        self,
        job: Job | Api,
        given: Registration = Registration(),  # noqa: B008 - frozen
        *,
        permit: Callable[[], None] = permit_everything,
    ) -> Api:
        """Register a job; gives the response of the endpoint. A `Job` is the caller's own and is changed.

        `permit` is asked after admission and raises where the caller may not register. spec: api §5.3
        """
        own = job if isinstance(job, Job) else from_api(job)
        candidate = admit_registration(own, given, self.settings)
        with self.writing() as state:
            return register(state, candidate, given, now=self.now, permit=permit)

    def plan(self, job: Job | Api, *, diff: bool = True) -> Plan:
        """The dry run of registering a job. spec: api §6.15"""
        moment = dt.datetime.fromtimestamp(self.now / 1e9, dt.UTC)
        settings = dataclasses.replace(self.settings, reject_job_registration=False)
        return plan(job, self.inventory(), diff=diff, now=moment, config=settings, node_order=self._order)

    def revert(self, namespace: str, job_id: str, version: int, prior: int | None = None) -> Api:
        """Register an old version again. spec: api §6.12"""
        with self.writing() as state:
            candidate, given = revert_candidate(state, namespace, job_id, version, prior, self.settings)
            return register(state, candidate, given, now=self.now)

    def stop(
        self, namespace: str, job_id: str, *, purge: bool = False, priority: int = 0, no_shutdown_delay: bool = False
    ) -> Api:
        """Stop or purge a job. spec: api §6.17"""
        with self.writing() as state:
            return removing.stop_job(
                state,
                namespace,
                job_id,
                purge=purge,
                priority=priority,
                no_shutdown_delay=no_shutdown_delay,
                now=self.now,
            )

    def scale(self, namespace: str, job_id: str, given: Scaling) -> Api:
        """Scale a group. spec: api §7.4"""
        with self.writing() as state:
            return scale(state, namespace, job_id, given, max_count=self._own_settings.job_max_count, now=self.now)

    def evaluate(self, namespace: str, job_id: str, *, forced: bool = False) -> Api:
        """Create an evaluation. spec: api §6.14"""
        with self.writing() as state:
            version: JobVersion | None = state.get(rec.JOBS, namespace, job_id)
            if version is None:
                raise Refusal(JOB_NOT_FOUND)
            if rec.is_periodic(version.job):
                raise Refusal(CANNOT_EVALUATE.format("periodic"))
            if rec.is_parameterized(version.job):
                raise Refusal(CANNOT_EVALUATE.format("parameterized"))
            index = state.next_index()
            state.table_index[rec.ALLOCATIONS] = index  # the write is one of transitions, even if there are none
            if forced:
                force_reschedule(state, version, index)
            made = new_evaluation(version.job, "job-register", now=self.now, JobModifyIndex=version.job.modify_index)
            put_evaluations(state, [made], index, derive=False)
            return {
                "EvalID": made["ID"],
                "EvalCreateIndex": index,
                "JobModifyIndex": version.job.modify_index,
                "Warnings": "",
                "Index": index,
                "LastContact": 0,
                "KnownLeader": False,
                "NextToken": "",
            }

    def set_stability(self, namespace: str, job_id: str, version: int, stable: bool) -> int:
        """Mark a version stable or not; gives the index. spec: api §6.13"""
        with self.writing() as state:
            found = find_version(state, namespace, job_id, version)
            if found is None:
                raise Refusal(NO_VERSION(id=job_id, ns=namespace, v=version))
            index = state.next_index()
            set_stability(state, found, stable, index)
            return index

    def tag(
        self, namespace: str, job_id: str, name: str, *, version: int = 0, latest: bool = False, description: str = ""
    ) -> tuple[int, int]:
        """Tag a version; gives the index and the time of the tag (ns). spec: api §5.6"""
        with self.writing() as state:
            now = self.now
            index = set_tag(
                state, namespace, job_id, name, version=version, latest=latest, description=description, now=now
            )
            return index, now

    def untag(self, namespace: str, job_id: str, name: str) -> int:
        """Remove a tag; gives the index."""
        with self.writing() as state:
            return remove_tag(state, namespace, job_id, name)

    # ---- children ----------------------------------------------------------------------------------------------------

    def dispatch(self, namespace: str, job_id: str, given: children.Dispatch) -> Api:
        """Dispatch a parameterized job. spec: api §6.11"""
        with self.writing() as state:
            most = self._own_settings.job_max_priority
            return children.dispatch(state, namespace, job_id, given, max_priority=most, now=self.now)

    def force_launch(self, namespace: str, job_id: str) -> tuple[str, int]:
        """Launch a periodic job now; gives the evaluation's ID and the index. spec: api §6.16"""
        with self.writing() as state:
            return children.force(state, namespace, job_id, self.now)

    # ---- deployments -------------------------------------------------------------------------------------------------

    def deployment(self, deployment_id: str) -> Deployment:
        found: Deployment | None = self.state.get(rec.DEPLOYMENTS, deployment_id)
        if found is None:
            raise Refusal(watching.NOT_FOUND)
        return found

    def promote(self, deployment_id: str, groups: Sequence[str] | None) -> tuple[int, Api | None]:
        """Promote canaries; gives the index and the evaluation."""
        with self.writing() as state:
            return watching.promote(state, self.deployment(deployment_id), groups, self.now)

    def fail_deployment(self, deployment_id: str) -> tuple[int, Api | None, int | None]:
        """Mark a deployment as failed; gives the index, the evaluation, the version that is rolled back to."""
        with self.writing() as state:
            found = self.deployment(deployment_id)
            if not found.active:
                raise Refusal(watching.FAIL_TERMINAL)
            return watching.fail(state, found, (), watching.BY_HAND, self.now)

    def pause_deployment(self, deployment_id: str, paused: bool) -> tuple[int, Api | None]:
        """Pause a deployment or let it go on; gives the index and the evaluation."""
        with self.writing() as state:
            return watching.pause(state, self.deployment(deployment_id), paused, self.now)

    # ---- the cluster -------------------------------------------------------------------------------------------------

    def inventory(self) -> Inventory:
        """The state as the engine plans on it; frozen."""
        return self.state.inventory()

    def add_nodes(self, nodes: Iterable[Api]) -> None:
        """Nodes that join, or replace those of the same ID, as `GET /v1/node/:id` shows them. Raises InventoryError."""
        known = [(Node.from_api(api).id, api) for api in nodes]
        with self.writing() as state:
            index = state.next_index()
            for node_id, api in known:
                state.put(rec.NODES, (node_id,), api, index=index)

    def report(self, updates: Iterable[tuple[Allocation, Mapping[str, Any]]]) -> None:
        """What clients say about allocations; see `clients.report`."""
        with self.writing() as state:
            clients.report(state, updates, self.now)

    def configure(self, config: Mapping[str, Any]) -> None:
        """Scheduler configuration (merged into the present one), names of namespaces and node pools."""
        with self.writing() as state:
            index = state.next_index()
            scheduler = merged(state.get(rec.SETTINGS, "scheduler"), config.get("SchedulerConfig") or {})
            state.put(rec.SETTINGS, ("scheduler",), scheduler, index=index)
            for subject, key in (("namespaces", "Namespaces"), ("node_pools", "NodePools")):
                known = dict(state.get(rec.SETTINGS, subject))
                known.update({name: {"Name": name} for name in config.get(key) or ()})
                state.put(rec.SETTINGS, (subject,), known, index=index)

    def import_inventory(self, obj: Api) -> None:
        """Start from captured cluster state: everything if no job is registered, else only its nodes.

        Raises `InventoryError`. spec: interface (Loading)
        """
        inventory = Inventory.from_api(obj)
        with self.state.transaction() as state:
            fill(state, obj, inventory)

    def reset(self) -> None:
        """Remove everything and restore the default settings; the index goes on."""
        with self.state.transaction() as state:
            for table in rec.TABLES:
                for key in list(state.tables[table]):
                    if table != rec.SETTINGS:
                        state.delete(table, key)
            state.put(rec.SETTINGS, ("scheduler",), DEFAULT_SCHEDULER)
            state.put(rec.SETTINGS, ("namespaces",), {})
            state.put(rec.SETTINGS, ("node_pools",), {})
            state.table_index.clear()
            state.next_index()

    # ---- time --------------------------------------------------------------------------------------------------------

    def run_due(self) -> None:
        """Carry out what is due: waiting evaluations, launches of periodic jobs, deadlines of deployments."""
        now = self.now
        for key in self.due_launches(now):
            with self.writing() as state:
                self._launch(state, key, now)
        overdue = [item for item in self._deployments() if watching.is_overdue(item, now)]
        for deployment in overdue:
            with self.writing() as state:
                watching.fail(state, deployment, (), watching.OVERDUE, now)
        with self.state.lock:
            waiting = pending_evaluations(self.state, now)
        if waiting:
            with self.writing():
                pass

    def retry_blocked(self) -> int:
        """Try blocked evaluations again if room became free since the last time; gives how many could place something.

        Each is a request of its own, so that others get their turn.
        """
        with self.state.lock:
            if not self.state.freed:
                return 0
            self.state.freed = False
            blocked = [item for item in self.state.tables[rec.EVALUATIONS].values() if item["Status"] == BLOCKED]
        blocked.sort(key=lambda item: (-item["Priority"], item["CreateIndex"]))
        if self._retried >= len(blocked):
            self._retried = 0
        batch = blocked[self._retried : self._retried + RETRIED_AT_ONCE]
        self._retried += len(batch)
        placed = 0
        for evaluation in batch:
            with self.writing() as state:
                placed += retry(state, evaluation, self.now, order=self._order)
        if self._retried < len(blocked):
            self.state.freed = True  # the others are next
        return placed

    def _deployments(self) -> list[Deployment]:
        with self.state.lock:
            return list(self.state.tables[rec.DEPLOYMENTS].values())

    def due_launches(self, now: int) -> list[rec.JobKey]:
        """Periodic jobs whose next launch after the last one is not in the future."""
        return [key for key, at in self.launch_times() if at <= now]

    def launch_times(self) -> list[tuple[rec.JobKey, int]]:
        """The next launch (ns) of every active periodic job."""
        with self.state.lock:
            tracked = [
                (key, self.state.tables[rec.JOBS][key].job, record["Launch"])
                for key, record in self.state.tables[rec.LAUNCHES].items()
                if key in self.state.tables[rec.JOBS] and rec.is_active_periodic(self.state.tables[rec.JOBS][key].job)
            ]
        found = [(key, children.next_launch_of(job, last)) for key, job, last in tracked]
        return [((key[0], key[1]), at) for key, at in found if at is not None]

    def _launch(self, state: State, key: rec.JobKey, now: int) -> None:
        version: JobVersion | None = state.get(rec.JOBS, *key)
        if version is None or not rec.is_active_periodic(version.job):
            return
        record = state.get(rec.LAUNCHES, *key)
        at = children.next_launch_of(version.job, record["Launch"])
        if at is None or at > now:
            return
        # After a pause several launches may be overdue: only one is made up for. spec: api §5.12
        following = children.next_launch_of(version.job, at)
        if following is not None and following <= now:
            at = now
        if children.launch_is_blocked(state, version.job):
            record_launch(state, key, at, state.next_index())
            return
        children.launch(state, version.job, at, now)

    def collect_garbage(self, *, forced: bool = False) -> dict[str, int]:
        """Remove what is over and old; gives the numbers removed. spec: api §5.11"""
        with self.writing() as state:
            return removing.collect(state, self.now, forced=forced)
