"""Paths, methods, redirects. spec: api §1.1, §1.2"""

from __future__ import annotations

import pytest

from jobplan.httpapi.handle import clean_path
from jobplan.httpapi.routes import JOB, JOB_ROUTES, route_of_job


@pytest.mark.parametrize(
    ("rest", "suffix", "job_id"),
    [
        ("a/b/plan", "/plan", "a/b"),
        ("a/plan/evaluate", "/evaluate", "a/plan"),
        ("a/dispatch/payload", "/dispatch/payload", "a"),
        ("a/deployments", "/deployments", "a"),
        ("a/actions", "/actions", "a"),
        ("/plan", "/plan", ""),
    ],
)
def test_the_end_of_the_path_decides(rest: str, suffix: str, job_id: str) -> None:
    route, found = route_of_job(rest)
    assert (route, found) == (dict(JOB_ROUTES)[suffix], job_id)


@pytest.mark.parametrize("rest", ["plan", "example/", "a/plans", "", "ü"])
def test_everything_else_is_a_job(rest: str) -> None:
    assert route_of_job(rest) == (JOB, rest)


def test_the_table_has_the_rows_of_the_specification() -> None:
    wanted = (
        "evaluate allocations evaluations periodic/force plan summary dispatch dispatch/payload versions revert "
        "deployments deployment stable scale services submission actions action tag"
    )
    assert [suffix for suffix, _ in JOB_ROUTES] == [f"/{name}" for name in wanted.split()]


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("/v1//jobs", "/v1/jobs"),
        ("/v1/job/../jobs", "/v1/jobs"),
        ("/v1/job/./web/", "/v1/job/web/"),
        ("//v1/jobs", "/v1/jobs"),
        ("/../../etc/passwd", "/etc/passwd"),
        ("/v1/job/.hidden", "/v1/job/.hidden"),
        ("/v1/job/a%2F..%2Fb", "/v1/job/a%2F..%2Fb"),
        ("", "/"),
    ],
)
def test_clean_paths(path: str, clean: str) -> None:
    assert clean_path(path) == clean


def test_redirects_keep_the_query_and_only_reads_have_a_body(ask) -> None:  # type: ignore[no-untyped-def]
    read = ask("GET /v1//jobs?prefix=a&b=<")
    assert (read.status, read.headers["Location"]) == (307, "/v1/jobs?prefix=a&b=<")
    assert read.body == b'<a href="/v1/jobs?prefix=a&amp;b=&lt;">Temporary Redirect</a>.\n\n'
    write = ask("PUT /v1/job")
    assert (write.status, write.headers["Location"], write.body) == (307, "/v1/job/", None)
    assert ask("GET /").headers["Location"] == "/ui/"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /v1/jobs/", 404),
        ("GET /v1/nosuch", 404),
        ("GET /v2/jobs", 404),
        ("PUT /v1/jobplan/test/state", 404),
        ("GET /v1/sentinel/policies", 501),
        ("GET /v1/job/%zz", 400),
        ("HEAD /v1/jobs", 405),
        ("HEAD /v1/job/x/summary", 404),
        ("PUT /v1/jobs/statuses", 405),
        ("POST /v1/jobs/statuses", 200),
        ("PATCH /v1/job/x", 405),
    ],
)
def test_statuses(ask, line: str, status: int) -> None:  # type: ignore[no-untyped-def]
    assert ask(line).status == status
