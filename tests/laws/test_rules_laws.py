"""Whatever a job holds, it can be checked."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jobplan.errors import JobDecodeError
from jobplan.rules import Settings, check_job
from jobplan.source.envelopes import decode_job
from jobplan.testing.strategies import api_jobs, opaque_values

# Keys of driver configurations that rules read.
KEYS = ("image", "privileged", "cap_add", "pid_mode", "volumes", "mount", "auth", "load", "network_mode", "force_pull")
NOW = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
WORDS = ("Job", "ID", "TaskGroups", "Tasks", "id", "x", "Meta", "jobplan.ignore")
ON = Settings({"*": "on"})


def names(value: Any, path: str) -> bool:
    """Whether a JSON pointer names a value, or something that a value of the document could have."""
    for part in path.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            if not part.isdigit() or int(part) >= len(value):
                return False
            value = value[int(part)]
        elif isinstance(value, dict):
            value = value.get(part)
        elif value is not None:
            return False
    return True


@settings(max_examples=200, deadline=None)
@given(
    api_jobs(), st.dictionaries(st.sampled_from(KEYS), opaque_values(), max_size=6), st.sampled_from(("docker", "x"))
)
def test_every_job_can_be_checked(job: dict[str, Any], config: dict[str, Any], driver: str) -> None:
    """Law: with all rules on, a job gives findings whose places are in the job; it stays unchanged."""
    for group in job["TaskGroups"]:
        for task in group["Tasks"]:
            task["Driver"], task["Config"] = driver, config
    with contextlib.suppress(JobDecodeError):
        api = decode_job(job)
        before = repr(api)
        found = check_job(api, NOW, document=job, settings=ON)
        assert repr(api) == before
        for finding in found:
            assert finding.message != ""
            if not finding.rule.startswith("admission/"):
                assert names(job, finding.path), finding


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS)
def test_every_document_is_checked_or_refused(document: Any) -> None:
    """Law: a JSON value is a job with findings, or no job."""
    with contextlib.suppress(JobDecodeError):
        check_job(decode_job(document), NOW, document=document, settings=ON)
