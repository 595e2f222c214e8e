"""Requests that the registry does not carry out. spec: api §1.7, §9"""

from __future__ import annotations

from typing import Any

from jobplan.errors import RegistryError


class Refusal(RegistryError):
    """A request that is refused; `str()` is the exact text, `http_status` the status that a server answers."""

    def __init__(self, text: str, status: int = 500) -> None:
        self.http_status = status
        super().__init__(text)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.http_status)


class StoreError(RegistryError):
    """The store cannot be opened, read or written."""


PERMISSION_DENIED = "Permission denied"
TOKEN_NOT_FOUND = "ACL token not found"
JOB_NOT_FOUND = "job not found"
