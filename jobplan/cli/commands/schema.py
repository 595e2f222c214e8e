"""Print a JSON Schema.

`plan`: what `jobplan plan --format json` prints and `-o` saves. `config`: server settings as JSON or TOML.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from jobplan.cli.terminal import show


def _plan() -> dict[str, Any]:
    from jobplan.rendering.jsonout import envelope_schema

    return envelope_schema()


def _config() -> dict[str, Any]:
    from jobplan.model.config import ServerConfig

    schema: dict[str, Any] = ServerConfig.model_json_schema()
    return schema


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {"plan": _plan, "config": _config}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("which", metavar="SCHEMA", nargs="?", choices=SCHEMAS, default="plan", help="plan or config")


def execute(args: argparse.Namespace) -> int:
    show(json.dumps(SCHEMAS[args.which](), indent=2, ensure_ascii=False) + "\n")
    return 0
