"""Service and batch jobs: the 27 steps per group. spec: reconcile §3

The order is not a matter of taste: each step narrows the sets that the next ones look at, and several quirks (a
counter overwritten at the end, a listed entry taken twice) exist only through it. Sets are dictionaries by
allocation ID in ascending order; where the real program visits a set in any order, this one goes by that order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from jobplan.inventory.allocations import Allocation
from jobplan.inventory.deployments import Deployment
from jobplan.inventory.jobs import JobVersion
from jobplan.inventory.nodes import Node
from jobplan.model.group import TaskGroup
from jobplan.model.job import Job
from jobplan.reconcile import predicates as is_
from jobplan.reconcile import rollouts
from jobplan.reconcile.changes import Changes, Counters, Destructive, FollowUp, GroupChanges, Kind, Stop, Wanted
from jobplan.reconcile.classify import Allocs, classify_all
from jobplan.reconcile.evaluations import CLIENT_STOP, DISCONNECT_TIMEOUT, RESCHEDULE_LATER, batch_follow_ups
from jobplan.reconcile.names import NameIndex
from jobplan.reconcile.reconnect import NOT_NEEDED, is_wanted, stop_reconnecting
from jobplan.reconcile.reschedule import Delayed, Timing, filter_rescheduled
from jobplan.reconcile.rollouts import Rollout, Split
from jobplan.reconcile.surplus import Surplus
from jobplan.reconcile.tainted import Tainted, tainted_nodes
from jobplan.reconcile.updates import FitsInPlace, NeedsReplacement, Probe, decide
from jobplan.values.durations import SECOND

STOP_GRACE = 5 * SECOND
MIGRATING = "alloc is being migrated"
RESCHEDULING = "alloc was rescheduled because it failed"


def reconcile(
    job: Job,
    allocations: Sequence[Allocation],
    deployments: Sequence[Deployment],
    nodes: Mapping[str, Node],
    versions: Sequence[JobVersion],
    *,
    now: int,
    needs_replacement: NeedsReplacement,
    fits_in_place: FitsInPlace,
) -> Changes:
    """What should change for a service or batch job.

    job           *J*: the planned job with its version and indexes, or the stored job if nothing changed (§2.1)
    allocations   all of the job's namespace and ID, in ascending order of ID (`Inventory.allocations_of`)
    deployments   of the job, the latest first (`Inventory.deployments_of`); not looked at for batch jobs
    nodes         all nodes by ID; `versions`: all known versions of the job (`Inventory.versions`)
    now           ns; `needs_replacement(old job, new job, group)` and `fits_in_place(alloc)`: see reconcile.updates

    Neither function is called for an allocation that an earlier row of §3.10 decides. Raises `PlanError` for a node
    with a status that the server cannot handle. spec: reconcile §3.0
    """
    batch = job.type == "batch"
    known = () if batch else deployments
    split = rollouts.split_deployment(known[0] if known else None, job)
    by_group: dict[str, Allocs] = {group.name: {} for group in job.task_groups or ()}
    for name in sorted({alloc.task_group for alloc in allocations} - by_group.keys()):
        by_group[name] = {}
    for alloc in allocations:
        by_group[alloc.task_group][alloc.id] = alloc
    tainted = tainted_nodes(allocations, nodes)
    if job.stop:
        groups = {name: _stop_group(name, allocs.values()) for name, allocs in by_group.items()}
        return Changes(groups, rollouts.summarise(job, split, {}, False, ()))
    world = World(
        job,
        batch,
        now,
        tainted,
        split,
        known,
        versions,
        Probe(job, nodes, needs_replacement, fits_in_place),
    )
    runs = [_run_group(world, name, allocs) for name, allocs in by_group.items()]
    attached = {run.name: run.state for run in runs if run.attaches}
    complete = all(run.complete for run in runs)
    change = rollouts.summarise(job, split, attached, complete, [run.state for run in runs])
    return Changes({run.name: run.result() for run in runs}, change)


def _stop_group(name: str, allocs: Iterable[Allocation]) -> GroupChanges:
    """The job is stopped: everything that is not terminal stops. spec: reconcile §3.0 step 3"""
    stops = tuple(Stop(alloc, NOT_NEEDED) for alloc in allocs if not alloc.terminal)
    return GroupChanges(name, Counters(stop=len(stops)), stops=stops)


@dataclasses.dataclass(frozen=True, slots=True)
class World:
    """What all groups of one run share."""

    job: Job
    batch: bool
    now: int
    tainted: Tainted
    split: Split
    deployments: Sequence[Deployment]
    versions: Sequence[JobVersion]
    probe: Probe


@dataclasses.dataclass(slots=True)
class Run:
    """One group on its way through the steps. The comments give the names of the specification."""

    world: World
    name: str
    group: TaskGroup | None
    allocs: Allocs  # A
    state: Rollout = dataclasses.field(default_factory=lambda: Rollout(False))  # S
    counters: Counters = dataclasses.field(default_factory=Counters)
    untainted: Allocs = dataclasses.field(default_factory=dict)  # U
    migrate: Allocs = dataclasses.field(default_factory=dict)  # M
    lost: Allocs = dataclasses.field(default_factory=dict)  # L
    disconnecting: Allocs = dataclasses.field(default_factory=dict)  # X
    reconnecting: Allocs = dataclasses.field(default_factory=dict)  # R
    expiring: Allocs = dataclasses.field(default_factory=dict)  # E
    reschedule: Allocs = dataclasses.field(default_factory=dict)  # RN
    later: list[Delayed] = dataclasses.field(default_factory=list)  # RL
    delayed_stop: list[Delayed] = dataclasses.field(default_factory=list)  # LL
    canaries: Allocs = dataclasses.field(default_factory=dict)  # K
    names: NameIndex = dataclasses.field(default_factory=lambda: NameIndex("", "", 0, ()))  # N
    canarying: bool = False
    ready: bool = True
    allowance: int = 0  # u
    replacements: list[Wanted] = dataclasses.field(default_factory=list)  # the list of §3.13
    place: list[Wanted] = dataclasses.field(default_factory=list)  # P
    destructive: Allocs = dataclasses.field(default_factory=dict)  # DU
    destructive_now: list[Destructive] = dataclasses.field(default_factory=list)
    in_place: Allocs = dataclasses.field(default_factory=dict)  # IP
    ignored: Allocs = dataclasses.field(default_factory=dict)
    stops: list[Stop] = dataclasses.field(default_factory=list)
    reconnected: list[Allocation] = dataclasses.field(default_factory=list)
    follow_ups: list[FollowUp] = dataclasses.field(default_factory=list)
    cases: dict[str, int] = dataclasses.field(default_factory=dict)
    needs_canaries: bool = False
    attaches: bool = False
    done: bool = False
    complete: bool = False

    @property
    def planned(self) -> TaskGroup:
        """TG; only asked for after step 2."""
        assert self.group is not None
        return self.group

    @property
    def count(self) -> int:
        return self.planned.count

    def wanted(self, kind: Kind, previous: Allocation) -> Wanted:
        """A placement that replaces an allocation, from an older version if that is called for. spec: §3.17"""
        older = None
        if self.canarying and not is_.has_canary_flag(previous):
            world = self.world
            older = rollouts.older_version(self.name, previous, world.job, world.deployments, world.versions)
        return Wanted(self.name, previous.name, kind, previous, older)

    def result(self) -> GroupChanges:
        moving = self.migrate.keys() | self.disconnecting.keys()
        return GroupChanges(
            self.name,
            self.counters,
            tuple(self.place),
            tuple(self.destructive_now),
            tuple(self.stops),
            tuple(self.in_place.values()),
            tuple(self.ignored.values()),
            tuple(item.alloc for item in self.later if item.alloc.id not in moving),
            tuple(self.disconnecting.values()),
            tuple(self.reconnected),
            tuple(self.follow_ups),
            self.cases,
            self.complete,
        )


def _run_group(world: World, name: str, allocs: Allocs) -> Run:
    run = Run(world, name, is_.find_group(world.job, name), allocs)
    for step in STEPS:
        step(run)
        if run.done:
            break
    return run


# ---- steps 1 to 8: sorting out --------------------------------------------------------------------------------------


def drop_server_terminal(run: Run) -> None:
    """Step 1. Finished batch allocations stay, unless they are asked to be rescheduled."""
    run.allocs = {
        key: alloc
        for key, alloc in run.allocs.items()
        if not alloc.server_terminal or (alloc.version.type == "batch" and not alloc.transition.reschedule)
    }


def stop_removed_group(run: Run) -> None:
    """Step 2. Client-terminal allocations, and for batch stopped ones, are counted."""
    if run.group is not None and run.group.count != 0:
        return
    run.counters.stop = len(run.allocs)
    run.stops = [Stop(alloc, NOT_NEEDED) for alloc in run.allocs.values()]
    run.done = run.complete = True


def find_rollout(run: Run) -> None:
    """Step 3."""
    run.state = rollouts.rollout_of(run.planned, run.world.split.current)


def set_aside_old_terminal(run: Run) -> None:
    """Step 4, batch only."""
    if not run.world.batch:
        return
    old = [key for key, alloc in run.allocs.items() if alloc.terminal and is_.is_older(alloc, run.world.job)]
    for key in old:
        run.ignored[key] = run.allocs[key]
    run.allocs = {key: alloc for key, alloc in run.allocs.items() if key not in run.ignored}
    run.counters.ignore += len(old)


def sort_out_canaries(run: Run) -> None:
    """Step 5. spec: reconcile §3.2"""
    unwanted = rollouts.unwanted_canaries(run.world.split)
    gone = [alloc for key, alloc in run.allocs.items() if key in unwanted]
    run.counters.stop += len(gone)
    run.stops += [Stop(alloc, NOT_NEEDED) for alloc in gone]
    run.allocs = {key: alloc for key, alloc in run.allocs.items() if key not in unwanted}
    if run.world.split.current is None:
        return
    placed = rollouts.current_canaries(run.world.split)
    classes = classify_all(
        (alloc for key, alloc in run.allocs.items() if key in placed), run.world.tainted, run.world.now
    )
    run.canaries = classes.untainted
    run.stops += [Stop(alloc, MIGRATING) for alloc in classes.migrate.values()]
    run.stops += [Stop(alloc, "alloc is lost since its node is down", "lost") for alloc in classes.lost.values()]
    uncounted = classes.migrate.keys() | classes.lost.keys()
    run.allocs = {key: alloc for key, alloc in run.allocs.items() if key not in uncounted}


def classify_allocations(run: Run) -> None:
    """Step 6. spec: reconcile §3.3"""
    classes = classify_all(run.allocs.values(), run.world.tainted, run.world.now)
    run.untainted, run.migrate, run.lost = classes.untainted, classes.migrate, classes.lost
    run.disconnecting, run.reconnecting, run.expiring = classes.disconnecting, classes.reconnecting, classes.expiring
    run.cases = classes.cases
    run.ignored |= classes.ignore
    run.counters.ignore += len(classes.ignore)


def reschedule_untainted(run: Run) -> None:
    """Step 7."""
    found = filter_rescheduled(run.untainted.values(), _timing(run), batch=run.world.batch)
    run.untainted = found.untainted
    run.reschedule |= found.now
    run.later += found.later


def reschedule_migrating(run: Run) -> None:
    """Step 8. An allocation may migrate and be rescheduled."""
    found = filter_rescheduled(run.migrate.values(), _timing(run), batch=run.world.batch)
    run.reschedule |= found.now
    run.later += found.later


def _timing(run: Run, *, disconnecting: bool = False) -> Timing:
    return Timing(run.world.now, run.world.split.current, disconnecting)


# ---- steps 9 to 13: clients that came or went -----------------------------------------------------------------------


def settle_reconnecting(run: Run) -> None:
    """Step 9. spec: reconcile §3.6"""
    if not run.reconnecting:
        return
    stops = stop_reconnecting(run.reconnecting, run.allocs, run.world.job, run.planned)
    run.counters.stop += len(stops)
    run.stops += stops.values()
    for allocs in (run.untainted, run.migrate, run.lost, run.disconnecting):
        for key in stops:
            allocs.pop(key, None)
    kept = {key: alloc for key, alloc in run.reconnecting.items() if key not in stops}
    run.reconnected = [
        alloc for alloc in kept.values() if alloc.client_status == "running" and is_wanted(alloc, run.world.job)
    ]
    run.counters.reconnect = len(run.reconnected)
    run.untainted |= kept


def lose_expiring(run: Run) -> None:
    """Step 10."""
    run.lost |= run.expiring


def settle_disconnecting(run: Run) -> None:
    """Step 11. spec: reconcile §3.7. The only place that writes `RescheduleNow`."""
    if not run.disconnecting:
        return
    found = filter_rescheduled(run.disconnecting.values(), _timing(run, disconnecting=True), batch=run.world.batch)
    run.reschedule |= found.now
    run.untainted |= found.untainted
    run.later += found.later
    timeouts = [Delayed(alloc, run.world.now + is_.lost_after(alloc)) for alloc in run.disconnecting.values()]
    run.follow_ups += batch_follow_ups(timeouts, DISCONNECT_TIMEOUT)
    run.counters.disconnect = len(run.disconnecting)
    run.counters.reschedule_now = len(run.reschedule)
    run.counters.reschedule_later = len(run.later)


def delay_client_stops(run: Run) -> None:
    """Step 12."""
    for alloc in run.lost.values():
        until = _client_stop(alloc, run.world.now)
        if until is not None and until > run.world.now:
            run.delayed_stop.append(Delayed(alloc, until))
    run.follow_ups += batch_follow_ups(run.delayed_stop, CLIENT_STOP)


def _client_stop(alloc: Allocation, now: int) -> int | None:
    """When the client will have stopped a lost allocation by itself, in ns; None if it does not."""
    group = is_.own_group(alloc)
    after = None if group is None or group.disconnect is None else group.disconnect.stop_on_client_after
    if group is None or after is None or after == 0:
        return None
    lost = (state.time for state in alloc.states if state.field == is_.CLIENT_STATUS and state.value == "lost")
    grace = max((task.kill_timeout for task in group.tasks or ()), default=0)
    return next(lost, now) + after + max(STOP_GRACE, grace)


def follow_up_reschedules(run: Run) -> None:
    """Step 13."""
    if run.later:
        run.follow_ups += batch_follow_ups(run.later, RESCHEDULE_LATER)
        run.counters.reschedule_later = len(run.later)


# ---- steps 14 to 21: how many stay, how they are updated -----------------------------------------------------------


def index_names(run: Run) -> None:
    """Step 14."""
    named = run.untainted | run.migrate | run.reschedule | run.lost
    run.names = NameIndex(run.world.job.id, run.name, run.count, named.values())


def see_canarying(run: Run) -> None:
    """Step 15."""
    run.canarying = run.state.canarying


def stop_surplus(run: Run) -> None:
    """Step 16. spec: reconcile §3.9"""
    surplus = Surplus(
        run.world.job.id,
        run.name,
        run.count,
        run.untainted,
        run.migrate,
        run.lost,
        run.canaries,
        run.canarying,
        run.names,
    )
    surplus.remove()
    run.counters.stop += len(surplus.stops)
    run.stops += surplus.stops.values()
    run.untainted = {key: alloc for key, alloc in run.untainted.items() if key not in surplus.stops}


def decide_updates(run: Run) -> None:
    """Step 17. spec: reconcile §3.10"""
    sets = {"ignore": run.ignored, "in_place": run.in_place, "destructive": run.destructive}
    ignored = len(run.ignored)
    for key, alloc in run.untainted.items():
        sets[decide(run.world.probe, alloc).decision][key] = alloc
    run.counters.ignore += len(run.ignored) - ignored
    run.counters.in_place_update = len(run.in_place)


def total_updates(run: Run) -> None:
    """Step 18."""
    if not run.state.existing:
        run.state.total += len(run.destructive) + len(run.in_place)


def leave_out_canaries(run: Run) -> None:
    """Step 19."""
    if run.canarying:
        run.untainted = {key: alloc for key, alloc in run.untainted.items() if key not in run.canaries}


def want_canaries(run: Run) -> None:
    """Step 20. spec: reconcile §3.11"""
    update = run.planned.update
    run.needs_canaries = (
        update is not None
        and len(run.destructive) != 0
        and len(run.canaries) < update.canary
        and not run.state.promoted
    )
    if update is not None and run.needs_canaries:
        run.state.desired_canaries = update.canary
        if not run.world.split.held:
            number = update.canary - len(run.canaries)
            run.counters.canary += number
            taken = {alloc.name for alloc in run.canaries.values()}
            names = run.names.next_canaries(number, taken, run.destructive.values())
            run.place += [Wanted(run.name, name, "canary") for name in names]
    run.canarying = run.state.canarying


def compute_allowance(run: Run) -> None:
    """Step 21. spec: reconcile §3.12, first match"""
    update, current = run.planned.update, run.world.split.current
    if update is None or is_.update_is_empty(update) or (not run.destructive and not run.migrate):
        run.allowance = run.count
    elif current is None:
        run.allowance = update.max_parallel
    elif run.world.split.held or run.canarying:
        run.allowance = 0
    else:
        rolled = [alloc for alloc in run.untainted.values() if alloc.deployment_id == current.id]
        pending = sum(1 for alloc in rolled if not is_.is_healthy(alloc) and not is_.is_unhealthy(alloc))
        stuck = any(is_.is_unhealthy(alloc) for alloc in rolled)
        run.allowance = 0 if stuck else max(0, update.max_parallel - pending)


# ---- steps 22 to 27: what is placed --------------------------------------------------------------------------------


def list_placements(run: Run) -> None:
    """Step 22. spec: reconcile §3.13"""
    if run.delayed_stop:
        return
    listed = [run.wanted("reschedule", alloc) for alloc in run.reschedule.values()]
    existing = len(run.untainted) + len(run.migrate) + len(run.reschedule)
    for alloc in run.lost.values():
        if existing >= run.count:
            break
        listed.append(run.wanted("lost", alloc))
        existing += 1
    if existing < run.count:
        listed += [Wanted(run.name, name) for name in run.names.next(run.count - existing)]
    run.replacements = listed
    if not run.state.existing:
        run.state.total += len(listed)


def apply_placements(run: Run) -> None:
    """Step 23. spec: reconcile §3.13"""
    run.ready = not run.world.split.held and not run.canarying
    if run.ready:
        run.counters.place += len(run.replacements)
        run.place += run.replacements
        failed = [alloc for alloc in run.reschedule.values() if _is_failed(run, alloc)]
        run.counters.stop += len(failed)
        run.stops += [Stop(alloc, RESCHEDULING) for alloc in failed]
        run.allowance -= min(len(run.replacements), run.allowance)
        return
    if run.lost:
        first = run.replacements[: len(run.lost)]
        run.counters.place += len(first)
        run.place += first
    for entry in run.replacements:
        if entry.kind != "reschedule" or entry.previous is None or _is_held_back(run, entry.previous):
            continue
        run.counters.place += 1  # entries taken above are taken again
        run.place.append(entry)
        if entry.previous.id not in run.disconnecting:
            run.counters.stop += 1
            run.stops.append(Stop(entry.previous, RESCHEDULING))


def _is_failed(run: Run, alloc: Allocation) -> bool:
    """Stopped because it is rescheduled, not because its client is gone or it migrates."""
    return alloc.id not in run.disconnecting and alloc.id not in run.migrate and alloc.client_status != "unknown"


def _is_held_back(run: Run, alloc: Allocation) -> bool:
    """Part of the failed current deployment."""
    current = run.world.split.current
    return current is not None and current.failed and alloc.deployment_id == current.id


def replace_destructive(run: Run) -> None:
    """Step 24. spec: reconcile §3.14"""
    number = min(len(run.destructive), run.allowance) if run.ready else 0
    ordered = sorted(run.destructive.values(), key=is_.index_of)
    run.destructive_now = [Destructive(run.name, alloc.name, alloc) for alloc in ordered[:number]]
    run.counters.destructive_update = number
    run.counters.ignore += len(ordered) - number
    run.ignored |= {alloc.id: alloc for alloc in ordered[number:]}


def move_migrating(run: Run) -> None:
    """Step 25. spec: reconcile §3.15"""
    run.counters.migrate += len(run.migrate)
    for alloc in sorted(run.migrate.values(), key=is_.index_of):
        run.stops.append(Stop(alloc, MIGRATING))
        stays_away = alloc.transition.reschedule or alloc.transition.no_placement
        if not (alloc.version.type == "batch" and stays_away):
            run.place.append(run.wanted("migrate", alloc))


def attach_rollout(run: Run) -> None:
    """Step 26. spec: reconcile §3.16"""
    updating = len(run.destructive) != 0 or run.counters.in_place_update != 0
    started = any(is_.is_of_version(alloc, run.world.job) for alloc in run.allocs.values())
    run.attaches = (
        not run.state.existing
        and not is_.update_is_empty(run.planned.update)
        and run.state.total != 0
        and not (started and not updating)
    )
    moving = (run.destructive, run.in_place, run.place, run.migrate, run.reschedule, run.later)
    current = run.world.split.current
    run.complete = not any(moving) and not run.needs_canaries and current is not None
    if run.state.existing:
        state = run.state
        healthy = current.groups[run.name].healthy_allocs if current is not None else 0
        enough = healthy >= max(state.total, state.desired_canaries)
        run.complete = run.complete and enough and (state.desired_canaries == 0 or state.promoted)


def cap_placements(run: Run) -> None:
    """Step 27. The counter is overwritten, even upwards."""
    if len(run.place) > run.count:
        del run.place[run.count :]
        run.counters.place = run.count


STEPS: tuple[Callable[[Run], None], ...] = (  # spec: reconcile §3.1
    drop_server_terminal,
    stop_removed_group,
    find_rollout,
    set_aside_old_terminal,
    sort_out_canaries,
    classify_allocations,
    reschedule_untainted,
    reschedule_migrating,
    settle_reconnecting,
    lose_expiring,
    settle_disconnecting,
    delay_client_stops,
    follow_up_reschedules,
    index_names,
    see_canarying,
    stop_surplus,
    decide_updates,
    total_updates,
    leave_out_canaries,
    want_canaries,
    compute_allowance,
    list_placements,
    apply_placements,
    replace_destructive,
    move_migrating,
    attach_rollout,
    cap_placements,
)
