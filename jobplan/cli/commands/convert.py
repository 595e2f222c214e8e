"""Print an HCL job file as API JSON, as `nomad job run -output` does.

Variables come from the environment (NOMAD_VAR_name), from --var-file and from --var, in this order; the last wins.
Exit code 0, or 1 when the file cannot be parsed: then nothing is printed but the text of the error on standard error.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import Any

from jobplan.cli.inputs import JobFileError, read_text
from jobplan.cli.options import flag
from jobplan.errors import JobDecodeError, JobspecError

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="job file, or - for standard input")
    parser.add_argument("--json", dest="json_file", action="store_true", help="the job file is API JSON")
    parser.add_argument("--var", metavar="KEY=VALUE", action="append", default=[], help="set a variable")
    parser.add_argument("--var-file", metavar="FILE", action="append", default=[], help="read variables")
    flag(parser, "hcl2-strict", True, "refuse variables that no block declares")
    parser.add_argument(
        "--allow-outside", metavar="DIR", action="append", default=[], help="let file() and its like read below DIR too"
    )
    parser.add_argument("--seed", metavar="TEXT", help="make uuidv4() and bcrypt() give the same values every time")


def execute(args: argparse.Namespace) -> int:
    from jobplan.cli.hcl import parsed_file

    try:
        text = read_text(args.job)
        job = _api_job(text) if args.json_file else parsed_file(args.job, text, args).job
        output = document(job)
    except (JobFileError, JobspecError) as error:
        sys.stderr.write(f"Error getting job struct: {error}\n")
        return FAILED
    except ValueError as error:
        sys.stderr.write(f"Error converting job: {error}\n")
        return FAILED
    sys.stdout.write(output)
    return 0


def _api_job(text: str) -> dict[str, Any]:
    from jobplan.source.envelopes import decode_text

    try:
        return decode_text(text)
    except JobDecodeError as error:
        raise JobFileError(f"Failed to parse JSON job: {error}") from None


# ---- output ----------------------------------------------------------------------------------------------------------
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def document(job: dict[str, Any]) -> str:
    """The envelope with an indent of 4 spaces. Raises ValueError for an infinite number. spec: jobspec §15"""
    pieces: list[str] = []
    _write({"Job": job}, "\n", pieces)
    return "".join(pieces) + "\n"


def _write(value: Any, newline: str, out: list[str]) -> None:
    inner = newline + "    "
    if isinstance(value, dict) and value:
        for i, (key, item) in enumerate(value.items()):
            out.append(("," if i else "{") + inner + _text(key) + ": ")
            _write(item, inner, out)
        out.append(newline + "}")
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            out.append(("," if i else "[") + inner)
            _write(item, inner, out)
        out.append(newline + "]")
    elif isinstance(value, str):
        out.append(_text(value))
    elif isinstance(value, float):
        out.append(_float(value))
    else:
        out.append(json.dumps(value))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_HTML)


def _float(value: float) -> str:
    """As the client's encoder writes it: plain from 1e-6 up to below 1e21."""
    if math.isinf(value):
        raise ValueError(f"json: unsupported value: {'+' if value > 0 else '-'}Inf")
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        from decimal import Decimal

        plain = format(Decimal(repr(value)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].lstrip('0')}"
