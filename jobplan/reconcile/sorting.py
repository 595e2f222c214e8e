"""Steps 1 to 13: which allocations count, and clients that came or went. spec: reconcile §3.1–3.7"""

from __future__ import annotations

from jobplan.inventory.allocations import Allocation
from jobplan.reconcile import predicates as is_
from jobplan.reconcile import rollouts
from jobplan.reconcile.changes import Stop
from jobplan.reconcile.classify import classify_all
from jobplan.reconcile.evaluations import CLIENT_STOP, DISCONNECT_TIMEOUT, RESCHEDULE_LATER, batch_follow_ups
from jobplan.reconcile.grouprun import Run
from jobplan.reconcile.reconnect import is_wanted, stop_reconnecting
from jobplan.reconcile.reschedule import Delayed, Timing, filter_rescheduled
from jobplan.reconcile.texts import LOST, MIGRATING, NOT_NEEDED
from jobplan.values.durations import SECOND

STOP_GRACE = 5 * SECOND

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
    run.stops += [Stop(alloc, LOST, "lost") for alloc in classes.lost.values()]
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
