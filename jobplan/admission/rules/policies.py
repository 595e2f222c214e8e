"""Disconnect, restart, reschedule, update, migrate and scaling of a group. spec: admission §7.3–7.7, §7.10"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobplan.admission.rules.table import At, custom, either, given, row, rules
from jobplan.model.policies import ReschedulePolicy, ScalingPolicy
from jobplan.values.durations import SECOND
from jobplan.values.integers import INT64_MAX, wrap64
from jobplan.values.messages import Message

# ---- §7.3 ---------------------------------------------------------------------------------------------------------

_RECONCILE = ("", "best_score", "longest_running", "keep_original", "keep_replacement")

DISCONNECT = rules(
    "7.3",
    row("1", lambda d: d.stop_on_client_after is not None and d.stop_on_client_after < 0,
        "stop_after cannot be a negative duration"),
    row("2", lambda d, at: d.stop_on_client_after is not None and at.job.type not in ("service", "batch"),
        "stop_after can only be used with service or batch job types"),
    row("3", lambda d: d.lost_after < 0, "lost_after cannot be a negative duration"),
    row("4", lambda d: d.stop_on_client_after is not None and d.lost_after != 0,
        "Disconnect cannot be configured with both lost_after and stop_after"),
    row("5", lambda d: d.reconcile not in _RECONCILE, "reconcile option is invalid: {reconcile}"),
)  # fmt: skip

# ---- §7.4 ---------------------------------------------------------------------------------------------------------

RESTART = rules(
    "7.4",
    row("1", lambda p: p.mode not in ("delay", "fail"), "Unsupported restart mode: {mode!q}"),
    row("2", lambda p: p.attempts == 0 and p.mode != "fail",
        "Restart policy {mode!q} with {attempts} attempts is ambiguous"),
    row("3", lambda p: p.interval < 5 * SECOND, "Interval can not be less than 5s (got {interval!d})"),
    row("4", lambda p: wrap64(p.attempts * p.delay) > p.interval,
        "Nomad can't restart the TaskGroup {attempts} times in an interval of {interval!d} with a delay of {delay!d}"),
)  # fmt: skip

# ---- §7.5 ---------------------------------------------------------------------------------------------------------

_SHORTEST_DELAY = 5 * SECOND
_FUNCTIONS = ("constant", "exponential", "fibonacci")


def _short_delay(policy: ReschedulePolicy) -> bool:
    return policy.delay < _SHORTEST_DELAY


def _unknown_function(policy: ReschedulePolicy) -> bool:
    return policy.delay_function not in _FUNCTIONS


def _short_max_delay(policy: ReschedulePolicy) -> bool:
    return policy.delay_function != "constant" and policy.max_delay < _SHORTEST_DELAY


def _max_below_delay(policy: ReschedulePolicy) -> bool:
    return policy.delay_function != "constant" and policy.max_delay < policy.delay


_PRECHECKS = (_short_delay, _unknown_function, _short_max_delay, _max_below_delay)

_TOO_FEW = Message(
    'Nomad can only make {possible} attempts in {interval!d} with initial delay {delay!d} and delay function "constant"'
)
_TOO_FEW_BELOW_CEILING = Message(
    "Nomad can only make {possible} attempts in {interval!d} with initial delay {delay!d}, "
    "delay function {function!q}, and delay ceiling {max delay!d}"
)
_RECOMMENDED = Message("Set the interval to at least {recommended!d} to accommodate {attempts} attempts")


def _attempts_fit(policy: ReschedulePolicy, at: At) -> Iterator[str]:
    """Row 9: do the attempts fit into the interval?"""
    if policy.unlimited or any(check(policy) for check in _PRECHECKS):
        return
    count = {"constant": _constant, "exponential": _exponential, "fibonacci": _fibonacci}[policy.delay_function]
    possible, recommended = count(policy)
    if possible is None:
        return
    yield (_TOO_FEW if policy.delay_function == "constant" else _TOO_FEW_BELOW_CEILING)(
        possible=max(possible, 0), interval=policy.interval, delay=policy.delay,
        function=policy.delay_function, max_delay=policy.max_delay,
    )  # fmt: skip
    yield _RECOMMENDED(recommended=_whole_seconds(recommended), attempts=policy.attempts)


def _constant(policy: ReschedulePolicy) -> tuple[int | None, int]:
    """The attempts that are possible (None: enough), and the interval that would do."""
    recommended = wrap64(policy.attempts * policy.delay)
    return (None if policy.interval >= recommended else _quotient(policy.interval, policy.delay)), recommended


def _exponential(policy: ReschedulePolicy) -> tuple[int | None, int]:
    possible = recommended = 0
    for attempt in range(min(policy.attempts, 64)):
        factor = 1 << attempt if attempt < 63 else -1 << 63
        following = wrap64(factor * policy.delay)
        recommended = wrap64(recommended + policy.max_delay) if following > policy.max_delay else following
        if recommended < policy.interval:
            possible += 1
    if policy.attempts > 64 and recommended < policy.interval:
        possible += policy.attempts - 64  # from here on every attempt computes the same
    return (None if possible >= policy.attempts else possible), recommended


_MOST_SLOTS = 100_000
"""More attempts than this are not followed one by one before the ceiling; a server would need that much memory."""


def _fibonacci(policy: ReschedulePolicy) -> tuple[int | None, int]:
    slots, at_ceiling = [policy.delay, policy.delay], False
    while len(slots) < min(policy.attempts, _MOST_SLOTS) and not at_ceiling:
        following = wrap64(slots[-1] + slots[-2])
        at_ceiling = following > policy.max_delay
        slots.append(policy.max_delay if at_ceiling else following)
    steps = max(policy.attempts, 2) - len(slots)  # beyond the ceiling each slot adds one max delay
    last = wrap64(slots[-1] + steps * policy.max_delay)
    if policy.interval >= last:
        return None, last
    for index, slot in enumerate(slots):
        if slot > policy.interval:
            return index, last
    return len(slots) + (policy.interval - slots[-1]) // policy.max_delay, last


def _quotient(value: int, divisor: int) -> int:
    """Division that truncates toward zero."""
    magnitude = abs(value) // abs(divisor)
    return magnitude if (value < 0) == (divisor < 0) else -magnitude


def _whole_seconds(ns: int) -> int:
    """Rounded to whole seconds, half away from zero, within 64 bits."""
    rounded = (abs(ns) + SECOND // 2) // SECOND * SECOND
    return max(min(rounded if ns >= 0 else -rounded, INT64_MAX), -INT64_MAX - 1)


RESCHEDULE = rules(
    "7.5",
    given(
        lambda p: p.attempts > 0 or p.unlimited,
        row("1", lambda p: p.attempts > 0 and p.interval <= 0,
            "Interval must be a non zero value if Attempts > 0"),
        row("2", lambda p: p.attempts > 0 and p.unlimited,
            "Reschedule Policy with Attempts = {attempts}, Interval = {interval!d}, and Unlimited = true is ambiguous"),
        row("3", lambda p: p.attempts > 0 and p.unlimited,
            "If Attempts >0, Unlimited cannot also be set to true"),
        row("4", _short_delay, "Delay cannot be less than 5s (got {delay!d})"),
        row("5", _unknown_function,
            "Invalid delay function {function!q}, must be one of {functions!lq}",
            function="delay_function", functions=lambda p: _FUNCTIONS),
        row("6", _short_max_delay, "Max Delay cannot be less than 5s (got {delay!d})"),
        row("7", _max_below_delay, "Max Delay cannot be less than Delay {delay!d} (got {max delay!d})"),
        row("8", lambda p: not p.unlimited and p.interval < 15 * SECOND,
            "Interval cannot be less than 15s (got {interval!d})"),
        custom("9", _attempts_fit),
    ),
)  # fmt: skip

# ---- §7.6 ---------------------------------------------------------------------------------------------------------

UPDATE = rules(
    "7.6",
    row("1", lambda u: u.health_check not in ("checks", "task_states", "manual"),
        "Invalid health check given: {value!q}", value="health_check"),
    row("2", lambda u: u.max_parallel < 0, "Max parallel can not be less than zero: {n} < 0", n="max_parallel"),
    row("3", lambda u: u.canary < 0, "Canary count can not be less than zero: {n} < 0", n="canary"),
    row("4", lambda u: u.canary == 0 and u.auto_promote,
        "Auto Promote requires a Canary count greater than zero"),
    row("5", lambda u: u.min_healthy_time < 0,
        "Minimum healthy time may not be less than zero: {min!d}", min="min_healthy_time"),
    row("6", lambda u: u.healthy_deadline <= 0,
        "Healthy deadline must be greater than zero: {hd!d}", hd="healthy_deadline"),
    row("7", lambda u: u.progress_deadline < 0,
        "Progress deadline must be zero or greater: {pd!d}", pd="progress_deadline"),
    row("8", lambda u: u.min_healthy_time >= u.healthy_deadline,
        "Minimum healthy time must be less than healthy deadline: {min!d} > {hd!d}",
        min="min_healthy_time", hd="healthy_deadline"),
    row("9", lambda u: u.progress_deadline != 0 and u.healthy_deadline >= u.progress_deadline,
        "Healthy deadline must be less than progress deadline: {hd!d} > {pd!d}",
        hd="healthy_deadline", pd="progress_deadline"),
    row("10", lambda u: u.stagger <= 0, "Stagger must be greater than zero: {stagger!d}"),
)  # fmt: skip

# ---- §7.7 ---------------------------------------------------------------------------------------------------------

MIGRATE = rules(
    "7.7",
    row("1", lambda m: m.max_parallel < 0, "MaxParallel must be >= 0 but found {n}", n="max_parallel"),
    either(
        row("2", lambda m: m.health_check == "" and m.max_parallel > 0, "Missing HealthCheck"),
        row("3", lambda m: m.health_check not in ("checks", "task_states", ""),
            "Invalid HealthCheck: {value!q}", value="health_check"),
    ),
    row("4", lambda m: m.min_healthy_time < 0,
        "MinHealthyTime is {min!d} and must be >= 0", min="min_healthy_time"),
    row("5", lambda m: m.healthy_deadline < 0,
        "HealthyDeadline is {hd!d} and must be >= 0", hd="healthy_deadline"),
    row("6", lambda m: m.min_healthy_time > m.healthy_deadline,
        "MinHealthyTime must be less than HealthyDeadline"),
)  # fmt: skip

# ---- §7.10 --------------------------------------------------------------------------------------------------------


def _lacks(part: str) -> Any:
    return lambda p: bool(p.target) and p.target.get(part, "") == ""


def _below_minimum(policy: ScalingPolicy, at: At) -> bool:
    """Row 8; a multiregion job leaves the count of the group to its regions."""
    multiregion = at.job.multiregion
    per_region = multiregion is not None and bool(multiregion.regions) and at.job.region == "global"
    return at.group.count < policy.min and not (per_region and at.group.count == 0)


SCALING = rules(
    "7.10",
    either(
        row("1", lambda p: p.type == "", "Scaling policy invalid: missing scaling policy type"),
        row("2", lambda p: p.type != "horizontal",
            'Scaling policy invalid: scaling policy type "{type}" is not valid'),
    ),
    given(
        lambda p: p.type == "horizontal",
        row("3a", _lacks("Namespace"), "Scaling policy invalid: missing target namespace"),
        row("3b", _lacks("Job"), "Scaling policy invalid: missing target job"),
        row("3c", _lacks("Group"), "Scaling policy invalid: missing target group"),
    ),
    either(
        row("4", lambda p: p.max < 0, "Scaling policy invalid: maximum count must be specified and non-negative"),
        row("5", lambda p: p.max < p.min,
            "Scaling policy invalid: maximum count must not be less than minimum count"),
    ),
    row("6", lambda p: p.min < 0, "Scaling policy invalid: minimum count must be specified and non-negative"),
    row("7", lambda p, at: p.max < at.group.count,
        "Scaling policy invalid: task group count must not be greater than maximum count in scaling policy"),
    row("8", _below_minimum,
        "Scaling policy invalid: task group count must not be less than minimum count in scaling policy"),
)  # fmt: skip
