"""The table of blocks against the declarations of the kinds: no field is forgotten, none is named twice."""

from __future__ import annotations

from collections import Counter

import pytest

from jobplan.jobdiff import table
from jobplan.jobdiff.rules import Block, Simple
from jobplan.model.kinds import Kind
from jobplan.model.resources import CNIConfig
from jobplan.model.task import TaskSchedule

ROWS = {name: row for name, row in vars(table).items() if isinstance(row, (Block, Simple))}


def named(row: Block | Simple) -> Counter[str]:
    """Every member that a row accounts for."""
    members = Counter(f"{row.fields} {row.maps} {row.hidden}".split())
    if isinstance(row, Block):
        members += Counter(row.optional.split())
        members += Counter(item.member for item in row.nested)
        members += Counter([] if row.both is None else [row.both[0]])
    return members


@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_accounts_for_every_field(name: str) -> None:
    row = ROWS[name]
    if row.kind is TaskSchedule:  # shows the block inside
        return
    assert named(row) == Counter(field.out for field in row.kind.ROWS)


def test_every_kind_of_a_job_is_in_the_table() -> None:
    def kinds_below(kind: type[Kind]) -> set[type[Kind]]:
        found = {kind}
        for field in kind.ROWS:
            type_ = field.type if field.type.shape == "object" else field.type.of
            if getattr(type_, "shape", None) == "object":
                found |= kinds_below(type_.of)
        return found

    missing = kinds_below(table.JOB.kind) - {row.kind for row in ROWS.values()}
    # Members of these are only ever compared as a whole, or shown as one text.
    assert {kind.__name__ for kind in missing} == {
        "ConsulGatewayBindAddress",
        "JobVersionTag",
        "Spread",
        "SpreadTarget",
        "TaskCSIPluginConfig",
        "TaskLifecycle",
    }
    assert CNIConfig not in missing


def test_fields_stand_in_output_order() -> None:
    for name, row in ROWS.items():
        assert row.fields.split() == sorted(row.fields.split()), name
