"""The status page in a real browser."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn")

from jobplan.testing.factories import node

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--virtual-time-budget=2000")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


@pytest.fixture
def address(tmp_path: Path, service: Callable[..., dict[str, Any]]) -> Iterator[str]:
    """A server with two versions of a job on one node."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "inventory.json").write_text(json.dumps({"Nodes": [node("one")]}))
    files = ["--db", "memory", "--inventory", str(tmp_path / "inventory.json")]
    command = [sys.executable, "-m", "jobplan", "serve", "--address", f"127.0.0.1:{port}", *files]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        for image in ("shop:1", "shop:2"):
            body = json.dumps({"Job": service("shop", image)}).encode()
            for attempt in range(200):
                try:
                    request = urllib.request.Request(f"{base}/v1/jobs", body, method="PUT")
                    urllib.request.urlopen(request, timeout=5).close()
                    break
                except OSError:
                    assert attempt < 199
                    time.sleep(0.05)
        yield base
    finally:
        process.terminate()
        process.wait(10)


def shown(url: str, profile: Path) -> str:
    """The page as the browser has it after everything is loaded."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "--dump-dom", url]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_jobs_versions_and_nodes(address: str, tmp_path: Path) -> None:
    overview = shown(f"{address}/", tmp_path / "profile")
    assert '<a href="/ui/job/default/shop">shop</a>' in overview
    assert "<caption>1 node</caption>" in overview
    page = shown(f"{address}/ui/job/default/shop", tmp_path / "profile")
    assert "<summary>Version 1, submitted" in page
    assert "<del>shop:1</del> → <ins>shop:2</ins>" in page
    assert 'name="job"' in shown(f"{address}/ui/plan", tmp_path / "profile")
