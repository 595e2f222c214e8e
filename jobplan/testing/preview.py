"""Plans in tests: what `plan_preview` gives, and how it makes it."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from jobplan.testing import factories
from jobplan.testing.volatile import stable_text

if TYPE_CHECKING:
    from jobplan.capture.redaction import Redaction
    from jobplan.inventory import Inventory
    from jobplan.model import Job, ServerConfig
    from jobplan.planning import Plan

Api = dict[str, Any]
JobSource: TypeAlias = "Job | Api | str | os.PathLike[str]"
ClusterSource: TypeAlias = "Inventory | Api | str | os.PathLike[str]"

_FEWEST_NODES, _MOST_NODES = 3, 50
_ON_EVERY_NODE = ("system", "sysbatch")


@dataclass(frozen=True, slots=True, repr=False)
class Preview:
    """The plan of a job in a test. Compare it with a snapshot as a whole, or look at its parts."""

    plan: Plan
    job_path: str

    @property
    def response(self) -> Api:
        """The plan response. spec: plan §3"""
        return self.plan.response

    @property
    def diff(self) -> Api:
        """The JobDiff of the response."""
        found: Api = self.plan.response["Diff"]
        return found

    @property
    def text(self) -> str:
        """What `nomad job plan` prints, without colour."""
        from jobplan.rendering.nomad import render_text

        return render_text(self.plan, job_path=self.job_path)

    @property
    def exit_code(self) -> int:
        """Nomad's exit code: 1 when allocations are created or destroyed, else 0."""
        return self.plan.exit_code

    @property
    def updates(self) -> dict[str, dict[str, int]]:
        """Group → counters that are not zero, such as `{"web": {"DestructiveUpdate": 2, "Ignore": 1}}`."""
        found = self.plan.response["Annotations"]["DesiredTGUpdates"] or {}
        return {name: {key: count for key, count in counters.items() if count} for name, counters in found.items()}

    @property
    def unplaced(self) -> list[str]:
        """Names of groups for which there is no room or no fitting node."""
        return sorted(self.plan.response["FailedTGAllocs"] or ())

    def render(self, format: str = "markdown") -> str:
        """The plan in another format: see `jobplan plan --help`. Raises InputError for an unknown one."""
        from jobplan.rendering.formats import render
        from jobplan.rendering.options import Options, Report

        stored = None if self.plan.stored is None else self.plan.stored.to_api()
        report = Report(response=self.response, job=self.plan.job_api, old_job=stored, now=self.plan.now)
        return render(format, report, Options(job_path=self.job_path))

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        """The text without volatile values: failing tests show it, and syrupy's own format stores it."""
        return stable_text(self.text)


