"""Decode errors and tolerances of job documents. spec: model §1"""

from __future__ import annotations

import json
from typing import Any

import pytest

import jobplan
from jobplan.source.decode import base64_error
from jobplan.source.envelopes import read_job

GROUP_TASK = '{"Job": {"TaskGroups": [{"Tasks": [{%s}]}]}}'


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Request body is empty"),
        (" \n\t", "EOF"),
        ('{"Job": {"ID": "a"', "unexpected EOF"),
        ('{"Job": {"ID": "a",}}', "invalid character '}' looking for beginning of object key string"),
        ('{"Job" 1}', "invalid character '1' after object key"),
        ('{"Job": 1 2}', "invalid character '2' after object key:value pair"),
        ('{"Job": [1 2]}', "invalid character '2' after array element"),
        ('{"Job": "a\nb"}', "invalid character '\\n' in string literal"),
        ('{"Job": "\\x"}', "invalid character 'x' in string escape code"),
        ('{"Job": "\\u00g0"}', "invalid character 'g' in \\u hexadecimal character escape"),
        ('{"Job": -a}', "invalid character 'a' in numeric literal"),
        ('{"Job": 01}', "invalid character '1' after object key:value pair"),
        ('{"Job": 1.x}', "invalid character 'x' after decimal point in numeric literal"),
        ('{"Job": 1ex}', "invalid character 'x' in exponent of numeric literal"),
        ('{"Job": trux}', "invalid character 'x' in literal true (expecting 'e')"),
        ('{"Job": NaN}', "invalid character 'N' looking for beginning of value"),
        ("{'Job'}", "invalid character '\\'' looking for beginning of object key string"),
        ("\x00", "invalid character '\\x00' looking for beginning of value"),
        ("é", "invalid character 'Ã' looking for beginning of value"),
        ("[" * 10_001 + "]" * 10_001, "exceeded max depth"),
        ('{"Job": {"Priority": 50.5}}', "number 50.5 into Go struct field Job.Job.Priority of type int"),
        ('{"Priority": 1e2}', "number 1e2 into Go struct field .Job.Priority of type int"),
        ('{"Job": {"Datacenters": "dc1"}}', "string into Go struct field Job.Job.Datacenters of type []string"),
        ('{"Job": {"TaskGroups": ["x"]}}', "string into Go struct field Job.Job.TaskGroups of type api.TaskGroup"),
        (
            GROUP_TASK % '"KillTimeout": "5s"',
            "string into Go struct field Task.Job.TaskGroups.Tasks.KillTimeout of type time.Duration",
        ),
        (GROUP_TASK % '"Meta": {"a": 1}', "number into Go struct field Task.Job.TaskGroups.Tasks.Meta of type string"),
        (
            GROUP_TASK % '"Config": {"a": 1e999}',
            "number 1e999 into Go struct field Task.Job.TaskGroups.Tasks.Config of type float64",
        ),
        ('{"Job": {"Version": -1}}', "number -1 into Go struct field Job.Job.Version of type uint64"),
        ('{"Job": {"Payload": "a"}}', "illegal base64 data at input byte 0"),
        # the first error in document order, not the first in the order of the fields
        ('{"Type": 1, "ID": 2}', "number into Go struct field .Job.Type of type string"),
    ],
)
def test_errors_have_the_exact_text(text: str, error: str) -> None:
    with pytest.raises(jobplan.JobDecodeError) as caught:
        read_job(text)
    assert str(caught.value).removeprefix("json: cannot unmarshal ") == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("YQ==", None),
        ("YQ\n==\r\n", None),
        ("Y*==", 1),
        ("=", 0),
        ("YQ=", 3),
        ("YQ=a", 2),
        ("YQ==YQ==", 4),
        ("YWJjZ", 4),
        ("YWJjZGU", 4),
    ],
)
def test_base64_names_the_byte(text: str, error: int | None) -> None:
    assert base64_error(text) == error


@pytest.mark.parametrize(
    ("text", "job"),
    [
        ('{"id": "a", "TASKGROUPS": [], "task_groups": [1]}', {"ID": "a", "TaskGroups": []}),
        ('{"Job": null, "ID": "a"}', {"ID": "a"}),
        ('{"JOB": {"ID": "a"}, "ID": "b"}', {"ID": "a"}),
        ('{"ID": "a"} and more', {"ID": "a"}),
        ('{"ID": "a", "ID": null}', {}),
        ('{"Meta": {"a": "1"}, "Meta": {"b": "2"}}', {"Meta": {"a": "1", "b": "2"}}),
        ('{"Update": {"Canary": 1}, "update": {"MaxParallel": 2}}', {"Update": {"Canary": 1, "MaxParallel": 2}}),
        ('{"Datacenters": ["a", "b"], "Datacenters": ["c"]}', {"Datacenters": ["c"]}),
        ('{"Name": "\\ud800x"}', {"Name": "\ufffdx"}),
        ('{"Name": "\\ud83d\\ude00"}', {"Name": "😀"}),
        ('{"Unknown": {"deep": [1, {}]}}', {}),
    ],
)
def test_tolerances(text: str, job: dict[str, Any]) -> None:
    assert read_job(text) == job


def test_invalid_utf8_becomes_replacement_characters() -> None:
    assert read_job(b'{"Name": "a\xe2\x82z"}') == {"Name": "a\ufffd\ufffdz"}


def test_numbers_of_opaque_maps_are_doubles() -> None:
    task = read_job(GROUP_TASK % '"Config": {"n": 7, "deep": [{"m": 1}]}')["TaskGroups"][0]["Tasks"][0]
    assert json.dumps(task["Config"]) == '{"n": 7.0, "deep": [{"m": 1.0}]}'


@pytest.mark.parametrize(
    "job",
    [
        {"TaskGroups": [None]},
        {"TaskGroups": [{"Tasks": [{"VolumeMounts": [{"Volume": "v"}]}]}]},
        {"TaskGroups": [{"Services": [None]}]},
        {"Constraints": [None]},
    ],
)
def test_a_job_that_crashes_the_server_is_refused_clearly(job: dict[str, Any]) -> None:
    with pytest.raises(jobplan.ServerCrash, match="server crashes on such a job"):
        jobplan.load_job(job)


def test_deep_nesting_is_refused_without_a_traceback() -> None:
    deep: Any = 1
    for _ in range(9000):
        deep = [deep]
    text = GROUP_TASK % ('"Config": {"a": ' + "[" * 9000 + "]" * 9000 + "}")
    with pytest.raises(jobplan.JobDecodeError, match="nested too deeply"):
        jobplan.load_job(text)


def test_the_argument_is_not_changed() -> None:
    job = json.loads(GROUP_TASK % '"Config": {"a": [1]}, "Services": [{"Checks": [{}]}]')
    before = json.dumps(job)
    jobplan.load_job(job)
    assert json.dumps(job) == before
