"""`jobplan serve` as a process: clients, kills, writers at the same time, hostile requests.

The long runs: JOBPLAN_KILLS=200 and JOBPLAN_PLANS=10000 (environment).
"""

from __future__ import annotations

import concurrent.futures
import gzip
import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("sqlalchemy")

from jobplan.testing.factories import node

KILLS = int(os.environ.get("JOBPLAN_KILLS", "4"))
PLANS = int(os.environ.get("JOBPLAN_PLANS", "300"))
Service = Callable[..., dict[str, Any]]


class Served:
    """A server process on a port of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder, self.arguments = folder, arguments
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "jobplan", "serve", "--address", f"127.0.0.1:{self.port}", *self.arguments]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        log.close()
        for _ in range(300):
            try:
                self.ask("GET", "/v1/jobs")
                return
            except OSError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        finally:
            connection.close()

    def json(self, method: str, path: str, body: Any = None) -> Any:
        status, _, text = self.ask(method, path, body)
        assert status == 200, text
        return json.loads(text)

    def raw(self, data: bytes, *, half_close: bool = False) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            parts = b""
            try:
                while part := connection.recv(65536):
                    parts += part
            except OSError:
                pass
            return parts

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)


Start = Callable[..., Served]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers on one node; they end with the test."""
    running: list[Served] = []
    (tmp_path / "inventory.json").write_text(json.dumps({"Nodes": [node("one", cpu=100_000, memory_mb=100_000)]}))

    def begin(*arguments: str) -> Served:
        running.append(Served(tmp_path, "--inventory", "inventory.json", *arguments))
        return running[-1]

    yield begin
    for server in running:
        server.stop()
        assert b"Traceback" not in (tmp_path / "log").read_bytes()


def test_it_starts_with_nothing_and_keeps_its_jobs(tmp_path: Path, service: Service) -> None:
    server = Served(tmp_path)
    try:
        server.json("PUT", "/v1/jobs", {"Job": service("shop")})
        server.stop()
        server.start()
        assert [item["ID"] for item in server.json("GET", "/v1/jobs")] == ["shop"]
        assert (tmp_path / "jobs.db").exists()
    finally:
        server.stop()


def test_python_nomad_works_unmodified(start: Start, service: Service) -> None:
    nomad = pytest.importorskip("nomad")
    server = start()
    client = nomad.Nomad(host="127.0.0.1", port=server.port, timeout=10)
    assert client.jobs.get_jobs() == []
    made = client.jobs.register_job({"Job": service("shop")})
    assert made["EvalID"]
    assert client.evaluation.get_evaluation(made["EvalID"])["Status"] == "complete"
    assert client.job.get_job("shop")["Status"] == "running"
    assert client.job.get_summary("shop")["Summary"]["web"]["Starting"] == 1
    assert len(client.job.get_allocations("shop")) == 1
    assert len(client.job.get_evaluations("shop")) == 1
    assert client.job.get_deployment("shop")["Status"] == "running"
    assert len(client.job.get_deployments("shop")) == 1
    changed = {"Job": service("shop", "app:2")}
    plan = client.job.plan_job("shop", changed, diff=True)
    assert plan["Annotations"]["DesiredTGUpdates"]["web"]["DestructiveUpdate"] == 1
    client.job.register_job("shop", changed)
    assert client.job.get_versions("shop")["Versions"][0]["Version"] == 1
    assert client.job.evaluate_job("shop")["EvalID"]
    assert client.job.stable_job("shop", 1, True)["Index"]
    assert client.job.revert_job("shop", 0)["EvalID"]
    batch = {"Type": "batch", "ParameterizedJob": {"MetaOptional": ["scene"]}}
    client.jobs.register_job({"Job": service("render", **batch)})
    child = client.job.dispatch_job("render", payload="aGVsbG8=", meta={"scene": "1"})["DispatchedJobID"]
    assert client.job.get_job(child)["Payload"] == "aGVsbG8="
    periodic = {"Type": "batch", "Periodic": {"Enabled": True, "Spec": "@daily", "SpecType": "cron"}}
    client.jobs.register_job({"Job": service("nightly", **periodic)})
    assert client.job.periodic_job("nightly")["EvalID"]
    assert client.validate.validate_job({"Job": service("other")}).status_code == 200
    parsed = client.jobs.parse('job "a" {\n  group "g" {\n    task "t" {\n      driver = "exec"\n    }\n  }\n}\n')
    assert parsed["ID"] == "a"
    assert client.job.deregister_job("shop", purge=True)["EvalID"]
    with pytest.raises(nomad.api.exceptions.URLNotFoundNomadException):
        client.job.get_job("shop")


