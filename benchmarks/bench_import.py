"""How long `import jobplan` and the first use of its parts take, each in a fresh process. Budget: import < 100 ms."""

from __future__ import annotations

import subprocess
import sys
import time

STATEMENTS = {
    "python alone": "pass",
    "import jobplan": "import jobplan",
    "load_job": "import jobplan; jobplan.load_job({'ID': 'a'})",
    "diff": "import jobplan; jobplan.diff(None, {'ID': 'a'})",
    "validate": "import jobplan; jobplan.validate({'ID': 'a'})",
    "Inventory": "import jobplan; jobplan.Inventory()",
}
RUNS = 7


def main() -> None:
    for name, statement in STATEMENTS.items():
        times = []
        for _ in range(RUNS):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            times.append(time.perf_counter() - start)
        print(f"{name:16} {sorted(times)[RUNS // 2] * 1000:7.1f} ms")


if __name__ == "__main__":
    main()
