"""Rules about task groups: rollouts and recovery. Defaults are those of spec: model §4.3"""

from __future__ import annotations

from collections.abc import Iterator

from jobplan.model.group import TaskGroup
from jobplan.rules.rule import Found, Options
from jobplan.rules.subject import Part, Subject
from jobplan.values.quoting import quoted


def _of_service(subject: Subject) -> Iterator[Part[TaskGroup]]:
    if subject.job.type == "service":
        yield from subject.groups()


def _named(group: Part[TaskGroup]) -> str:
    return f"group {quoted(group.item.name)}"


def max_parallel(subject: Subject, _options: Options) -> Iterator[Found]:
    """Above the count a server warns by itself (admission §8.2), so here: as many as the count, or no limit at all."""
    for group in _of_service(subject):
        update, count = group.item.update, group.item.count
        if count < 2 or (update is not None and update.canary >= count):
            continue
        path = f"{group.path}/Update/MaxParallel"
        if update is None or update.max_parallel == 0:
            yield Found(path, f"{_named(group)} has no rolling update: a change replaces all {count} at once")
        elif update.max_parallel == count:
            yield Found(path, f"{_named(group)}: max_parallel {count} is its count: a change replaces all at once")


def no_update(subject: Subject, _options: Options) -> Iterator[Found]:
    if subject.api.get("Update") is None:
        for group in _of_service(subject):
            if group.given.get("Update") is None:
                yield Found(group.path, f"{_named(group)} has no update block, so the defaults roll it out")


def no_canary(subject: Subject, _options: Options) -> Iterator[Found]:
    for group in _of_service(subject):
        if group.item.update is not None and group.item.update.canary == 0:
            yield Found(f"{group.path}/Update/Canary", f"{_named(group)} is rolled out without a canary")


def no_auto_revert(subject: Subject, _options: Options) -> Iterator[Found]:
    for group in _of_service(subject):
        if group.item.update is not None and not group.item.update.auto_revert:
            yield Found(f"{group.path}/Update/AutoRevert", f"{_named(group)} stays on a version that fails to deploy")


def single_count(subject: Subject, _options: Options) -> Iterator[Found]:
    for group in _of_service(subject):
        if group.item.count == 1:
            yield Found(f"{group.path}/Count", f"{_named(group)} has one allocation: it is away while that is replaced")


def no_recovery(subject: Subject, _options: Options) -> Iterator[Found]:
    """A failed allocation that is neither restarted nor rescheduled."""
    for group in _of_service(subject):
        policy = group.item.reschedule_policy
        if policy is not None and (policy.unlimited or policy.attempts > 0):
            continue
        restarts = [task.restart_policy for task in group.item.tasks or ()]
        if restarts and all(restart.attempts == 0 and restart.mode == "fail" for restart in restarts):
            yield Found(group.path, f"{_named(group)} is neither restarted nor rescheduled when it fails")


def restart_forever(subject: Subject, _options: Options) -> Iterator[Found]:
    """With mode `delay` a task is restarted again and again, so its allocation never fails."""
    for group in _of_service(subject):
        if group.item.restart_policy.mode == "delay":
            text = f"{_named(group)} is restarted on its node for ever and never rescheduled: restart mode is delay"
            yield Found(f"{group.path}/RestartPolicy/Mode", text)