class Previewer:
    """Plans jobs against the inventory of the test run; the fixture `plan_preview`.

    `directory`: relative paths start there; `inventory`: the file to plan against, None: a cluster made up for the job.
    """

    def __init__(self, directory: Path, inventory: Path | None = None) -> None:
        self._directory = directory
        self._inventory = inventory
        self._read: dict[Path, tuple[Inventory, Redaction | None]] = {}

    def __call__(
        self,
        job: JobSource,
        old_job: JobSource | None = None,
        *,
        inventory: ClusterSource | None = None,
        now: dt.datetime | None = None,
        config: ServerConfig | None = None,
        variables: Any = None,
    ) -> Preview:
        """The plan of a job: a file (JSON or HCL), an API job, or a `Job`.

        `old_job`: the job to start from, instead of the one that the inventory holds. `inventory`: a file, a plain
        value or an `Inventory` instead of that of the test run; without any, there are as many empty, fitting nodes
        as the job needs, and the old job runs on them. `now`: default the time of the capture, or a fixed day.
        Raises what `load_job` and `plan` raise.
        """
        from jobplan.planning import plan

        submitted = self._job(job, variables)
        stored = None if old_job is None else self._job(old_job, variables)
        cluster, redaction = self._cluster(inventory, submitted, stored)
        if redaction is not None:
            submitted = redaction.submitted(submitted)
        moment = now
        if moment is None and cluster.now is None:
            moment = dt.datetime.fromisoformat(factories.NOW)
        path = Path(job).name if isinstance(job, (str, os.PathLike)) else "job.json"
        return Preview(plan(submitted, cluster, now=moment, config=config), path)

    def _job(self, source: JobSource, variables: Any) -> Job:
        from jobplan.canonical import load_job

        if isinstance(source, (str, os.PathLike)):
            return load_job(self._directory / source, variables=variables)
        return load_job(source)

    def _cluster(
        self, source: ClusterSource | None, job: Job, old_job: Job | None
    ) -> tuple[Inventory, Redaction | None]:
        from jobplan.inventory import Inventory

        if source is None and self._inventory is None:
            return Inventory.from_api(made_up_cluster(job, old_job)), None
        redaction = None
        if isinstance(source, Inventory):
            inventory = source
        elif isinstance(source, dict):
            inventory = Inventory.from_api(source)
        else:
            inventory, redaction = self._file(self._inventory if source is None else self._directory / source)
        if old_job is None:
            return inventory, redaction
        if redaction is not None:
            old_job = redaction.submitted(old_job)
        return with_stored(inventory, old_job), redaction

    def _file(self, path: Path | None) -> tuple[Inventory, Redaction | None]:
        """An inventory file; each is read once."""
        from jobplan.capture.files import read_capture

        assert path is not None
        if path not in self._read:
            self._read[path] = read_capture(path, salt=os.environ.get("JOBPLAN_REDACT_SALT"))
        return self._read[path]


def with_stored(inventory: Inventory, old_job: Job) -> Inventory:
    """A copy of the inventory in which `old_job` is registered, in the place of the version that is."""
    from jobplan.inventory import JobVersion

    made = factories.stored_job(old_job.to_api())
    known = inventory.job(made["Namespace"], made["ID"])
    if known is not None:
        made |= {"Version": known.version, "CreateIndex": known.create_index}
        made |= {"ModifyIndex": known.job_modify_index, "JobModifyIndex": known.job_modify_index}
    return inventory.with_job(JobVersion(made))


def made_up_cluster(job: Job, old_job: Job | None = None) -> Api:
    """Empty nodes in the job's pool and first datacenter; `old_job` runs on them, one allocation after the other."""
    reference = job if old_job is None else old_job
    counts = [group.count for one in (job, reference) for group in one.task_groups or ()]
    number = min(max([_FEWEST_NODES, *(count + 1 for count in counts)]), _MOST_NODES)
    plain = [name for name in job.datacenters or () if "*" not in name]
    pool = job.node_pool if job.node_pool not in ("", "all") else "default"
    nodes = [
        factories.node(
            f"client-{index}",
            datacenter=plain[0] if plain else "dc1",
            node_pool=pool,
            cpu=64_000,
            memory_mb=262_144,
            disk_mb=1_000_000,
            cores=32,
            address=f"10.0.0.{index + 1}",
        )
        for index in range(number)
    ]
    if old_job is None:
        return factories.inventory(nodes, NodePools=[{"Name": pool}])
    stored = factories.stored_job(old_job.to_api())
    return factories.inventory(nodes, [stored], _running(stored, nodes), NodePools=[{"Name": pool}])


def _running(stored: Api, nodes: list[Api]) -> Iterable[Api]:
    if stored["Periodic"] is not None or stored["ParameterizedJob"] is not None or stored["Stop"]:
        return []
    if stored["Type"] not in _ON_EVERY_NODE:
        return factories.spread_over(stored, nodes)
    return [
        factories.allocation(stored, group["Name"], 0, node, Name=f"{stored['Name']}.{group['Name']}[0]")
        for group in stored["TaskGroups"]
        for node in nodes
    ]
