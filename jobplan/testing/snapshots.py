"""Snapshots one file per case, under a directory of one's own: `snapshots/rendering/pretty/edited-task.txt`.

For syrupy. Use it with the name of the case:

    def test_pretty(snapshot):
        extension = snapshot_files(ROOT / "snapshots/rendering/pretty", "txt")
        assert text == snapshot(extension_class=extension, name="edited-task")

The files hold the text as it is, so that they can be reviewed, rendered and compared with other tools.

For plans there are `PlanText` and `PlanJson`, which take a `Preview`, a `Plan` or a plan response and leave out what
differs from run to run:

    def test_web(plan_preview, snapshot):
        assert plan_preview("jobs/web.nomad") == snapshot(extension_class=PlanText)
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from jobplan.testing.volatile import stable_response, stable_text

SnapshotIndex = int | str


class CaseFiles(SingleFileSnapshotExtension):
    """Text files named after their case in `directory`; made by `snapshot_files`."""

    _write_mode = WriteMode.TEXT
    directory = Path()

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(cls.directory)

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(cls.directory)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        if not isinstance(index, str):
            raise TypeError("give the name of the case: snapshot(name=...)")
        return index

    @classmethod
    def write_snapshot(cls, **arguments: Any) -> None:
        """Syrupy warns that the name of the case is not the name of the test; here it is meant so."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="(?s).*Can not relate snapshot")
            super().write_snapshot(**arguments)

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        """A file belongs to the parametrised test whose id ends in the name of the case."""
        path = Path(snapshot_location)
        name = test_location.nodename or ""
        return path.parent == cls.directory and name.endswith((f"-{path.stem}]", f"[{path.stem}]"))


@cache
def snapshot_files(directory: Path, suffix: str) -> type[CaseFiles]:
    """The syrupy extension for files `<case>.<suffix>` in `directory`."""
    members: dict[str, Any] = {"directory": directory, "file_extension": suffix}
    return type(f"CaseFiles_{directory.name}_{suffix}", (CaseFiles,), members)


# ---- plans -----------------------------------------------------------------------------------------------------------


class PlanText(SingleFileSnapshotExtension):
    """Files `<test>.plan.txt`: what `nomad job plan` prints. A text is taken as it is."""

    _write_mode = WriteMode.TEXT
    file_extension = "plan.txt"

    def serialize(self, data: Any, **_: Any) -> str:
        return stable_text(_text(data))


class PlanJson(SingleFileSnapshotExtension):
    """Files `<test>.plan.json`: the plan response."""

    _write_mode = WriteMode.TEXT
    file_extension = "plan.json"

    def serialize(self, data: Any, **_: Any) -> str:
        return json.dumps(stable_response(_response(data)), indent=2, ensure_ascii=False) + "\n"


def _text(data: Any) -> str:
    if isinstance(data, str):
        return data
    text = getattr(data, "text", None)
    if isinstance(text, str):
        return text
    from jobplan.rendering.nomad import render_text

    return render_text(data)


def _response(data: Any) -> Mapping[str, Any]:
    response = data if isinstance(data, Mapping) else getattr(data, "response", None)
    if not isinstance(response, Mapping):
        raise TypeError(f"a plan, a preview or a plan response is needed, not {type(data).__name__}")
    return response
