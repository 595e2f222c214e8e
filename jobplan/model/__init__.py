"""What things are: the 72 kinds of a job, declared field by field, and the server's configuration.

Declarations only: no rule that involves more than one field lives here. spec: model §3, admission §1.4
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jobplan.model.job import Job

if TYPE_CHECKING:
    from jobplan.model.config import ServerConfig

__all__ = ["Job", "ServerConfig"]


def __getattr__(name: str) -> Any:
    if name != "ServerConfig":
        raise AttributeError(f"module 'jobplan.model' has no attribute {name!r}")
    # pydantic is imported only where a server configuration is really used
    return importlib.import_module("jobplan.model.config").ServerConfig
