"""What happens by itself: launches of periodic jobs, waiting evaluations, deadlines, garbage collection."""

from __future__ import annotations

import logging
import threading

from jobplan.inventory.times import parse_instant
from jobplan.registry import records as rec
from jobplan.registry.registry import Registry
from jobplan.registry.state import Touch
from jobplan.registry.worker import due_time
from jobplan.values.durations import MINUTE, SECOND

LONGEST_SLEEP = MINUTE
COLLECTION = 5 * MINUTE
BREATH = SECOND // 5
_SUBJECTS = frozenset({rec.JOBS, rec.LAUNCHES, rec.EVALUATIONS, rec.DEPLOYMENTS, rec.ALLOCATIONS, rec.NODES})
_log = logging.getLogger("jobplan.registry")


class Runner:
    """A thread that wakes up when something is due."""

    def __init__(self, registry: Registry, *, retries: bool = True) -> None:
        """`retries`: whether blocked evaluations are tried again when room became free."""
        self.registry, self._retries = registry, retries
        self._wake = threading.Event()
        self._stopped = False
        self._pause = threading.Event()
        self._thread: threading.Thread | None = None
        self._collected = registry.now
        self._end = registry.state.listen(self._changed)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="jobplan-runner", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a launch that is being made is finished."""
        self._stopped = True
        self._end()
        self._wake.set()
        self._pause.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=10)

    def _changed(self, touched: frozenset[Touch]) -> None:
        if any(table in _SUBJECTS for table, _, _ in touched):
            self._wake.set()

    def _run(self) -> None:
        while not self._stopped:
            self._wake.clear()
            try:
                self.registry.run_due()
                if self._retries:
                    self.registry.retry_blocked()
                    if self.registry.state.freed:
                        self._wake.set()
                if self.registry.now - self._collected >= COLLECTION:
                    self._collected = self.registry.now
                    self.registry.collect_garbage()
            except Exception:  # whatever it was, the next launch must take place
                _log.exception("something that was due failed")
            self._wake.wait(self.sleep() / SECOND)
            # Writes come in bursts: one look for all of them.
            self._pause.wait(min(BREATH, self.sleep()) / SECOND)

    def sleep(self) -> int:
        """Time until the next thing is due, in ns."""
        now = self.registry.now
        state = self.registry.state
        due = [at for _, at in self.registry.launch_times()]
        with state.lock:
            due += [due_time(item) for item in self._waiting()]
            for deployment in state.tables[rec.DEPLOYMENTS].values():
                if deployment.active:
                    texts = [group["RequireProgressBy"] for group in deployment.api["TaskGroups"].values()]
                    due += [parse_instant(text, "RequireProgressBy") for text in texts if text is not None]
        ahead = [at - now for at in due if at > now]
        return max(SECOND // 100, min([LONGEST_SLEEP, *ahead]))

    def _waiting(self) -> list[rec.Api]:
        table = self.registry.state.tables[rec.EVALUATIONS]
        return [table[key] for key in self.registry.state.pending if table[key].get("WaitUntil")]
