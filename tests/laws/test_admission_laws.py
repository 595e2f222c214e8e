"""What holds for every job that is admitted or refused. spec: admission §2, §3, §5.10"""

from __future__ import annotations

import copy
import functools
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import jobplan
from jobplan.admission import admit, validate
from jobplan.admission.mutators import mutate
from jobplan.errors import AdmissionError, JobDecodeError, ServerCrash
from jobplan.model.job import Job
from jobplan.model.kinds import Kind, Row, Type
from jobplan.model.kinds import copy as copy_kind
from jobplan.model.settings import DEFAULT_SETTINGS, ConsulSettings, IdentitySettings, Settings, VaultSettings

# Values that rules look for, beside arbitrary ones; "web" joins labels, names and references of one job.
WORDS = (
    "web api * = regexp semver version distinct_property is_set signal script restart service batch system sysbatch "
    "host bridge cni/a tcp http grpc consul nomad default csi ingress /a ../../x 8080 -1 ${web} ${NOMAD_META_web} "
    "( [a- @daily ${attr.kernel.name} Europe/Berlin 10.0.0.0/8 connect-proxy:web vault_default fail delay "
    "exponential best_score prestart single-node-writer md5:00 single-node-reader-only file-system"
)
ODD = ["", "a b", "* * *", ">= 1.2, ~> 3", "\x00", "é\u2028", "web", "web"]
TEXTS = st.sampled_from([*WORDS.split(), *ODD]) | st.text(max_size=6)
INTEGERS = {
    "int8": st.integers(-128, 127),
    "uint8": st.integers(0, 255),
    "uint16": st.integers(0, 65535),
    "uint32": st.integers(0, 2**32 - 1),
    "uint64": st.sampled_from([0, 1, 2**64 - 1]) | st.integers(0, 1000),
}
WIDE = st.sampled_from([0, 1, -1, 5, 100, 10**9, 30 * 10**9, 2**63 - 1, -(2**63)]) | st.integers(-20, 70000)
OPAQUE = st.recursive(
    st.none() | st.booleans() | TEXTS | st.integers(-5, 5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def scalars(name: str) -> st.SearchStrategy[Any]:
    if name == "string":
        return TEXTS
    if name == "bool":
        return st.booleans()
    if name == "bytes":
        return st.sampled_from(["", "YQ=="])
    return OPAQUE if name == "any" else INTEGERS.get(name, WIDE)


def values(row: Row, type_: Type) -> st.SearchStrategy[Any]:
    if type_.shape == "scalar":
        return scalars(type_.of)
    if type_.shape == "object":
        return kinds(type_.of)
    inner = values(row, type_.of)
    if type_.shape == "map":
        return st.dictionaries(TEXTS, inner, max_size=2)
    if row.null != "crash":  # elsewhere a null ends the story at once
        inner = st.integers(0, 9).flatmap(lambda number, inner=inner: inner if number else st.none())
    return st.lists(inner, min_size=row.wire in LIKELY, max_size=2)


LIKELY = ("ID", "Name", "TaskGroups", "Tasks", "Services", "Networks", "Checks", "Connect", "SidecarService")


@functools.cache
def kinds(cls: type[Kind]) -> st.SearchStrategy[dict[str, Any]]:
    """Any API object of a kind: mostly what jobs have, and a handful of other keys."""
    rows = cls.BY_WIRE
    likely = [key for key in LIKELY if key in rows]

    @st.composite
    def made(draw: st.DrawFn) -> dict[str, Any]:
        keys = draw(st.lists(st.sampled_from(sorted(rows)), max_size=5, unique=True)) if rows else []
        if draw(st.integers(0, 3)):
            keys = [*likely, *keys]
        return {key: draw(values(rows[key], rows[key].type)) for key in dict.fromkeys(keys)}

    return made()


JOBS = kinds(Job)
DEV = Settings(
    vault=VaultSettings(True, IdentitySettings(("vault.io",))),
    consul=ConsulSettings(IdentitySettings(("consul.io",)), IdentitySettings()),
    namespaces={"web": None},
)
SERVERS = st.sampled_from([None, DEV])
WILD = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@WILD
@given(JOBS, SERVERS)
def test_every_job_is_admitted_or_refused(job: dict[str, Any], config: Settings | None) -> None:
    """Nothing else happens: no other exception, and the argument stays as it was."""
    before = copy.deepcopy(job)
    try:
        answer = validate(job, config=config)
        text = answer.to_api()["Error"]
        assert (text == "") == answer.ok
        assert text == "" or text.endswith("\n\n")
    except (AdmissionError, JobDecodeError, ServerCrash):
        pass
    refused: Exception = Exception("admitted")
    try:
        admit(job, config=config).job.to_api()
    except (AdmissionError, JobDecodeError, ServerCrash) as error:
        refused = error
    assert str(refused) != ""
    assert not isinstance(refused, AdmissionError) or refused.problems
    assert job == before


@WILD
@given(JOBS, SERVERS)
def test_loaded_jobs_are_not_changed_and_answers_repeat(api: dict[str, Any], config: Settings | None) -> None:
    try:
        job = jobplan.load_job(api)
        before = job.to_api()
        first, second = validate(job, config=config), validate(job, config=config)
    except (AdmissionError, JobDecodeError, ServerCrash):
        return
    assert job.to_api() == before
    assert first == second
    # machine form and texts tell of the same things
    assert bool(first.errors) == any(finding.severity == "error" for finding in first.findings)
    for finding in first.findings:
        assert finding.rule.startswith("admission/")
        assert finding.path == "" or finding.path.startswith("/")


@WILD
@given(JOBS)
def test_mutated_jobs_can_be_mutated_again(api: dict[str, Any]) -> None:
    """Only partition and identity constraints multiply. spec: admission §5.10"""
    try:
        once = jobplan.load_job(api)
        assume(mutate(once, DEFAULT_SETTINGS) is None)
        assume(not any("${" in service.name for group in once.task_groups or () for service in group.services or ()))
        # a native service cannot remember a task without a name
        assume(all(task.name != "" for group in once.task_groups or () for task in group.tasks or ()))
        twice = copy_kind(once)
        assert mutate(twice, DEFAULT_SETTINGS) is None
    except (JobDecodeError, ServerCrash):
        return
    for first, second in zip(once.task_groups or (), twice.task_groups or ()):
        before, after = first.constraints or [], second.constraints or []
        assert after[: len(before)] == before
        assert all("partition" in item.ltarget or item.rtarget == ">= 1.7.0-a" for item in after[len(before) :])
        assert [task.name for task in second.tasks or ()] == [task.name for task in first.tasks or ()]
        assert [port for network in second.networks or () for port in network.dynamic_ports or ()] == [
            port for network in first.networks or () for port in network.dynamic_ports or ()
        ]
