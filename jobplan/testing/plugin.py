"""A pytest plugin: plans of job files in tests.

    def test_web(plan_preview, plan_snapshot):
        assert plan_preview("jobs/web.nomad.hcl") == plan_snapshot

Loaded by pytest itself once jobplan is installed; nothing of jobplan is imported before a test asks for it. The
inventory to plan against is named in the configuration (`jobplan_inventory = "inventory.json"`) or on the command line
(`--jobplan-inventory FILE`); without one, each job gets a made-up cluster with room for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from jobplan.testing.preview import Previewer

SETTING = "jobplan_inventory"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("jobplan", "plans of Nomad jobs")
    group.addoption(
        "--jobplan-inventory", metavar="FILE", default=None, help="captured cluster that `plan_preview` plans against"
    )
    parser.addini(SETTING, "captured cluster that `plan_preview` plans against, relative to this file", default="")


@pytest.fixture(scope="session")
def jobplan_inventory(pytestconfig: pytest.Config) -> Path | None:
    """The inventory file of this test run: `--jobplan-inventory`, else the setting `jobplan_inventory`, else None."""
    option = pytestconfig.getoption("--jobplan-inventory")
    if option:
        found = Path(pytestconfig.invocation_params.dir, option)
    else:
        setting = pytestconfig.getini(SETTING)
        if not setting:
            return None
        found = Path(_home(pytestconfig), setting)
    if not found.is_file():
        raise pytest.UsageError(f"jobplan: there is no inventory {found}")
    return found


@pytest.fixture(scope="session")
def plan_preview(pytestconfig: pytest.Config, jobplan_inventory: Path | None) -> Previewer:
    """Plan a job: `plan_preview(job, old_job=None, *, inventory, now, config, variables)` → `Preview`.

    Paths are relative to pytest's root directory. See `jobplan.testing.preview.Previewer`.
    """
    from jobplan.testing.preview import Previewer

    return Previewer(pytestconfig.rootpath, jobplan_inventory)


@pytest.fixture
def plan_snapshot(request: pytest.FixtureRequest) -> Any:
    """Syrupy's `snapshot`, one file `….plan.txt` for each test, volatile values matched."""
    return _snapshot(request, "PlanText")


@pytest.fixture
def plan_json_snapshot(request: pytest.FixtureRequest) -> Any:
    """Syrupy's `snapshot`, one file `….plan.json` for each test, volatile values matched."""
    return _snapshot(request, "PlanJson")


def _snapshot(request: pytest.FixtureRequest, extension: str) -> Any:
    try:
        snapshot = request.getfixturevalue("snapshot")
    except pytest.FixtureLookupError:
        raise pytest.UsageError("jobplan: snapshots of plans need syrupy: pip install syrupy") from None
    from jobplan.testing import snapshots

    return snapshot.use_extension(getattr(snapshots, extension))


def _home(config: pytest.Config) -> Path:
    return config.inipath.parent if config.inipath is not None else config.rootpath
