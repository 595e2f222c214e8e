"""What explaining and rendering add to the time of a plan: `python benchmarks/bench_rendering.py [REPEATS]`.

The fixtures, everything warm, one process; milliseconds for all of them together, the best of several runs.
Goal: a rendering adds less than 20 % to the time of planning and explaining what it shows.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import jobplan
from jobplan.cli.inputs import JobFile
from jobplan.cli.planned import Wanted, report_of, wanted_for
from jobplan.planning import Plan
from jobplan.rendering.formats import RENDERERS, render
from jobplan.rendering.options import Options, Report

FIXTURES = Path(__file__).parents[1] / "fixtures"


def best(work: Callable[[], object], repeats: int) -> float:
    """The shortest of some runs in ms."""
    shortest = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest * 1000


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    inventory = jobplan.Inventory.load(FIXTURES / "inventories" / "shop.json")
    texts = [path.read_text() for path in sorted((FIXTURES / "jobs").glob("*.v2.json"))]
    files = [JobFile("job.json", text, jobplan.load_job(text).to_api()) for text in texts]
    apis = [json.loads(text) for text in texts]
    plans: list[Plan] = [jobplan.plan(api, inventory) for api in apis]
    planning = best(lambda: [jobplan.plan(api, inventory) for api in apis], repeats)
    print(f"planning {len(apis)} jobs   {planning:7.2f} ms")

    for name in RENDERERS:
        wanted = wanted_for([name], (), why=False, headroom=False)
        explaining = best(partial(reports_of, files, plans, wanted), repeats)
        rendering = best(partial(render_all, name, reports_of(files, plans, wanted)), repeats)
        share = rendering / (planning + explaining)
        print(f"{name:15}  explaining {explaining:7.2f} ms  rendering {rendering:7.2f} ms  {share:6.1%}")


def reports_of(files: list[JobFile], plans: list[Plan], wanted: Wanted) -> list[Report]:
    """What is told about each plan."""
    return [report_of(file, plan, wanted, {}, ()) for file, plan in zip(files, plans)]


def render_all(name: str, reports: list[Report]) -> None:
    """Every report in one format."""
    for report in reports:
        render(name, report, Options())


if __name__ == "__main__":
    main()
