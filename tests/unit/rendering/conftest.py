"""The snapshot of a case in a format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jobplan
from jobplan.rendering.formats import RENDERERS
from jobplan.testing.snapshots import snapshot_files

SNAPSHOTS = Path(__file__).parents[3] / "snapshots" / "rendering"


@pytest.fixture(autouse=True)
def _fixed_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reviewed output must not change with every release."""
    monkeypatch.setattr(jobplan, "__version__", "9.8.7")


@pytest.fixture
def case_snapshot(snapshot: Any) -> Callable[[str, str], Any]:
    """`(format, case)` → what the text must be equal to."""

    def case(name: str, case: str) -> Any:
        extension = snapshot_files(SNAPSHOTS / name, RENDERERS[name].suffix)
        return snapshot(extension_class=extension, name=case)

    return case
