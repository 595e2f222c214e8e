"""The status page: escaped, without scripts, and read only."""

from __future__ import annotations

import html.parser
import urllib.parse
from typing import Any

import pytest

from jobplan.httpapi.exchange import Request, Response
from jobplan.httpapi.pages import page
from jobplan.registry import Registry
from jobplan.registry.tokens import HashedToken, Tokens

VOID = {"meta", "link", "br", "input"}


class Outline(html.parser.HTMLParser):
    """Checks that every element is closed, and collects what is in the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def show(registry: Registry, path: str, method: str = "GET", **options: Any) -> Response:
    return page(Request(method, path, **options), registry)


def outline(response: Response) -> Outline:
    assert response.body is not None
    return Outline(response.body.decode())


NASTY = "team/<script>alert(1)</script>&amp"


def test_names_are_escaped_and_links_lead_somewhere(registry: Registry, job: Any) -> None:
    registry.register(job(NASTY, Meta={"<b>": "<i>"}))
    registry.register(job(NASTY, Meta={"<b>": "<u>"}))
    first = outline(show(registry, "/ui/"))
    assert "script" not in first.tags
    assert NASTY in first.text
    (target,) = [item for item in first.links if item.startswith("/ui/job/")]
    second = show(registry, target)
    assert second.status == 200
    text = outline(second).text
    assert "Version 1" in text
    assert "~ Meta[<b>]: <i> → <u>" in text
    assert not {"b", "i", "u", "script"} & set(outline(second).tags)
    assert "default-src 'none'" in second.headers["Content-Security-Policy"]


def test_nodes_with_what_they_hold(registry: Registry, job: Any) -> None:
    registry.register(job())
    text = outline(show(registry, "/ui/")).text
    assert "100 of 7900 MHz (1 %)" in text


def test_a_plan_changes_nothing(registry: Registry, job: Any) -> None:
    registry.register(job())
    index = registry.state.index
    source = (
        'job "shop" {\n  group "web" {\n    count = 9000\n    task "server" {\n      driver = "docker"\n    }\n  }\n}\n'
    )
    data = urllib.parse.urlencode({"job": source}).encode()
    text = outline(show(registry, "/ui/plan", "POST", body=data)).text
    assert "~ Count: 1 → 9000 (forces create)" in text
    assert "Place" in text
    assert registry.state.index == index


@pytest.mark.parametrize("source", ["job {", "{", "[]", "", '{"Job":{"ID":"x"}}', "\x00", 'job "a" {}'])
def test_what_cannot_be_planned_is_told(registry: Registry, source: str) -> None:
    data = urllib.parse.urlencode({"job": source}).encode()
    response = show(registry, "/ui/plan", "POST", body=data)
    assert response.status == 200
    assert b'class="problem"' in (response.body or b"")
    outline(response)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/ui/nothing", "GET", 404), ("/ui/job/default/no", "GET", 404), ("/ui/", "PUT", 405), ("/ui", "GET", 200)],
)
def test_statuses(registry: Registry, path: str, method: str, status: int) -> None:
    assert show(registry, path, method).status == status


def test_browsers_are_asked_for_a_token(registry: Registry) -> None:
    tokens = Tokens([HashedToken.of("read", "r")])
    asked = show(registry, "/ui/", permit=tokens.caller("").require)
    assert (asked.status, "Basic" in asked.headers["WWW-Authenticate"]) == (401, True)
    assert show(registry, "/ui/", permit=tokens.caller("r").require).status == 200
    assert show(registry, "/ui/plan", "POST", permit=tokens.caller("r").require).status == 401
