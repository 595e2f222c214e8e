"""All errors that jobplan raises on purpose.

    JobplanError                     .exit_code (for the CLI), .http_status (for servers)
    ├─ InputError                    something given cannot be read
    │  ├─ JobDecodeError             a job document; exact text of the server
    │  ├─ ServerCrash                a job on which the real server crashes: it has no defined answer
    │  ├─ JobspecError               an HCL job file; .filename .line .column .excerpt
    │  ├─ InventoryError             cluster state; .path is the place inside it
    │  └─ ConfigError                a setting; .key .source
    ├─ AdmissionError                a job that a server refuses; str() is its exact text, .problems its parts
    ├─ DiffError                     two jobs that cannot be compared
    ├─ CronError                     an expression that is not valid, or a launch that cannot be computed
    ├─ PlanError                     the dry run cannot be carried out
    └─ RegistryError                 .NotFound, .Conflict, .Refused: see jobplan.registry

A broken invariant of jobplan itself is a plain AssertionError, never one of these.
"""

from __future__ import annotations

from typing import Any


class JobplanError(Exception):
    """Base of every deliberate error; `str()` is the text for people."""

    exit_code = 255
    http_status = 500


class InputError(JobplanError):
    """Something given cannot be read."""

    http_status = 400


class JobDecodeError(InputError):
    """A job document cannot be decoded; the text is the server's own. spec: model §1.4"""


class ServerCrash(InputError):
    """The real server crashes on this job and gives no answer. spec: model §1.6"""

    http_status = 500


class JobspecError(InputError):
    """An HCL job file cannot be parsed or evaluated.

    `line` and `column` count from 1 (0: unknown); `excerpt` is the source line with a caret under the place.
    """

    def __init__(
        self, message: str, *, filename: str = "", line: int = 0, column: int = 0, excerpt: str = "", detail: str = ""
    ) -> None:
        self.message, self.filename, self.line, self.column = message, filename, line, column
        self.excerpt, self.detail = excerpt, detail
        place = f"{filename}:{line},{column}: " if line else f"{filename}: " if filename else ""
        text = f"{place}{message}"
        if detail:
            text += f"; {detail}"
        super().__init__(f"{text}\n{excerpt}" if excerpt else text)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class InventoryError(InputError):
    """Cluster state that is missing, malformed or contradicts itself; `path` is the place inside it."""

    def __init__(self, message: str, *, path: str = "") -> None:
        self.path = path
        super().__init__(f"{path}: {message}" if path else message)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class ConfigError(InputError):
    """A setting that cannot be used; `key` names it, `source` is the file or variable that holds it."""

    def __init__(self, message: str, *, key: str = "", source: str = "") -> None:
        self.key, self.source = key, source
        super().__init__(": ".join(part for part in (source, key, message) if part))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class AdmissionError(JobplanError):
    """A server refuses the job; `str()` is its exact text, `problems` what it is made of."""

    http_status = 500

    def __init__(self, text: str, problems: tuple[Any, ...] = ()) -> None:
        self.problems = problems
        super().__init__(text)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class DiffError(JobplanError):
    """Two jobs that cannot be compared. spec: diff §10"""


class CronError(JobplanError):
    """A cron expression or time zone that is refused, with the exact text. spec: plan §8.8"""


class PlanError(JobplanError):
    """The dry run cannot be carried out. spec: plan §2"""


class RegistryError(JobplanError):
    """A request that the job registry does not carry out."""


def _rebuild(cls: type[Exception], args: tuple[Any, ...], state: dict[str, Any]) -> Exception:
    """Unpickle an error whose constructor does not take `args` as they stand."""
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error