def test_kills_lose_no_acknowledged_registration(start: Start, tmp_path: Path, service: Service) -> None:
    server = start("--db", "jobs.db")
    acknowledged: set[str] = set()
    counter = iter(range(10**9))
    for round_ in range(KILLS):
        stopped = threading.Event()

        def write(stopped: threading.Event = stopped) -> None:
            while not stopped.is_set():
                name = f"job-{next(counter)}"
                try:
                    status, _, _ = server.ask("PUT", "/v1/jobs", {"Job": service(name, cpu=1)})
                except (OSError, http.client.HTTPException):
                    return
                if status == 200:
                    acknowledged.add(name)

        writers = [threading.Thread(target=write) for _ in range(4)]
        for writer in writers:
            writer.start()
        time.sleep(0.05 + 0.37 * (round_ % 7) / 7)
        server.kill()
        stopped.set()
        for writer in writers:
            writer.join()
        check = sqlite3.connect(tmp_path / "jobs.db")
        assert check.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        check.close()
        server.start()
        known = {item["ID"]: item for item in server.json("GET", "/v1/jobs")}
        assert acknowledged <= set(known)
        assert all(item["JobSummary"]["Summary"]["web"]["Starting"] == 1 for item in known.values())
        for name in [name for index, name in enumerate(known) if index >= 20]:
            server.json("DELETE", f"/v1/job/{name}?purge=true")
            acknowledged.discard(name)
    assert acknowledged


def test_writers_with_index_checks_lose_no_update(start: Start, service: Service) -> None:
    server = start("--db", "memory")
    server.json("PUT", "/v1/jobs", {"Job": service("shop", Meta={"n": "0"})})

    def add_one(_number: int) -> int:
        """Adds one to the counter in the job, retrying until the check succeeds; gives the number of conflicts."""
        for conflicts in range(10_000):
            job = server.json("GET", "/v1/job/shop")
            changed = service("shop", Meta={"n": str(int(job["Meta"]["n"]) + 1)})
            request = {"Job": changed, "EnforceIndex": True, "JobModifyIndex": job["JobModifyIndex"]}
            status, _, text = server.ask("PUT", "/v1/jobs", request)
            if status == 200:
                return conflicts
            assert b"Enforcing job modify index" in text, text
        raise AssertionError("no success")

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        conflicts = sum(pool.map(add_one, range(64)))
    job = server.json("GET", "/v1/job/shop")
    assert (job["Meta"]["n"], job["Version"]) == ("64", 64)
    assert conflicts > 0


def test_blocking_reads_wake_up(start: Start, service: Service) -> None:
    server = start("--db", "memory")
    server.json("PUT", "/v1/jobs", {"Job": service("shop")})
    index = server.json("GET", "/v1/job/shop")["ModifyIndex"]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(server.ask, "GET", f"/v1/job/shop?index={index}&wait=20s")
        server.json("PUT", "/v1/jobs", {"Job": service("other")})
        with pytest.raises(concurrent.futures.TimeoutError):
            waiting.result(0.3)
        server.json("PUT", "/v1/jobs", {"Job": service("shop", "app:2")})
        status, headers, text = waiting.result(10)
    assert (status, json.loads(text)["Version"]) == (200, 1)
    assert int(headers["x-nomad-index"]) > index
    status, headers, _ = server.ask("GET", f"/v1/job/shop?index={headers['x-nomad-index']}&wait=50ms")
    assert status == 200


def test_tokens_and_compression(start: Start, service: Service) -> None:
    server = start("--db", "memory", "--token", "submit=secret", "--token", "read=look")
    assert server.ask("GET", "/v1/jobs")[::2] == (403, b"Permission denied")
    assert server.ask("GET", "/v1/jobs", headers={"X-Nomad-Token": "guess"})[2] == b"ACL token not found"
    assert server.ask("GET", "/v1/jobs", headers={"Authorization": "bearer look"})[0] == 200
    job = {"Job": service("shop")}
    assert server.ask("PUT", "/v1/jobs", job, {"X-Nomad-Token": "look"})[0] == 403
    assert server.ask("PUT", "/v1/jobs", job, {"X-Nomad-Token": "secret"})[0] == 200
    headers = {"X-Nomad-Token": "look", "Accept-Encoding": "gzip"}
    _, given, text = server.ask("GET", "/v1/job/shop", headers=headers)
    assert (given["content-encoding"], given["vary"]) == ("gzip", "Accept-Encoding")
    assert json.loads(gzip.decompress(text))["ID"] == "shop"


