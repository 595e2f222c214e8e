"""The text of `nomad job plan`: what the snapshots do not show. spec: plan §7"""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from jobplan.errors import InputError
from jobplan.rendering import exit_code, render_text, repeated_arguments
from jobplan.rendering.markup import expand

from .responses import counters, edited_task, entries, field, group, response, task

NOW = datetime(2026, 3, 8, 12, 0, 0, 999_999, tzinfo=UTC)


def dry_run(plan: dict[str, Any], **options: Any) -> str:
    """What stands between the heading of the dry run and the footer."""
    text = render_text(plan, **{"now": NOW, "diff": False, **options})
    return text.removeprefix("Scheduler dry-run:\n").partition("\nJob Modify Index")[0]


@pytest.mark.parametrize(
    "text, coloured, plain",
    [
        ("[green]x[reset]", "\x1b[32mx\x1b[0m\x1b[0m", "x"),
        ("[_red_]x", "\x1b[41mx\x1b[0m", "x"),
        ("[Red] [nope] []", "[Red] [nope] []", "[Red] [nope] []"),
    ],
)
def test_tags(text: str, coloured: str, plain: str) -> None:
    """Known tags are case sensitive; a reset ends a text in which one was found. spec: plan §7.3.1"""
    assert expand(text, color=True) == coloured
    assert expand(text, color=False) == plain


def test_a_field_named_like_a_tag_loses_its_name() -> None:
    """Expansion runs over the names of users too; the alignment counted the whole name. spec: plan §7.3.1"""
    server = task("Edited", "server", field("Env[red]", None, "1"), field("User", None, "a"))
    text = render_text(response("Edited", groups=(group("Edited", "api", tasks=(server,)),)), now=NOW)
    assert '    + Env: "1"\n    + User:     "a"\n' in text


def test_names_are_aligned_by_bytes() -> None:
    """spec: plan §7.4"""
    server = task("Edited", "server", field("Meta[é]", None, "1"), field("User", None, "a"))
    text = render_text(response("Edited", groups=(group("Edited", "api", tasks=(server,)),)), now=NOW)
    assert '    + Meta[é]: "1"\n    + User:     "a"\n' in text


def test_null_entries_of_a_diff_are_passed_over() -> None:
    """spec: diff Q5, Q6"""
    plan = response("Edited", field("Priority", "1", "2"))
    plan["Diff"]["Fields"].append(None)
    plan["Diff"]["Objects"] = [None]
    assert render_text(plan, now=NOW).startswith('+/- Job: "web"\n+/- Priority: "1" => "2"\n\nScheduler')


def test_an_edited_object_without_entries_has_an_empty_line() -> None:
    plan = response("Edited", groups=(group("Edited", "api", entries("Edited", "Scaling")),))
    assert "  +/- Scaling {\n\n      }\n" in render_text(plan, now=NOW)


def test_verbose_shows_added_groups_and_tasks() -> None:
    server = task("Added", "w", field("Driver", None, "docker"), annotations=("forces create",))
    plan = response("Added", groups=(group("Added", "worker", field("Count", None, "1"), tasks=(server,)),))
    assert "Driver" not in render_text(plan, now=NOW)
    assert '  + Task: "w" (forces create)\n    + Driver: "docker"\n' in render_text(plan, now=NOW, verbose=True)


def test_colours_of_the_diff_end_before_its_newline() -> None:
    text = render_text(response("None"), now=NOW, color=True)
    assert text.startswith('\x1b[1mJob: "web"\x1b[0m\n\n\x1b[1mScheduler dry-run:\x1b[0m\x1b[0m\n')


def test_on_a_terminal_every_coloured_text_is_wrapped() -> None:
    """spec: plan §7.3.2"""
    text = render_text(response("None"), now=NOW, color=True, terminal=True, diff=False)
    assert text.startswith("\x1b[0m\x1b[1mScheduler dry-run:\x1b[0m\x1b[0m\x1b[0m\n\x1b[0m\x1b[1m\x1b[32m- All")
    assert render_text(response("None"), now=NOW, terminal=True) == render_text(response("None"), now=NOW)


@pytest.mark.parametrize("kind, words", [("system", "allocations on all nodes"), ("sysbatch", "all allocations")])
def test_failures_of_system_jobs_have_their_own_heading(kind: str, words: str) -> None:
    plan = response("Added", FailedTGAllocs={"b": {"NodesEvaluated": 1}, "a": {"CoalescedFailures": 1}})
    assert dry_run(plan, job={"Type": kind}) == (
        f"- WARNING: Failed to place {words}.\n"
        '  Task Group "a" (failed to place 2 allocations):\n'
        "    * No nodes were eligible for evaluation\n\n"
        '  Task Group "b" (failed to place 1 allocation):\n\n'
    )


def test_missing_drivers_are_red() -> None:
    plan = response("Added", FailedTGAllocs={"a": {"NodesEvaluated": 1, "ConstraintFiltered": {"missing drivers": 2}}})
    line = '\x1b[31m    * Constraint "missing drivers": 2 nodes excluded by filter\x1b[0m\x1b[0m'
    assert line in render_text(plan, now=NOW, color=True)


def test_the_last_rolling_update_tells_its_wait() -> None:
    evaluations = [{"TriggeredBy": "rolling-update", "Wait": wait} for wait in (1, 90_000_000_000)]
    assert dry_run(response("Edited", CreatedEvals=evaluations)) == (
        "- All tasks successfully allocated.\n- Rolling update, next evaluation will be in 1m30s.\n"
    )


