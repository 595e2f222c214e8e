"""Sums, folding and limits of the pages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from jobplan.rendering.findings import Finding
from jobplan.rendering.formats import render
from jobplan.rendering.html import STYLE
from jobplan.rendering.options import Options, Report
from jobplan.rendering.resources import Amounts, allocation_ask, resource_deltas

from .responses import counters, edited_task, entries, field, group, response, task


def a_task(cpu: int | None, memory: int | None, hook: str = "", sidecar: bool = False, **more: int) -> dict[str, Any]:
    lifecycle = {"Hook": hook, "Sidecar": sidecar} if hook else None
    return {"Resources": {"CPU": cpu, "MemoryMB": memory, **more}, "Lifecycle": lifecycle}


def test_tasks_of_one_phase_add_up_and_phases_do_not() -> None:
    """The example of placement §8.2."""
    tasks = [
        a_task(1000, 100, "prestart"),
        a_task(50, 64, "prestart", sidecar=True),
        a_task(500, 256),
        a_task(200, 400, "poststop"),
    ]
    assert allocation_ask({"Tasks": tasks}) == Amounts(cpu=1050, memory_mb=400, disk_mb=300)


def test_defaults_count_where_a_job_says_nothing() -> None:
    assert allocation_ask({"Tasks": [{}, a_task(None, None, SecretsMB=10)]}) == Amounts(200, 0, 610, 300)
    assert allocation_ask({"Tasks": [a_task(0, 0, Cores=2)], "EphemeralDisk": {"SizeMB": 0}}) == Amounts(0, 2, 0, 0)


@pytest.mark.parametrize(
    "job, count",
    [
        ({"TaskGroups": [{"Name": "g"}]}, 1),
        ({"TaskGroups": [{"Name": "g", "Scaling": {"Min": 4}}]}, 4),
        ({"TaskGroups": [{"Name": "g", "Count": 0}]}, 0),
        ({"TaskGroups": [{"Name": "g", "Count": 5}], "Stop": True}, 0),
        ({"TaskGroups": [{"Name": "g", "Count": 5}], "Type": "system"}, 1),
    ],
)
def test_counts(job: dict[str, Any], count: int) -> None:
    (row,) = resource_deltas(None, job)
    assert (row.old_count, row.new_count, row.new.cpu) == (0, count, 0)


def test_removed_groups_come_last() -> None:
    old = {"TaskGroups": [{"Name": "a"}, {"Name": "b"}]}
    new = {"TaskGroups": [{"Name": "c"}, {"Name": "b"}]}
    assert [(row.group, row.old_count, row.new_count) for row in resource_deltas(old, new)] == [
        ("c", 0, 1),
        ("b", 1, 1),
        ("a", 1, 0),
    ]


def test_without_the_stored_job_there_is_no_before() -> None:
    page = render("pretty", replace(edited_task(), old_job=None))
    table = page.partition("\nResources\n")[2].partition("\n\n")[0]
    assert "→" not in table
    assert "4.69 GiB" in table


def long_report(lines: int, groups: int) -> Report:
    text = "".join(f"line {n} {'x' * 60}\n" for n in range(lines))
    server = task("Edited", "server", entries("Added", "Template", field("EmbeddedTmpl", None, text)))
    names = [f"group-{n}" for n in range(groups)]
    changed = tuple(group("Edited", name, tasks=(server,), updates={"create": 1}) for name in names)
    return Report(response("Edited", groups=changed, updates={name: counters(Place=1) for name in names}))


@pytest.mark.parametrize("lines, groups", [(50, 1), (5_000, 1), (300, 30), (10, 2_000)])
def test_a_comment_is_never_too_long_and_says_what_is_missing(lines: int, groups: int) -> None:
    page = render("markdown", long_report(lines, groups))
    assert len(page) <= 65_536
    complete = render("markdown", long_report(lines, groups), Options(limit=10**9))
    assert ("cut here" in page or "Truncated" in page) == (len(complete) > 65_536)
    assert page.count("```") % 2 == 0
    assert page.count("<details>") == page.count("</details>")
    assert "submit this version" in page or "Truncated" in page


def test_the_note_counts_the_lines_that_were_cut() -> None:
    page = render("markdown", long_report(5_000, 1))
    shown = page.count("+       line ")
    assert f"… cut here: {5_000 - shown} more lines do not fit into a comment" in page


def test_even_a_tiny_limit_is_kept() -> None:
    assert len(render("markdown", edited_task(), Options(limit=200))) <= 200


def test_unchanged_parts_are_shown_on_request() -> None:
    short, whole = render("pretty", edited_task()), render("pretty", edited_task(), Options(unchanged=True))
    assert "REGION" not in short
    assert 'REGION     "eu"' in whole
    assert 'task "sidecar"' in whole
    assert "unchanged" not in whole


def test_utilisation_beyond_the_whole_is_marked() -> None:
    rows = [{"label": "Memory", "before": 512, "after": 2048, "total": 1024, "unit": "MB"}, {"label": "x", "total": 0}]
    page = render("html", Report(utilisation=rows))
    assert "50% → 200% (512 MiB → 2 GiB of 1 GiB)" in page
    assert '<rect class="over" y="54%" width="100.00%"' in page
    assert page.count("<svg") == 1


def new_group(*parts: dict[str, Any]) -> str:
    page = render("pretty", Report(response("Added", groups=(group("Added", "api", *parts),))))
    return page.partition('group "api"')[2].partition("\n\n")[0]


def test_what_every_new_job_gets_is_not_listed() -> None:
    disk = entries("Added", "EphemeralDisk", field("Sticky", None, "false"), field("SizeMB", None, "300"))
    assert new_group(disk).split() == ["…", "as", "usual:", "EphemeralDisk"]
    bigger = entries("Added", "EphemeralDisk", field("Sticky", None, "false"), field("SizeMB", None, "301"))
    assert "301 MiB" in new_group(bigger)


def test_an_identity_is_usual_only_for_the_usual_audience() -> None:
    def identity(audience: str) -> dict[str, Any]:
        nested = entries("Added", "Audience", field("Audience", None, audience))
        return entries("Added", "Identity", field("Name", None, "default"), nested)

    assert "as usual: Identity" in new_group(identity("nomadproject.io"))
    assert "vault.io" in new_group(identity("vault.io"))


def test_of_deleted_groups_only_names_are_shown() -> None:
    gone = task("Deleted", "server", field("Driver", "docker", None))
    groups = (group("Deleted", "api", field("Count", "2", None), field("ShutdownDelay", "5", None), tasks=(gone,)),)
    report = Report(response("Edited", groups=groups))
    short, whole = render("pretty", report), render("pretty", report, Options(unchanged=True))
    assert 'task "server"' in short
    assert "Count  2" in short
    assert "Driver" not in short
    assert "ShutdownDelay" not in short
    assert "Driver" in whole
    assert "ShutdownDelay" in whole


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(dark: bool) -> None:
    """WCAG 2.1 AA: 4.5 to 1."""
    sheet = STYLE.partition("@media (prefers-color-scheme: dark)")[2 if dark else 0].partition("} }")[0]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", sheet))
    pairs = [
        *((text, "page") for text in ("text", "soft", "add", "del", "edit", "info", "bad")),
        *((text, "panel") for text in ("text", "soft", "add", "del", "edit", "info")),
        *(("text", f"{kind}-bg") for kind in ("add", "del", "edit")),
        *((kind, f"{kind}-bg") for kind in ("add", "del", "edit")),
        ("add", "edit-bg"), ("del", "edit-bg"), ("soft", "add-bg"), ("soft", "edit-bg"), ("info", "edit-bg"),
        ("text", "add-mark"), ("text", "del-mark"),
    ]  # fmt: skip
    for text, ground in pairs:
        one, two = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (one + 0.05) / (two + 0.05) >= 4.5, (text, ground)


def test_a_warning_that_is_a_finding_is_not_said_twice() -> None:
    plan = response("None", Warnings="2 warnings:\n\n* first  one\n* second")
    page = render("pretty", Report(plan, findings=(Finding("r", "warning", "first one"),)))
    assert page.count("first one") == 1
    assert "Warnings\n  - second\n" in page
    assert "Warnings" not in render(
        "pretty", Report(plan, findings=tuple(Finding("r", "note", t) for t in ("first one", "second")))
    )


def test_many_warnings_are_folded_errors_never() -> None:
    severities = ["warning"] * 9 + ["error"] * 7
    findings = tuple(Finding(f"r/{n}", severity, "x") for n, severity in enumerate(severities))  # type: ignore[arg-type]
    page = render("html", Report(findings=findings))
    shown, _, folded = page.partition('<details id="findings-more">')
    assert shown.count('class="error">error<') == 7
    assert "9 more warnings and notes" in folded
    assert folded.count('class="warning">warning<') == 9


def test_a_table_too_wide_for_the_screen_puts_its_longest_column_below() -> None:
    findings = (Finding("r/1", "error", "word " * 30, file="a.hcl", line=3), Finding("r/2", "note", "short"))
    table = render("pretty", Report(findings=findings)).partition("Findings\n  ")[2].splitlines()
    assert table[0].split() == ["Severity", "Rule", "Place"]
    assert table[1].split() == ["error", "r/1", "a.hcl:3"]
    assert table[2].strip() == ("word " * 30).strip()
    assert table[4].strip() == "short"


@pytest.mark.parametrize(
    "old, new, text",
    [
        (512, 1536, "512 MiB → 1.5 GiB (+1 GiB)"),
        (2048, 1024, "2 → 1 GiB (-1)"),
        (0, 256, "+256 MiB"),
        (256, 0, "-256 MiB"),
    ],
)
def test_changes_name_their_unit_once(old: int, new: int, text: str) -> None:
    jobs = [{"TaskGroups": [{"Name": "g", "Tasks": [a_task(100, memory)]}]} for memory in (old, new)]
    page = render("pretty", Report(response("Edited"), job=jobs[1], old_job=jobs[0]))
    assert f"  {text}  " in page
