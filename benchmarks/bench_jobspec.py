"""How long job files take: `python benchmarks/bench_jobspec.py [files] [DIRECTORY or FILE.jsonl.gz]`.

Parses and evaluates `files` job files (default 1 000), from a directory of .hcl and .nomad files or from recordings
with the member `hcl`; without either, jobs made up here. Then texts written to be slow, worst first.
Budgets: 1 000 real files in 20 s; no hostile text above 1 s.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from jobplan.errors import JobspecError
from jobplan.source.jobspec import parse_jobspec_with_positions

_META = 'job "j" {{\n  meta = {{ v = {} }}\n}}\n'
HOSTILE = {
    "open brackets": _META.format("[" * 100_000),
    "nested blocks": "a {\n" * 50_000,
    "nested templates": _META.format('"${' * 20_000),
    "long sum": _META.format("+".join(["1"] * 50_000)),
    "long reference": _META.format("foo" + ".a" * 50_000),
    "loops": _META.format("jsonencode([for a in range(1000) : [for b in range(1000) : a]])"),
    "doubling": "locals {\n  a0 = [1]\n"
    + "".join(f"  a{i} = concat(local.a{i - 1}, local.a{i - 1})\n" for i in range(1, 60))
    + "}\n",
    "over-reading": 'job "j" {\n  name = "${foo}' + "}" * 200_000 + '"\n}\n',
    "attributes": "".join(f"a{i} = 1\n" for i in range(20_000)),
    "comments": "/* " * 200_000,
    "quotes": '"' * 500_001,
    "characters": "@" * 1_000_000,
    "YAML": _META.format('yamldecode("' + "[" * 50_000 + '")'),
    "pattern": _META.format('regex_replace("' + "a" * 50_000 + '", "(a?){1000}", "$1")'),
}


def made_up(index: int) -> str:
    """A job of ordinary size."""
    tasks = "".join(
        f"""
    task "task-{index}-{n}" {{
      driver = "docker"
      config {{
        image = "registry.example/app:${{var.version}}"
        args  = [for i in range({n + 1}) : "--shard=${{i}}"]
        ports = ["http"]
      }}
      template {{
        data        = <<-EOT
          {{{{ with secret "kv/app" }}}}TOKEN={{{{ .Data.token }}}}{{{{ end }}}}
          NODE=${{node.unique.name}}
        EOT
        destination = "secrets/env"
        env         = true
      }}
      resources {{
        cpu    = 100 * {n + 1}
        memory = max(128, 64 * {n})
      }}
    }}
"""
        for n in range(4)
    )
    return (
        'variable "version" {\n  default = "1.0"\n}\n'
        f'job "job-{index}" {{\n  group "main" {{\n    network {{\n      port "http" {{}}\n    }}\n{tasks}  }}\n}}\n'
    )


def texts(source: str | None) -> Iterator[str]:
    if source is None:
        yield from map(made_up, itertools.count())
    elif source.endswith(".gz"):
        with gzip.open(source, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["hcl"]
    else:
        for path in sorted(Path(source).rglob("*")):
            if path.suffix in (".hcl", ".nomad"):
                yield path.read_text(encoding="utf-8", errors="replace")


def seconds_for(text: str) -> float:
    start = time.perf_counter()
    with contextlib.suppress(JobspecError):
        parse_jobspec_with_positions(text)
    return time.perf_counter() - start


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    chosen = list(itertools.islice(texts(sys.argv[2] if len(sys.argv) > 2 else None), count))
    taken = [seconds_for(text) for text in chosen]
    size = sum(map(len, chosen))
    print(f"{len(chosen)} files, {size / 1e6:.1f} MB: {sum(taken):.2f} s, slowest {max(taken) * 1e3:.0f} ms")
    hostile = {name: seconds_for(text) for name, text in HOSTILE.items()}
    for name, seconds in sorted(hostile.items(), key=lambda item: -item[1]):
        print(f"{seconds * 1e3:8.1f} ms  {name}")


if __name__ == "__main__":
    main()
