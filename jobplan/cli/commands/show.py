"""Render a saved plan, without computing anything again.

FILE is what `jobplan plan -o FILE` or `--format json` wrote, or a plan response saved from a server
(PUT /v1/job/:id/plan), or - for standard input. The exit code is that of the plan: 0, or 1 when allocations are
created or destroyed; 255: the file cannot be read.
"""

from __future__ import annotations

import argparse

from jobplan.cli.artefact import read_artefact
from jobplan.cli.commands.plan import add_layout_options, conclude, how_to_render, joint_renderers, text_with_extras
from jobplan.cli.exitcodes import add_exit_options
from jobplan.cli.options import add_color_options
from jobplan.cli.outputs import Output, output_list, write_outputs
from jobplan.errors import InputError
from jobplan.rendering.joint import Joint
from jobplan.rendering.options import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a saved plan, or - for standard input")
    add_layout_options(parser.add_argument_group("output"))
    add_color_options(parser)
    add_exit_options(parser)


def execute(args: argparse.Namespace) -> int:
    outputs = output_list([*([Output(args.format)] if args.format else []), *args.output], "text")
    artefact = read_artefact(args.file)
    try:
        return _show(artefact, args, outputs)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        # Renderers trust what jobplan computed; a file may hold anything.
        raise InputError(f"{args.file} has not the shape of a saved plan: {type(error).__name__} {error}") from error


def _show(artefact: Report | Joint, args: argparse.Namespace, outputs: tuple[Output, ...]) -> int:
    options = how_to_render(args)
    if isinstance(artefact, Joint):
        write_outputs(Report(), outputs, options, joint_renderers(artefact))
        return conclude(artefact.reports, args)
    write_outputs(artefact, outputs, options, {"text": text_with_extras})
    return conclude([artefact], args)
