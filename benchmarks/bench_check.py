"""How long `jobplan check` takes, start to end, as a process: `python benchmarks/bench_check.py [REPEATS]`.

Prints the best of several runs, in seconds, for JSON and HCL. Budget: one file 0.4 s, 100 files 2 s. Bytecode is kept
in a directory of its own, as an installed package has it, also where PYTHONDONTWRITEBYTECODE is set.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HCL = """\
job "shop-{number}" {{
  datacenters = ["dc1"]
  group "api" {{
    count = 3
    network {{
      mode = "bridge"
      port "http" {{ to = 8080 }}
    }}
    service {{
      name     = "shop-{number}"
      port     = "http"
      provider = "nomad"
      check {{
        type     = "http"
        path     = "/health"
        interval = "10s"
        timeout  = "2s"
      }}
    }}
{tasks}
  }}
}}
"""
HCL_TASK = """\
    task "t{index}" {{
      driver = "docker"
      config {{
        image = "registry.example/shop:{index}"
        ports = ["http"]
      }}
      env {{
        LOG_LEVEL = "info"
        # jobplan: ignore[task/plain-secret] a password of the test system
        DB_PASSWORD = "hunter2"
      }}
      template {{
        data        = <<EOT
listen = {{{{ env "NOMAD_ADDR_http" }}}}
EOT
        destination = "local/app.conf"
      }}
      resources {{
        cpu    = 200
        memory = 128
      }}
    }}
"""


def hcl_job(number: int, tasks: int = 6) -> str:
    return HCL.format(number=number, tasks="".join(HCL_TASK.format(index=index) for index in range(tasks)))


def json_job(number: int, groups: int = 3, tasks: int = 3) -> str:
    return json.dumps({"Job": _job(number, groups, tasks)}, indent=2)


def _job(number: int, groups: int, tasks: int) -> dict[str, Any]:
    return {
        "ID": f"shop-{number}",
        "Periodic": {"Specs": ["30 2 * * *"], "TimeZone": "Europe/Berlin"},
        "Type": "batch",
        "TaskGroups": [
            {
                "Name": f"g{group}",
                "Count": 3,
                "Tasks": [
                    {
                        "Name": f"t{task}",
                        "Driver": "docker",
                        "Config": {"image": "registry.example/shop:latest"},
                        "Env": {f"KEY_{key}": "value" for key in range(10)},
                        "Resources": {"CPU": 200, "MemoryMB": 128},
                    }
                    for task in range(tasks)
                ],
            }
            for group in range(groups)
        ],
    }


def seconds(command: list[str], environment: dict[str, str], repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats + 1):  # the first one writes bytecode
        start = time.perf_counter()
        done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        best = min(best, time.perf_counter() - start)
        assert done.returncode == 0, done.returncode
    return best


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{name}/bytecode", "PYTHONDONTWRITEBYTECODE": ""}
        for kind, suffix, write in (("JSON", "nomad.json", json_job), ("HCL", "nomad", hcl_job)):
            folder = directory / kind
            folder.mkdir()
            for number in range(100):
                (folder / f"shop-{number}.{suffix}").write_text(write(number), encoding="utf-8")
            for label, target in (("one file", folder / f"shop-0.{suffix}"), ("100 files", folder)):
                command = [sys.executable, "-m", "jobplan", "check", "--no-config", str(target)]
                print(f"{kind:<4}  {label:<9}  {seconds(command, environment, repeats):.3f} s")


if __name__ == "__main__":
    main()
