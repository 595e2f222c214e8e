"""Endpoints as values: bodies, headers, errors, leniency, permissions, pages. spec: api §1.5–1.8, §4, §6, §7"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from jobplan.httpapi.exchange import Response
from jobplan.registry import Registry
from jobplan.registry.tokens import HashedToken, Tokens

Ask = Callable[..., Response]
Job = Callable[..., dict[str, Any]]


def body(response: Response) -> Any:
    assert response.body is not None
    return json.loads(response.body)


def test_registering_and_reading(ask: Ask, job: Job) -> None:
    made = ask("PUT /v1/jobs", {"Job": job()})
    assert (made.status, set(made.headers)) == (200, {"X-Nomad-Index"})
    read = ask("GET /v1/job/shop?pretty")
    assert read.headers["X-Nomad-KnownLeader"] == "true"
    assert b'"port": 80.0' in (read.body or b"")
    assert body(ask("GET /v1/job/shop/summary"))["Summary"]["web"]["Starting"] == 1
    assert body(ask("GET /v1/jobs"))[0]["JobSummary"]["Namespace"] == "default"


@pytest.mark.parametrize("given", [1, True, 1.0])
def test_older_clients_send_numbers_for_booleans(ask: Ask, job: Job, given: Any) -> None:
    request = {"Job": job(), "EnforceIndex": given, "JobModifyIndex": 0}
    assert ask("PUT /v1/jobs", request, strict=False).status == 200
    again = ask("PUT /v1/jobs", request, strict=False)
    assert (again.status, again.body) == (500, b"Enforcing job modify index 0: job already exists")
    assert ask("PUT /v1/jobs", {**request, "EnforceIndex": 0}, strict=False).status == 200


def test_samples_of_old_documents_are_read(ask: Ask, job: Job) -> None:
    text = json.dumps({"Job": job(Meta={"url": "http://x,}"})})[:-1] + ', // more\n "EnforceIndex": 1,\n }'
    assert ask("PUT /v1/jobs", text.encode()).status == 400
    assert ask("PUT /v1/jobs", text.encode(), strict=False).status == 200
    assert body(ask("GET /v1/job/shop"))["Meta"] == {"url": "http://x,}"}
    assert ask("DELETE /v1/job/shop", {"Purge": True}).status == 200
    assert ask("GET /v1/job/shop").status == 200
    assert ask("DELETE /v1/job/shop", {"Purge": True}, strict=False).status == 200
    assert ask("GET /v1/job/shop").status == 404


def test_a_strict_server_refuses_them(ask: Ask, job: Job) -> None:
    refused = ask("PUT /v1/jobs", {"Job": job(), "EnforceIndex": 1})
    text = "json: cannot unmarshal number into Go struct field JobRegisterRequest.EnforceIndex of type bool"
    assert (refused.status, refused.body) == (400, text.encode())


@pytest.mark.parametrize(
    ("line", "given", "status", "text"),
    [
        ("PUT /v1/jobs", b"", 400, "Request body is empty"),
        ("PUT /v1/jobs", b"{", 400, "unexpected EOF"),
        ("PUT /v1/jobs", b"[" * 100_000, 400, "exceeded max depth"),
        ("PUT /v1/jobs", b'"x"', 400, "json: cannot unmarshal string into Go value of type api.JobRegisterRequest"),
        ("PUT /v1/job/x/revert", b"[]", 400, "into Go value of type structs.JobRevertRequest"),
        ("PUT /v1/job/x/plan", b'{"Job":{"ID":"y"}}', 400, "Job ID does not match"),
        ("PUT /v1/job/x/plan", b'{"Job":{}}', 400, "Job must have a valid ID"),
        ("PUT /v1/job/x/stable", b"{}", 400, "JobID must be specified"),
        ("PUT /v1/job/x/scale", b'{"Target":{"Group":"g"},"Count":-1}', 400, "scaling action count can't be negative"),
        ("PUT /v1/job/x/scale", b'{"Target":{"Group":"g"}}', 404, 'job "x" not found'),
        ("PUT /v1/job/x/tag", b"{}", 404, "invalid job tag endpoint"),
        ("GET /v1/job/x/submission?version=0&wait=x", b"", 400, "Invalid wait timenull"),
        ("DELETE /v1/job/x?no_shutdown_delay=q", b"", 500, '"no_shutdown_delay"q (q) as a bool'),
        ("DELETE /v1/job/x?eval_priority=9999999999999999999", b"", 500, "value out of range"),
        ("DELETE /v1/job/?purge=true", b"", 500, "missing job ID for deregistering"),
        ("GET /v1/jobs?region=mars", b"", 500, "No path to region"),
        ("POST /v1/jobs/statuses", b'{"Jobs":[]}', 400, "no jobs in request"),
        ("GET /v1/job/x/versions?diffs=z", b"", 500, 'Failed to parse value of "diffs" (z) as a bool'),
    ],
)  # fmt: skip
def test_refusals(ask: Ask, line: str, given: bytes, status: int, text: str) -> None:
    response = ask(line, given)
    assert response.status == status
    assert text in (response.body or b"").decode()
    assert response.content_type == "text/plain; charset=utf-8"


def test_region_and_namespace_of_a_registration(ask: Ask, job: Job, registry: Registry) -> None:
    """Body region beats query region, query namespace beats body namespace. spec: api §1.4"""
    registry.configure({"Namespaces": ["prod"]})
    assert ask("PUT /v1/jobs?region=mars", {"Job": job(), "Region": "global"}).status == 200
    assert ask("PUT /v1/jobs?namespace=prod", {"Job": job(Namespace="default"), "Namespace": "default"}).status == 200
    assert [item["Namespace"] for item in body(ask("GET /v1/jobs?namespace=*"))] == ["default", "prod"]
    unknown = ask("PUT /v1/jobs", {"Job": job(Namespace="nowhere")})
    assert (unknown.status, b"nonexistent" in (unknown.body or b"")) == (500, True)


def test_pages(ask: Ask, job: Job) -> None:
    for name in "abcde":
        ask("PUT /v1/jobs", {"Job": job(name)})
    names: list[str] = []
    token = ""
    while True:
        page = ask(f"GET /v1/jobs?per_page=2&next_token={token}")
        names += [item["ID"] for item in body(page)]
        token = page.headers.get("X-Nomad-NextToken", "")
        if not token:
            break
    assert names == list("abcde")
    assert ask("GET /v1/jobs?per_page=-1").headers["X-Nomad-NextToken"] == "default.a"
    assert [item["ID"] for item in body(ask("GET /v1/jobs?reverse=true&next_token=default.b"))] == ["b", "a"]


def test_diffs_accumulate_over_the_runs_of_a_blocking_read(registry: Registry, ask: Ask, job: Job) -> None:
    from jobplan.httpapi.exchange import Request
    from jobplan.httpapi.handle import handle

    ask("PUT /v1/jobs", {"Job": job()})
    ask("PUT /v1/jobs", {"Job": job(Priority=60)})
    request = Request("GET", "/v1/job/shop/versions", "diffs=true")
    assert len(body(handle(request, registry))["Diffs"]) == 1
    assert len(body(handle(request, registry))["Diffs"]) == 2


def test_a_read_tells_what_it_looks_at(ask: Ask, job: Job) -> None:
    ask("PUT /v1/jobs", {"Job": job("web-a")})
    listed = ask("GET /v1/jobs?prefix=web")
    assert listed.watch is not None
    assert listed.watch(frozenset({("summaries", "default", "web-b")}))
    assert not listed.watch(frozenset({("jobs", "default", "api"), ("jobs", "prod", "web")}))
    read = ask("GET /v1/job/web-a")
    assert read.watch is not None
    assert not read.watch(frozenset({("jobs", "default", "web-b")}))


TOKENS = Tokens([HashedToken.of("read", "r"), HashedToken.of("plan", "p"), HashedToken.of("submit", "s")])


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("GET /v1/jobs", "read"),
        ("GET /v1/job/x", "read"),
        ("GET /v1/job/x/scale", "read"),
        ("PUT /v1/search", "read"),
        ("PUT /v1/job/x/plan", "plan"),
        ("PUT /v1/validate/job", "plan"),
        ("PUT /v1/jobs/parse", "plan"),
        ("PUT /v1/jobs", "submit"),
        ("PUT /v1/job/shop", "submit"),
        ("DELETE /v1/job/x", "submit"),
        ("PUT /v1/job/x/scale", "submit"),
        ("PUT /v1/job/x/dispatch", "submit"),
        ("PUT /v1/job/x/versions/v/tag", "submit"),
        ("PUT /v1/deployment/fail/x", "submit"),
        ("PUT /v1/system/gc", "submit"),
    ],
)
def test_what_a_caller_needs(ask: Ask, job: Job, line: str, needed: str) -> None:
    ranks = {"": -1, "r": 0, "p": 1, "s": 2}
    for secret, rank in ranks.items():
        response = ask(line, {"Job": job()}, permit=TOKENS.caller(secret).require)
        denied = response.status == 403 and response.body == b"Permission denied"
        assert denied == (rank < ("read", "plan", "submit").index(needed)), secret


def test_admission_comes_before_permission(ask: Ask) -> None:
    """spec: api §6.2"""
    response = ask("PUT /v1/jobs", {"Job": {"ID": "x"}}, permit=TOKENS.caller("r").require)
    assert response.status == 500
    assert b"Missing job task groups" in (response.body or b"")


def test_parsing_with_defaults(ask: Ask) -> None:
    text = 'job "a" {\n  group "g" {\n    task "t" {\n      driver = "exec"\n    }\n  }\n}\n'
    plain = body(ask("PUT /v1/jobs/parse", {"JobHCL": text}))
    assert (plain["Priority"], plain["TaskGroups"][0]["Count"]) == (None, None)
    filled = body(ask("PUT /v1/jobs/parse", {"JobHCL": text, "Canonicalize": True}))
    assert (filled["Priority"], filled["TaskGroups"][0]["Count"], filled["SubmitTime"]) == (50, 1, None)
    assert set(filled) == set(plain)
    refused = ask("PUT /v1/jobs/parse", {"JobHCL": "job {"})
    assert (refused.body or b"").startswith(b"Failed to parse job: input.hcl:1,5-6")


def test_hooks_only_exist_in_the_test_mode(ask: Ask, job: Job) -> None:
    ask("PUT /v1/jobs", {"Job": job()})
    update = {"match": {"JobID": "shop", "index": 0}, "set": {"ClientStatus": "running"}}
    assert ask("PUT /v1/jobplan/test/state", {"allocs": [update]}).status == 404
    assert ask("PUT /v1/jobplan/test/state", {"allocs": [update]}, test_hooks=True).status == 200
    assert body(ask("GET /v1/job/shop/allocations"))[0]["ClientStatus"] == "running"
    missing = {**update, "match": {"JobID": "nothing"}}
    assert ask("PUT /v1/jobplan/test/state", {"allocs": [missing]}, test_hooks=True).status == 404
    assert ask("PUT /v1/jobplan/test/reset", {"config": {"Namespaces": ["prod"]}}, test_hooks=True).status == 200
    assert body(ask("GET /v1/jobs")) == []
