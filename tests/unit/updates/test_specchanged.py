"""What makes a new version of a job, and what a store's copy changes. spec: plan §4, model §7"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from jobplan import diff, load_job, spec_changed
from jobplan.canonical import stored_job
from jobplan.updates import job_changed, stored_copy

Api = dict[str, Any]


def job(task: Api | None = None, group: Api | None = None, **fields: Any) -> Api:
    made_task = {"Name": "baker", "Driver": "exec", **(task or {})}
    return {"ID": "bakery", "TaskGroups": [{"Name": "oven", "Tasks": [made_task], **(group or {})}], **fields}


def test_nothing_registered_is_a_change() -> None:
    assert spec_changed(None, job())


@pytest.mark.parametrize(
    "fields", [{"Spreads": [{"Attribute": "a"}]}, {"VersionTag": {"Name": "spring"}}, {"Stop": True}]
)
def test_what_a_diff_hides_is_a_change(fields: Api) -> None:
    assert spec_changed(job(), job(**fields))


def test_server_managed_fields_do_not_count() -> None:
    planned = load_job(job())
    stored = stored_job(planned.to_api())
    stored.status, stored.version, stored.job_modify_index, stored.submit_time = "running", 3, 77, 12
    assert not job_changed(stored, planned)
    stored.nomad_token_id = "t"
    assert job_changed(stored, planned)


def test_order_of_lists_is_a_change() -> None:
    rules = [{"LTarget": "a", "Operand": "=", "RTarget": "b"}, {"LTarget": "c", "Operand": "=", "RTarget": "d"}]
    old, new = job(Constraints=rules), job(Constraints=rules[::-1])
    assert spec_changed(old, new)
    assert diff(old, new).type == "None"


def test_scaling_indexes_of_the_last_registration_are_a_change() -> None:
    planned = load_job(job(group={"Scaling": {"Max": 3}}))
    stored = stored_job(planned.to_api())
    assert not job_changed(stored, planned)
    policy = stored.task_groups[0].scaling  # type: ignore[index]
    assert policy is not None
    policy.create_index = policy.modify_index = 9
    assert job_changed(stored, planned)
    group = diff(stored, planned, contextual=True).to_api()["TaskGroups"][0]
    assert group["Objects"] == [{"Type": "Edited", "Name": "Scaling", "Fields": None, "Objects": None}]


PROXY: Api = {"SidecarService": {"Proxy": {"Expose": {}}}}
ALTERED: list[Api] = [
    job(group={"Spreads": [{"Attribute": "a", "SpreadTarget": []}]}),
    job({"Resources": {"Devices": [{"Name": "gpu", "Constraints": []}]}}),
    job({"Resources": {"Devices": [{"Name": "gpu", "Affinities": []}]}}),
    job(group={"Services": [{"Name": "bread", "Connect": {"SidecarTask": {"VolumeMounts": []}}}]}),
    job(group={"Services": [{"Name": "bread", "Connect": PROXY}]}),
    job({"Services": [{"Name": "bread", "Connect": PROXY}]}),
    job(Multiregion={}),
]


@pytest.mark.parametrize("api", ALTERED)
def test_a_copy_alters_five_places(api: Api) -> None:
    planned = load_job(api)
    before = copy.deepcopy(planned.to_api())
    stored = stored_copy(planned)
    assert planned.to_api() == before
    assert stored.to_api() != before
    # Two fresh jobs differ, because only the new side is copied; against what a store holds nothing changed.
    assert spec_changed(api, api)
    assert not job_changed(stored, planned)
    assert diff(stored, planned).type in ("None", "Edited")


def test_job_level_spreads_are_copied_as_they_are() -> None:
    api = job(Spreads=[{"Attribute": "a", "SpreadTarget": []}])
    assert not spec_changed(api, api)
