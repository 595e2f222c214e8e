"""What holds for the difference of any two jobs."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st

from jobplan import DiffError, Job, PlanError, diff, load_job, replacement_reasons, spec_changed
from jobplan.testing.strategies import Api, api_jobs, opaque_values
from jobplan.updates import needs_replacement, stored_copy
from jobplan.values.equality import same

law = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

# Their type does not mirror when sides are swapped. spec: diff Q1, Q5, Q8, Q13-Q15
ONE_SIDED = frozenset({"Multiregion", "Policy", "EnvoyGatewayBindAddresses", "Expose", "TransparentProxy"})
MIRROR = {"Added": "Deleted", "Deleted": "Added"}
CHILDREN = ("Fields", "Objects", "TaskGroups", "Tasks")


def every(tree: Api) -> list[Api]:
    """All nodes of a diff."""
    found = [tree]
    for name in CHILDREN:
        for child in tree.get(name) or []:
            found += every(child) if child is not None else []
    return found


def settled(tree: Api, drop_unchanged: bool = False) -> Api:
    """A diff without null elements and without order; on request also without unchanged fields and sets."""
    made = dict(tree)
    for name in CHILDREN:
        if name not in made:
            continue
        kept = [settled(child, drop_unchanged) for child in made[name] or [] if child is not None]
        if drop_unchanged and name in ("Fields", "Objects"):
            kept = [child for child in kept if child["Type"] != "None"]
        made[name] = sorted(kept, key=repr)
    return made


def mirrored(tree: Api) -> Api:
    """A diff seen from the other side."""
    made = {**tree, "Type": MIRROR.get(tree["Type"], tree["Type"])}
    if "Old" in tree:
        made["Old"], made["New"] = tree["New"], tree["Old"]
    for name in CHILDREN:
        if made.get(name):
            made[name] = [mirrored(child) for child in made[name]]
    return made


def without_one_sided(tree: Api) -> Api:
    made = dict(tree)
    for name in CHILDREN:
        if made.get(name):
            made[name] = [without_one_sided(child) for child in made[name] if child["Name"] not in ONE_SIDED]
    return made


def shuffled(draw: Any, items: list[Any]) -> Any:
    return draw(st.permutations(items))


@law
@given(api_jobs(), st.booleans())
def test_a_job_does_not_differ_from_itself(job: Api, contextual: bool) -> None:
    made = diff(copy.deepcopy(job), job, contextual=contextual).to_api()
    assert {node["Type"] for node in every(made)} == {"None"}
    assert made["Fields"] is None
    assert made["Objects"] is None


@law
@given(api_jobs(), st.booleans())
def test_adding_mirrors_deleting(job: Api, contextual: bool) -> None:
    added = settled(diff(None, job, contextual=contextual).to_api())
    deleted = settled(diff(job, None, contextual=contextual).to_api())
    assert added["Type"] == "Added"
    assert settled(without_one_sided(mirrored(added))) == settled(without_one_sided(deleted))


@law
@given(api_jobs(), api_jobs())
def test_context_only_adds_what_did_not_change(old: Api, new: Api) -> None:
    try:
        plain, contextual = diff(old, new).to_api(), diff(old, new, contextual=True).to_api()
    except DiffError:
        assume(False)
    assert settled(plain, drop_unchanged=True) == settled(contextual, drop_unchanged=True)
    fields = [node for node in every(plain) if "Old" in node]
    assert all(node["Type"] != "None" for node in fields)


@law
@given(api_jobs(), st.data())
def test_the_order_of_sets_does_not_count(job: Api, data: st.DataObject) -> None:
    other = copy.deepcopy(job)
    for name in ("Datacenters", "Constraints", "Affinities", "TaskGroups"):
        if other.get(name):
            other[name] = shuffled(data.draw, other[name])
    assert diff(job, other).type == "None"
    for group in other["TaskGroups"]:
        group["Tasks"] = shuffled(data.draw, group["Tasks"])
        for name in ("Constraints", "Affinities"):
            if group.get(name):
                group[name] = shuffled(data.draw, group[name])
    # An order inside a group marks the group as edited and shows nothing.
    for node in every(diff(job, other, contextual=True).to_api())[1:]:
        assert node["Type"] in ("None", "Edited")
        assert node["Type"] == "None" or not (node["Fields"] or node["Objects"])


@law
@given(api_jobs(), api_jobs(), st.booleans())
def test_arguments_stay_as_they_are(old: Api, new: Api, contextual: bool) -> None:
    before = copy.deepcopy((old, new))
    jobs: tuple[Job, Job] = (load_job(old), load_job(new))
    stored = tuple(job.to_api() for job in jobs)
    for pair in ((old, new), jobs):
        with suppress(DiffError):
            diff(*pair, contextual=contextual)
        with suppress(PlanError):
            replacement_reasons(*pair)
        spec_changed(*pair)
    assert (old, new) == before
    assert tuple(job.to_api() for job in jobs) == stored


@law
@given(api_jobs(), api_jobs())
def test_the_first_hit_decides_as_all_hits_do(old: Api, new: Api) -> None:
    before, after = load_job(old), load_job(new)
    try:
        reasons = replacement_reasons(before, after)
    except PlanError:  # rule 13 faults
        assume(False)
    for name, found in reasons.items():
        assert needs_replacement(before, after, name) == bool(found)


@law
@given(api_jobs())
def test_a_copied_job_is_unchanged(job: Api) -> None:
    stored = stored_copy(load_job(job))
    assert not spec_changed(stored, job)
    assert stored_copy(stored).to_api() == stored.to_api()


@law
@given(opaque_values(), opaque_values())
def test_equality_of_opaque_values_is_that_of_their_json(left: Any, right: Any) -> None:
    def typed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: typed(part) for key, part in value.items()}
        if isinstance(value, list):
            return [typed(part) for part in value]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return ("number", float(value)) if number else (type(value).__name__, value)

    assert same(left, right) == (typed(left) == typed(right))


def test_the_laws_see_differences() -> None:
    """The strategy must not only make jobs that are equal."""

    def is_edited(pair: tuple[Api, Api]) -> bool:
        try:
            made = diff(*pair).to_api()
        except DiffError:
            return False
        return any(node["Type"] == "Edited" and "Old" in node for node in every(made))

    find(
        st.tuples(api_jobs(), api_jobs()),
        is_edited,
        settings=settings(max_examples=200, database=None, phases=[Phase.generate]),
    )
