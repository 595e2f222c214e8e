"""Job files are written by strangers: nothing in them becomes markup, a command or a terminal code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from jobplan.rendering import render_text
from jobplan.rendering.findings import Finding
from jobplan.rendering.formats import render
from jobplan.rendering.markdown import escape
from jobplan.rendering.options import Options, Report
from jobplan.rendering.terminal import terminal_safe, visible

from .responses import entries, field, group, response, task

NASTY = st.sampled_from(
    [
        "<script>alert(1)</script>", "</pre></details>", '"><img src=x onerror=y>', "&lt;b&gt;", "```", "````\n# x",
        "| a | b |", "](http://evil.example)", "[x](javascript:y)", "@everyone", "org/repo#12", "www.evil.example",
        "https://evil.example", "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r\n::error::x", "\n", "\u202egnp.exe",
        "\ud800", "\x00", "]]>", "--> <!--", ":smile:", "$(id)", "%0A::warning::", "*b*", "_i_", "~~s~~", "# h",
        "- item", "\\", "<https://evil.example>", "![i](u)", "[bold]", "${x}",
    ]
)  # fmt: skip
HOSTILE = st.lists(NASTY | st.text(max_size=8), min_size=1, max_size=4).map("".join)


@st.composite
def hostile_reports(draw: st.DrawFn) -> Report:
    """A report in which every text that a job can choose is hostile."""

    def text() -> str:
        return draw(HOSTILE)

    fields = [
        field(f"Env[{text()}]", text(), text()),
        field(text(), None, text()),
        field(f"Meta[{text()}]", text(), None, text()),
    ]
    objects = [
        entries(
            "Edited", "Template", field("DestPath", "a", text()), field("EmbeddedTmpl", f"{text()}\n{text()}", "\nx")
        ),
        entries("Edited", "Config", field("args[0]", text(), text()), field("args[1]", None, text())),
        entries("Added", "Constraint", field("LTarget", None, text())),
        entries("Edited", text(), field(text(), text(), text())),
    ]
    changed = task("Edited", text(), *fields, *objects)
    plan = response(
        "Edited",
        groups=(group("Edited", text(), tasks=(changed,), updates={"create": 1}),),
        preempted=[{"ID": text(), "JobID": text(), "TaskGroup": text(), "NodeName": text()}],
        FailedTGAllocs={text(): {"NodesEvaluated": 0, "ConstraintFiltered": {text(): 1}}},
        Warnings=f"1 warning:\n\n* {text()}",
        CreatedEvals=[{"StatusDescription": text(), "WaitUntil": text()}],
    )
    plan["Diff"]["ID"] = text()
    finding = Finding(f"r{text()}", "error", text(), text(), text(), 3, 4, text(), text())
    job = {"ID": text(), "TaskGroups": [{"Name": text()}]}
    rollout = [{"group": text(), "strategy": "rolling", "replaced": 1, "notes": ["x"]}]
    return Report(plan, job=job, findings=(finding,), rollout=rollout)


OPTIONS = Options(redact=False)
FEW = settings(max_examples=30)


class _Page(HTMLParser):
    """Collects tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "rect", "line", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "section", "details", "summary",
    "div", "span", "code", "ins", "del", "ul", "li", "table", "caption", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "http-equiv", "class", "id", "open", "style", "role", "aria-label",
    "tabindex", "aria-labelledby", "scope", "data-head",
}  # fmt: skip


@FEW
@given(hostile_reports())
def test_html_holds_our_elements_only(report: Report) -> None:
    page = _Page()
    page.feed(render("html", report, OPTIONS))
    assert not page.open
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES


MARKDOWN = MarkdownIt("gfm-like", {"html": True})
HTML_OF_OURS = re.compile(r"</?(?:code|details|summary)>|<!-- jobplan -->")


def tokens(text: str) -> Iterator[Token]:
    for token in MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


@FEW
@given(hostile_reports())
def test_markdown_holds_our_markup_only(report: Report) -> None:
    for token in tokens(render("markdown", report, OPTIONS)):
        assert token.type not in ("link_open", "image", "em_open", "strong_open", "s_open", "code_inline", "code_block")
        if token.type in ("html_inline", "html_block"):
            rest = HTML_OF_OURS.sub("", token.content)
            assert "<" not in rest
            assert "@" not in rest
        if token.type == "fence":
            assert token.info == "diff"


@given(HOSTILE)
def test_escaped_markdown_reads_as_the_text(text: str) -> None:
    (paragraph,) = [token for token in MARKDOWN.parse(f"x<code>{escape(text)}</code>x") if token.type == "inline"]
    read = "".join(token.content for token in paragraph.children or () if token.type != "html_inline")
    assert read == f"x{visible(text)}x".replace("\t", " ")


UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@FEW
@given(hostile_reports(), st.booleans())
def test_pretty_never_lets_a_code_through(report: Report, color: bool) -> None:
    text = render("pretty", report, replace(OPTIONS, color=color))
    assert not UNSAFE.search(re.sub(r"\x1b\[[0-9;]*m", "", text) if color else text)
    text.encode()


@FEW
@given(hostile_reports(), st.booleans())
def test_the_exact_text_can_be_made_safe(report: Report, color: bool) -> None:
    text = terminal_safe(render_text(report.response, color=color), color=color)
    assert not UNSAFE.search(re.sub(r"\x1b\[(?:0|1|3[0-9]|9[0-7])m", "", text) if color else text)


def test_what_is_safe_stays_as_it_is() -> None:
    text = "\x1b[1mJob: \x1b[0m\tü → x\n"
    assert terminal_safe(text, color=True) == text
    assert terminal_safe(text) == "\\x1b[1mJob: \\x1b[0m\tü → x\n"
    assert terminal_safe("\x1b[8mhidden\x1b[2J", color=True) == "\\x1b[8mhidden\\x1b[2J"
    assert visible("a\nb\r\u202e\U000e0041\x07") == "a\\nb\\r\\u202e\\U000e0041\\x07"


@FEW
@given(hostile_reports())
def test_a_github_annotation_is_one_command(report: Report) -> None:
    text = render("github", report)
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert "\r" not in text
    properties, _, _ = text.removeprefix("::error ").partition("::")
    keys = [pair.partition("=")[0] for pair in properties.split(",")]
    assert keys in (["file", "line", "col", "title"], ["title"])


@FEW
@given(hostile_reports())
def test_junit_is_well_formed(report: Report) -> None:
    (case,) = ElementTree.fromstring(render("junit", report).encode()).iter("testcase")
    assert case.find("failure") is not None


@FEW
@given(hostile_reports())
@pytest.mark.parametrize("name", ["json", "gitlab", "sarif", "nomad-json"])
def test_json_formats_can_be_written_and_read(name: str, report: Report) -> None:
    text = render(name, report)
    json.loads(text.encode())
