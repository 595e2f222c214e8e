"""Steps 22 to 27: what is placed, replaced and moved. spec: reconcile §3.13–3.16"""

from __future__ import annotations

from jobplan.inventory.allocations import Allocation
from jobplan.reconcile import predicates as is_
from jobplan.reconcile.changes import Destructive, Stop, Wanted
from jobplan.reconcile.grouprun import Run
from jobplan.reconcile.texts import MIGRATING, RESCHEDULED


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
        run.stops += [Stop(alloc, RESCHEDULED) for alloc in failed]
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
            run.stops.append(Stop(entry.previous, RESCHEDULED))


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
