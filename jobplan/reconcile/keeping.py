"""Steps 14 to 21: how many stay, and how they are updated. spec: reconcile §3.8–3.12"""

from __future__ import annotations

from jobplan.reconcile import predicates as is_
from jobplan.reconcile.changes import Wanted
from jobplan.reconcile.grouprun import Run
from jobplan.reconcile.names import NameIndex
from jobplan.reconcile.surplus import Surplus
from jobplan.reconcile.updates import decide


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