def test_a_capture_of_the_server_plans_like_the_server(start: Start, service: Service, tmp_path: Path) -> None:
    server = start("--db", "memory")
    server.json("PUT", "/v1/jobs", {"Job": service("shop", count=2)})
    server.json("PUT", "/v1/jobs", {"Job": service("shop", "app:2", count=2)})
    address = f"http://127.0.0.1:{server.port}"
    command = [sys.executable, "-m", "jobplan"]
    capture = [*command, "capture", "--address", address, "--output", "captured.json"]
    done = subprocess.run(capture, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    job = service("shop", "app:3", count=5)
    (tmp_path / "shop.json").write_text(json.dumps(job))
    plan = [*command, "plan", "--inventory", "captured.json", "--format", "nomad-json", "shop.json"]
    offline = subprocess.run(plan, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    answer = server.json("PUT", "/v1/job/shop/plan", {"Job": job, "Diff": True})
    same = json.loads(offline.stdout)
    assert same["JobModifyIndex"] == answer["JobModifyIndex"]
    assert same["Annotations"]["DesiredTGUpdates"] == answer["Annotations"]["DesiredTGUpdates"]
    assert same["Diff"] == answer["Diff"]


def test_hostile_requests(start: Start, service: Service) -> None:
    server = start("--db", "memory", "--body-limit", "100000")
    assert server.ask("PUT", "/v1/jobs", b"{" * 50_000)[0] == 400
    assert server.ask("PUT", "/v1/jobs", b"x" * 200_000)[0] == 413
    chunked = (
        b"PUT /v1/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"x" * 65535 + b"\r\n"
    )
    assert b" 413 " in server.raw(chunked + b"ffff\r\n" + b"x" * 65535 + b"\r\n0\r\n\r\n")[:20]
    assert b" 400 " in server.raw(b"nonsense\r\n\r\n")[:20]
    assert b" 400 " in server.raw(b"GET /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n")[:20]
    flood = b"GET /v1/jobs HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 900) for n in range(200))
    assert b" 200 " not in server.raw(flood + b"\r\n")[:20]
    assert b" 200 " not in server.raw(b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")[:20]
    # a client that leaves in the middle of its body
    server.raw(b"PUT /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{", half_close=True)
    for path in ("/../../etc/passwd", "/v1/job/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/v1/job/%00", "/ui/../../jobs.db"):
        assert server.ask("GET", path)[0] in (200, 307, 404)
    assert server.ask("GET", "/v1/job/%ff%fe")[0] == 404
    assert server.ask("GET", "/v1/jobs?filter=" + "(" * 30_000)[0] in (400, 414)
    assert server.ask("PUT", "/v1/jobs", {"Job": service("a b")})[0] == 500
    assert server.ask("BREW", "/v1/jobs")[0] == 405
    # still there
    assert server.json("GET", "/v1/jobs") == []


def test_many_plans_need_no_more_memory(start: Start, service: Service) -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("needs /proc")
    server = start("--db", "memory")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for number in range(1000 if PLANS >= 10_000 else 20):
        server.json("PUT", "/v1/jobs", {"Job": service(f"job-{number}", cpu=1)})

    def plans(count: int) -> int:
        """Asks for plans; gives the resident memory in KB afterwards."""
        text = json.dumps({"Job": service("job-0", "app:2", cpu=1), "Diff": True})
        for _ in range(count):
            connection.request("PUT", "/v1/job/job-0/plan", text)
            response = connection.getresponse()
            assert response.status == 200
            response.read()
        lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    before = plans(max(200, PLANS // 20))
    after = plans(PLANS)
    connection.close()
    assert after - before < 3000 + before // 50


def test_recorded_sequences_are_refused_without_the_hooks(start: Start) -> None:
    server = start("--db", "memory")
    assert server.ask("PUT", "/v1/jobplan/test/reset", {})[0] == 404


def test_a_second_server_on_the_same_database_ends_with_a_message(start: Start, tmp_path: Path) -> None:
    start("--db", "jobs.db")
    command = [sys.executable, "-m", "jobplan", "serve", "--db", "jobs.db", "--address", "127.0.0.1:0"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "another process has the database open" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--address", "nowhere"), "an address is HOST:PORT"),
        (("--token", "root=x"), "read, plan or submit"),
        (("--inventory", "nothing.json"), "nothing.json"),
        (("--db", "oracle+nothing://x"), "oracle"),
    ],
)
def test_bad_options_end_with_a_message(program: Any, arguments: tuple[str, ...], text: str) -> None:
    done = program("serve", *(arguments if "--db" in arguments else ("--db", "memory", *arguments)))
    assert done.returncode in (1, 255)
    assert text in done.stderr


def test_hashed_tokens(program: Any, tmp_path: Path) -> None:
    line = program("serve", "--hash-token", "plan=swordfish").stdout
    assert line.startswith("plan:")
    assert "swordfish" not in line
    (tmp_path / "tokens").write_text(f"# who may plan\n{line}\n")
    server = Served(tmp_path, "--db", "memory", "--token-file", "tokens")
    try:
        assert server.ask("GET", "/v1/jobs", headers={"X-Nomad-Token": "swordfish"})[0] == 200
        assert server.ask("GET", "/v1/jobs", headers={"X-Nomad-Token": "trout"})[0] == 403
    finally:
        server.stop()
