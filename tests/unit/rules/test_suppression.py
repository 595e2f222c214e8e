"""Accepted findings: comments in HCL, Meta in JSON."""

from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from jobplan.rules import Finding, Settings
from jobplan.rules.suppression import Outcome, in_comments, in_meta, suppress

KNOWN = ("task/raw-exec", "task/no-memory", "suppression/unused")
RAW = Finding("task/raw-exec", "warning", "raw", "/TaskGroups/0/Tasks/0/Driver")
MEMORY = Finding("task/no-memory", "warning", "memory", "/TaskGroups/0/Tasks/0/Resources")


def comments(text: str) -> list[tuple[tuple[str, ...], str, int]]:
    return [(item.rules, item.reason, item.target) for item in in_comments(textwrap.dedent(text))]


def apply(text: str, *findings: Finding, line: int, settings: Settings | None = None) -> Outcome:
    return suppress(findings, in_comments(text), lambda _: line, settings or Settings(), KNOWN)


def rules(outcome: Outcome) -> list[str]:
    return [item.rule for item, _ in outcome.kept]


def test_a_comment_is_about_its_line_or_the_next_one_with_code() -> None:
    text = """\
        driver = "raw_exec" # jobplan: ignore[task/raw-exec] needs the devices
        // jobplan:ignore[task/no-memory, task/*]: in spring
        # more words

        /* jobplan: ignore[a/b] because */
        task "x" {}
        """
    assert comments(text) == [
        (("task/raw-exec",), "needs the devices", 1),
        (("task/no-memory", "task/*"), "in spring", 6),
        (("a/b",), "because", 6),
    ]


def test_text_that_only_looks_like_a_comment() -> None:
    text = """\
        a = "# jobplan: ignore[a/b] no"
        b = <<EOT
        # jobplan: ignore[a/b] no
        ${c} # jobplan: ignore[a/b] no
        EOT
        d = "${e}# jobplan: ignore[a/b] no"
        f = 1 # jobplan: ignore[a/b] yes
        """
    assert comments(text) == [(("a/b",), "yes", 7)]


def test_what_a_comment_suppresses() -> None:
    text = "# jobplan: ignore[task/raw-exec] why not\nx = 1\n"
    outcome = apply(text, RAW, MEMORY, line=2)
    assert rules(outcome) == ["task/no-memory"]
    assert outcome.suppressed == (RAW,)
    assert rules(apply(text, RAW, line=3)) == ["task/raw-exec", "suppression/unused"]


def test_without_a_reason_nothing_is_suppressed() -> None:
    outcome = apply("x = 1 # jobplan: ignore[task/raw-exec]\n", RAW, line=1)
    assert rules(outcome) == ["task/raw-exec", "suppression/no-reason"]
    assert outcome.kept[1][1] == (1, 7)
    assert outcome.suppressed == ()


def test_remarks_about_suppressions() -> None:
    assert rules(apply("# jobplan: ignore[task/rawexec] typo\n", line=0)) == ["suppression/unknown-rule"]
    assert rules(apply("# jobplan: ignore[] nothing\n", line=0)) == ["suppression/unknown-rule"]
    assert rules(apply("# jobplan: ignore[admission/8.4] fine\n", line=0)) == ["suppression/unused"]
    off = Settings({"task/raw-exec": "off"})
    assert rules(apply("# jobplan: ignore[task/raw-exec] fine\n", line=0, settings=off)) == []
    silent = Settings({"suppression/unused": "off"})
    assert rules(apply("# jobplan: ignore[task/raw-exec] fine\n", line=0, settings=silent)) == []


def test_a_suppression_cannot_hide_remarks_about_suppressions() -> None:
    remark = Finding("suppression/no-reason", "warning", "x")
    assert remark.rule in rules(apply("# jobplan: ignore[*] all of it\n", remark, line=2))


def test_meta_is_about_its_owner_and_what_is_in_it() -> None:
    task = {"Name": "t", "Meta": {"jobplan.ignore": "task/raw-exec needs the devices"}}
    api = {"TaskGroups": [{"Meta": None, "Tasks": [task, {"Name": "u"}]}]}
    second = Finding("task/raw-exec", "warning", "raw", "/TaskGroups/0/Tasks/10/Driver")
    outcome = suppress([RAW, second], in_meta(api), lambda _: 0, Settings(), KNOWN)
    assert outcome.suppressed == (RAW,)
    assert [item for item, _ in outcome.kept] == [second]


def test_several_in_one_meta() -> None:
    api = {"Meta": {"jobplan.ignore": "task/raw-exec,task/no-memory both", "jobplan.ignore.2": "task/none x", "a": "b"}}
    outcome = suppress([RAW, MEMORY], in_meta(api), lambda _: 0, Settings(), KNOWN)
    assert outcome.suppressed == (RAW, MEMORY)
    assert [(item.rule, item.path) for item, _ in outcome.kept] == [
        ("suppression/unknown-rule", "/Meta/jobplan.ignore.2")
    ]


@given(st.text(alphabet='#/*"{}$\\\n <EOTjobplan:ignore[]a', max_size=60))
def test_no_text_upsets_the_reader(text: str) -> None:
    """Law: whatever the file holds, a suppression's target is one of its lines, at or after the comment."""
    for item in in_comments(text + "\n# jobplan: ignore[a/b] x"):
        assert item.place is not None
        assert item.place[0] <= item.target <= text.count("\n") + 2


def test_hostile_comments_are_read_in_one_pass() -> None:
    """What takes minutes if the reader goes back: many beginnings, one very long line, a long run of comments."""
    assert in_comments("# jobplan: ignore[" * 20_000) == []
    assert len(in_comments("# jobplan: ignore[a/b]" + " " * 200_000 + "x\n")) == 1
    assert len(in_comments("# jobplan: ignore[a/b] c\n" * 2_000)) == 2_000
