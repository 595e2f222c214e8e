"""The built-in rules, in the order of docs/rules.md. A new one is a condition in its noun's module and a row here."""

from __future__ import annotations

from jobplan.rules import groups, images, jobs, keys, networks, secrets, services, tasks
from jobplan.rules.rule import Rule, Severity

_RISKY = ["all", "bpf", "dac_read_search", "net_admin", "sys_admin", "sys_module", "sys_ptrace", "sys_rawio"]

# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("job/unknown-key", "warning", "a key of the JSON document that a server ignores", keys.unknown_keys),
    Rule("job/legacy-key", "warning", "a legacy key that a server reads and ignores", keys.legacy_keys),
    Rule("job/required-meta", "warning", "meta that every job must have is missing", jobs.required_meta,
         options={"keys": []}),
    Rule("job/high-priority", "warning", "a priority above the agreed one", jobs.high_priority, enabled=False,
         options={"max": 80}),
    Rule("group/max-parallel", "warning", "a change replaces all allocations of a service at once",
         groups.max_parallel),
    Rule("group/no-recovery", "warning", "a failed service is neither restarted nor rescheduled", groups.no_recovery),
    Rule("group/restart-forever", "warning", "restart mode delay keeps a failing service on its node",
         groups.restart_forever, enabled=False),
    Rule("group/no-update", "warning", "a service without an update block", groups.no_update, enabled=False),
    Rule("group/no-canary", "warning", "a service rolled out without canaries", groups.no_canary, enabled=False),
    Rule("group/no-auto-revert", "warning", "a service that stays on a failed version", groups.no_auto_revert,
         enabled=False),
    Rule("group/single-count", "warning", "a service of one allocation", groups.single_count, enabled=False),
    Rule("task/forbidden-driver", "error", "a driver of the list drivers", tasks.forbidden_driver,
         options={"drivers": []}),
    Rule("task/raw-exec", "warning", "a task without isolation", tasks.raw_exec),
    Rule("task/privileged", "warning", "a privileged container", tasks.privileged),
    Rule("task/capabilities", "warning", "a capability that opens the node", tasks.capabilities,
         options={"capabilities": _RISKY}),
    Rule("task/host-namespace", "warning", "a process, IPC or user namespace shared with the node",
         tasks.host_namespace),
    Rule("task/container-socket", "warning", "the socket of the container runtime in a container",
         tasks.container_socket),
    Rule("task/root-user", "warning", "a task that runs as root", tasks.root_user, enabled=False),
    Rule("task/plain-secret", "warning", "a secret in plain text", secrets.plain_secret),
    Rule("task/insecure-artifact", "warning", "an artifact fetched unprotected and without checksum",
         tasks.insecure_artifact),
    Rule("task/latest-image", "warning", "an image without a tag, or with the tag latest", images.latest_image),
    Rule("task/unpinned-image", "warning", "an image without a digest", images.unpinned_image, enabled=False),
    Rule("task/forbidden-registry", "error", "an image from none of the allowed registries",
         images.forbidden_registry, options={"registries": []}),
    Rule("task/force-pull", "warning", "an image pulled at every start", images.force_pull, enabled=False),
    Rule("task/no-memory", "warning", "a task that does not say how much memory it needs", tasks.no_memory),
    Rule("task/no-memory-max", "warning", "a task without memory_max", tasks.no_memory_max, enabled=False),
    Rule("task/no-cpu", "warning", "a task that does not say how much CPU it needs", tasks.no_cpu, enabled=False),
    Rule("service/no-check", "warning", "a service without a health check", services.no_check),
    Rule("service/slow-check", "warning", "a check whose timeout is not shorter than its interval",
         services.slow_check),
    Rule("network/host-mode", "warning", "a group or container in the network of its node", networks.host_network,
         enabled=False),
    Rule("network/static-port", "warning", "a static port", networks.static_port, enabled=False),
)
# fmt: on

# Findings that are no rule of the table: id → severity, what is reported.
FIXED: dict[str, tuple[Severity, str]] = {
    "job/unreadable": ("error", "a job file that cannot be read; exit code 255, whatever the settings"),
    "job/server-crash": ("error", "a job on which the real server crashes"),
    "suppression/no-reason": ("warning", "a suppression without a reason; it suppresses nothing"),
    "suppression/unknown-rule": ("warning", "a suppression of a rule that does not exist"),
    "suppression/unused": ("note", "a suppression of something that is not found"),
}
