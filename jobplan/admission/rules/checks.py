"""Service checks. spec: admission §7.20"""

from __future__ import annotations

from jobplan.admission.rules.table import NESTED, either, given, one, row, rules
from jobplan.model.services import ServiceCheck
from jobplan.values.durations import SECOND
from jobplan.values.letters import lowered
from jobplan.values.networks import has_scheme, is_valid_url

PORT_TYPES = ("grpc", "http", "tcp")
"""Types of checks that need a port; compared exactly, unlike the types in rows 1–5."""

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE")


def _type(check: ServiceCheck) -> str:
    return lowered(check.type)


_CHECK_RESTART = rules(
    "7.20",
    row("13a", lambda r: r.limit < 0, "limit must be greater than or equal to 0 but found {limit}"),
    row("13b", lambda r: r.grace < 0, "grace period must be greater than or equal to 0 but found {grace!ns}"),
)


_COMMON = (
    given(
        lambda c: _type(c) == "http",
        either(
            row("2", lambda c: c.path == "", "http type must have http path"),
            row("3", lambda c: not is_valid_url(c.path), "http type must have valid http path"),
            row("4", lambda c: has_scheme(c.path), "http type must have relative http path"),
        ),
    ),
    row("5", lambda c: _type(c) == "script" and c.command == "", "script type must have a valid script path"),
    either(
        row("6a", lambda c: c.interval == 0, "missing required value interval. Interval cannot be less than 1s"),
        row("6b", lambda c: c.interval < SECOND, "interval ({interval!d}) cannot be lower than 1s"),
    ),
    either(
        row("7a", lambda c: c.timeout == 0, "missing required value timeout. Timeout cannot be less than 1s"),
        row("7b", lambda c: c.timeout < SECOND, "timeout ({timeout!d}) is lower than required minimum timeout 1s"),
    ),
    row("8", lambda c: c.initial_status not in ("", "passing", "warning", "critical"),
        'invalid initial check state ({status}), must be one of "passing", "warning", "critical" or empty',
        status="initial_status"),
    either(
        row("9a", lambda c: c.address_mode == "auto",
            'invalid address_mode "auto" - auto only valid for services'),
        row("9b", lambda c: c.address_mode not in ("", "host", "driver", "alloc", "alloc_ipv6"),
            "invalid address_mode {mode!q}", mode="address_mode"),
    ),
    row("10", lambda c: c.on_update not in ("", "ignore", "require_healthy", "ignore_warnings"),
        'on_update must be "require_healthy", "ignore_warnings", or "ignore"; got {value!q}', value="on_update"),
    given(
        lambda c: c.check_restart is not None,
        row("11", lambda c: c.on_update == "ignore",
            'on_update value "ignore" is not compatible with check_restart'),
        row("12", lambda c: not c.check_restart.ignore_warnings and c.on_update == "ignore_warnings",
            'on_update value "ignore_warnings" not supported with check_restart ignore_warnings value "false"'),
        one("13", "check_restart", _CHECK_RESTART, NESTED),
    ),
)  # fmt: skip

CONSUL_CHECK = rules(
    "7.20",
    row("consul-1", lambda c: _type(c) not in ("grpc", "tcp", "http", "script"),
        "invalid check type ({type!q}), must be one of grpc, tcp, http, script", type=_type),
    *_COMMON,
    row("consul-14", lambda c: c.expose and _type(c) not in ("grpc", "http"),
        "expose may only be set on HTTP or gRPC checks"),
    either(
        row("consul-15a", lambda c: c.success_before_passing < 0, "success_before_passing must be non-negative"),
        row("consul-15b", lambda c: c.success_before_passing > 0 and c.type not in PORT_TYPES,
            "success_before_passing not supported for check of type {type!q}"),
    ),
    either(
        row("consul-16a", lambda c: c.failures_before_critical < 0,
            "failures_before_critical must be non-negative"),
        row("consul-16b", lambda c: c.failures_before_critical > 0 and c.type not in PORT_TYPES,
            "failures_before_critical not supported for check of type {type!q}"),
    ),
    either(
        row("consul-17a", lambda c: c.failures_before_warning < 0, "failures_before_warning must be non-negative"),
        row("consul-17b", lambda c: c.failures_before_warning > 0 and c.type not in PORT_TYPES,
            "failures_before_warning not supported for check of type {type!q}"),
    ),
    row("consul-18", lambda c: len(c.notes.encode("utf-8", "surrogatepass")) > 255,
        "notes must not be longer than 255 characters"),
    first_only=True,
)  # fmt: skip

NOMAD_CHECK = rules(
    "7.20",
    row("nomad-1", lambda c: _type(c) not in ("tcp", "http"),
        "invalid check type ({type!q}), must be one of tcp, http", type=_type),
    *_COMMON,
    row("nomad-14", lambda c: c.expose, "expose may only be set for Consul service checks"),
    row("nomad-15", lambda c: c.on_update == "ignore_warnings",
        "on_update may only be set to ignore_warnings for Consul service checks"),
    row("nomad-16", lambda c: c.check_restart is not None and c.check_restart.ignore_warnings,
        "ignore_warnings on check_restart only supported for Consul service checks"),
    row("nomad-17", lambda c: c.address_mode == "driver",
        "address_mode = driver may only be set for Consul service checks"),
    row("nomad-18", lambda c: c.type == "http" and c.method != "" and c.method.upper() not in _METHODS,
        "method type {method!q} not supported in Nomad http check"),
    row("nomad-19", lambda c: c.success_before_passing != 0,
        "success_before_passing may only be set for Consul service checks"),
    row("nomad-20", lambda c: c.failures_before_critical != 0,
        "failures_before_critical may only be set for Consul service checks"),
    row("nomad-21", lambda c: c.failures_before_warning != 0,
        "failures_before_warning may only be set for Consul service checks"),
    row("nomad-22", lambda c: c.tls_server_name != "",
        "tls_server_name may only be set for Consul service checks"),
    first_only=True,
)  # fmt: skip