@pytest.mark.parametrize(
    "launch, job, text",
    [
        ("2026-03-09T02:30:00-04:00", {}, "at 2026-03-09T02:30:00-04:00 (18h30m0s from now)."),
        ("2026-03-08T12:00:00.9Z", {}, "at 2026-03-08T12:00:00Z (0s from now)."),
        ("2026-03-08T11:59:00+00:00", {}, "at 2026-03-08T11:59:00Z (-1m0s from now)."),
        ("1970-01-01T00:00:00Z", {}, "at  (-492492h0m0s from now)."),
    ],
)
def test_next_launch(launch: str, job: dict[str, Any], text: str) -> None:
    """Both times are cut to whole seconds before they are compared. spec: plan §7.5"""
    out = dry_run(response("None", NextPeriodicLaunch=launch), job=job)
    assert out.endswith(f"- If submitted now, next periodic launch would be {text}\n")


@pytest.mark.parametrize(
    "zone, error",
    [("Mars/Olympus", "unknown time zone Mars/Olympus"), ("../etc", "time: invalid location name")],
)
def test_launch_in_a_zone_that_cannot_be_loaded(zone: str, error: str) -> None:
    plan = response("None", NextPeriodicLaunch="2026-03-09T02:30:00Z")
    text = dry_run(plan, job={"Periodic": {"TimeZone": zone}})
    assert text == f"- All tasks successfully allocated.\n- Invalid time zone: {error}\n"


@pytest.mark.parametrize("launch", [None, "0001-01-01T00:00:00Z"])
def test_no_launch(launch: str | None) -> None:
    assert "launch" not in dry_run(response("None", NextPeriodicLaunch=launch))


@pytest.mark.parametrize("dispatched, shown", [(False, False), (True, True)])
def test_parameterized_jobs_launch_only_when_dispatched(dispatched: bool, shown: bool) -> None:
    plan = response("None", NextPeriodicLaunch="2026-03-09T02:30:00Z")
    assert ("launch" in dry_run(plan, job={"ParameterizedJob": {}, "Dispatched": dispatched})) is shown


def victims(count: int, jobs: int) -> list[dict[str, Any]]:
    return [
        {"ID": f"id-{n}", "JobID": f"job-{n % jobs}", "JobType": "batch", "Namespace": "", "TaskGroup": "g|h"}
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "count, jobs, table",
    [
        (1, 1, "Alloc ID  Job ID  Task Group\nid-0      job-0   g           h\n"),
        (12, 1, "Job ID  Namespace  Job Type  Preemptions\njob-0   <none>     batch     12\n"),
        (12, 12, "Job Type  Preemptions\nbatch     12\n"),
    ],
)  # fmt: skip
def test_preemptions(count: int, jobs: int, table: str) -> None:
    """Ten allocations are counted by job, ten jobs by type; `|` makes a cell. spec: plan §7.7"""
    text = render_text(response("None", preempted=victims(count, jobs)), now=NOW, diff=False)
    assert f"\nPreemptions:\n\n{table}Job Modify Index" in text


def test_the_command_at_the_end_repeats_the_options() -> None:
    arguments = repeated_arguments(variables=['a="b"'], variable_files=["v.hcl"], namespace="prod", hcl2_strict=False)
    text = render_text(response("None"), now=NOW, job_path="a b.hcl", arguments=arguments)
    command = r'-var="a=\"b\"" -var-file="v.hcl" -namespace="prod" -hcl2-strict=false a b.hcl'
    assert f"\nnomad job run -check-index 40 {command}\n" in text


@pytest.mark.parametrize(
    "kind, counts, code",
    [
        ("None", {"Place": 1}, 0),
        ("Edited", {"InPlaceUpdate": 1, "Ignore": 1}, 0),
        ("Edited", {"Stop": 1}, 1),
        ("Edited", {"Place": 2**64 - 7, "DestructiveUpdate": 7}, 0),
        ("Edited", {"Place": 2**64 - 7, "DestructiveUpdate": 8}, 1),
    ],
)
def test_exit_code(kind: str, counts: dict[str, int], code: int) -> None:
    """spec: plan §7.1, sums modulo 2^64"""
    assert exit_code(response(kind, updates={"api": counters(**counts)})) == code


def test_a_plan_object_brings_its_job_and_its_time() -> None:
    answer = response("None", NextPeriodicLaunch="2026-03-08T12:00:42Z", FailedTGAllocs={"a": {"NodesEvaluated": 1}})
    plan = SimpleNamespace(to_api=lambda: answer, job_api={"Type": "system"}, now=NOW)
    text = render_text(plan)
    assert "on all nodes" in text
    assert "(42s from now)" in text


@pytest.mark.parametrize(
    "change, place",
    [
        ({"Diff": []}, "plan response.Diff is not an object"),
        ({"FailedTGAllocs": {"a": None}}, "plan response.FailedTGAllocs.a is null"),
        ({"JobModifyIndex": "7"}, "plan response.JobModifyIndex is not an integer"),
        ({"NextPeriodicLaunch": "soon"}, "not a time: soon"),
    ],
)
def test_what_is_no_response_is_refused_with_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError, match=place):
        render_text({**response("None"), **change}, now=NOW)


def test_the_response_is_not_modified() -> None:
    answer = edited_task().response
    before = repr(answer)
    render_text(answer, now=NOW, verbose=True, color=True)
    assert repr(answer) == before
