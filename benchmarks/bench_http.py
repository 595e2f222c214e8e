"""How fast `jobplan serve` answers: `python benchmarks/bench_http.py [PLANS] [JOBS]`.

Starts a server on a fresh database, registers JOBS jobs (default 1000), then asks for PLANS plans (default 2000) of a
small job over one connection. Prints percentiles in milliseconds, and the resident memory before and after, in MB.
Budget: half of the plans within 10 ms; no growth of memory over 10 000 plans.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jobplan.testing.factories import node

PORT = 46471


def job(name: str, image: str = "web:1") -> dict[str, Any]:
    """A small service job."""
    task = {
        "Name": "server",
        "Driver": "docker",
        "Config": {"image": image},
        "Resources": {"CPU": 10, "MemoryMB": 16},
    }
    return {"ID": name, "Name": name, "Datacenters": ["dc1"], "TaskGroups": [{"Name": "app", "Tasks": [task]}]}


class Client:
    """One connection that stays open."""

    def __init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)

    def put(self, path: str, body: Any) -> dict[str, Any]:
        self.connection.request("PUT", path, json.dumps(body))
        response = self.connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise SystemExit(f"{path}: {response.status} {text[:200]!r}")
        return dict(json.loads(text))


def resident_mb(pid: int) -> float:
    """Resident memory of a process (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def wait_for(client: Client) -> None:
    for _ in range(100):
        try:
            client.connection.request("GET", "/v1/jobs")
            client.connection.getresponse().read()
            return
        except OSError:
            client.connection.close()
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


def show(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    p50, p95, p99 = (ordered[int(len(ordered) * part)] * 1000 for part in (0.5, 0.95, 0.99))
    print(f"{name:<26} p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   p99 {p99:7.2f} ms   n {len(ordered)}")


def timed(client: Client, path: str, body: Any) -> float:
    start = time.perf_counter()
    client.put(path, body)
    return time.perf_counter() - start


def main() -> None:
    plans = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory() as folder:
        inventory = Path(folder, "inventory.json")
        nodes = [node(f"node-{number}", cpu=8000, memory_mb=16000) for number in range(20)]
        inventory.write_text(json.dumps({"Nodes": nodes}))
        command = [sys.executable, "-m", "jobplan", "serve", "--address", f"127.0.0.1:{PORT}"]
        files = ["--db", f"{folder}/jobs.db", "--inventory", str(inventory)]
        process = subprocess.Popen([*command, *files], stderr=subprocess.DEVNULL)
        try:
            client = Client()
            wait_for(client)
            show("register (20 nodes)", [timed(client, "/v1/jobs", {"Job": job(f"job-{n}")}) for n in range(jobs)])
            path, changed = "/v1/job/job-0/plan", {"Job": job("job-0", "web:2"), "Diff": True}
            for _ in range(200):
                client.put(path, changed)
            before = resident_mb(process.pid)
            measured = [timed(client, path, changed) for _ in range(plans)]
            after = resident_mb(process.pid)
            show(f"plan ({jobs} jobs)", measured)
            print(f"mean plan {statistics.fmean(measured) * 1000:.2f} ms; memory {before:.1f} MB, after {after:.1f} MB")
        finally:
            process.terminate()
            process.wait(10)


if __name__ == "__main__":
    main()
