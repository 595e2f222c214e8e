"""What-if questions on the command line: nodes that drain, go or come, and other counts."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobplan.cli.inputs import JobFile
from jobplan.errors import InputError

if TYPE_CHECKING:
    from jobplan.inventory import Inventory


def add_what_if_options(parser: argparse.ArgumentParser) -> None:
    """Changes to the cluster or the job before the plan."""
    group = parser.add_argument_group("what if", "plan as if the cluster or the job were different (each repeatable)")
    group.add_argument("--drain", metavar="NODE", action="append", default=[], help="if this node drained")
    group.add_argument(
        "--without-class", metavar="CLASS", action="append", default=[], help="if all nodes of this class were gone"
    )
    group.add_argument(
        "--add-node", metavar="NODE=N", action="append", default=[], help="if N empty nodes like NODE joined"
    )
    group.add_argument(
        "--scale", metavar="GROUP=N", action="append", default=[], help="if the job had N allocations of this group"
    )


def changed_cluster(args: argparse.Namespace, inventory: Inventory) -> tuple[Inventory, tuple[str, ...]]:
    """The inventory to plan against, and in words what is different. Raises InputError, InventoryError."""
    if not (args.drain or args.without_class or args.add_node):
        return inventory, ()
    from jobplan.explain.whatif import drained, with_added_nodes, without_class

    words = []
    for node_class in args.without_class:
        inventory = without_class(inventory, node_class)
        words.append(f"the nodes of class {node_class!r} are gone")
    for template, number in _numbers(args.add_node, "--add-node"):
        inventory = with_added_nodes(inventory, template, number)
        words.append(f"{number} more node{'' if number == 1 else 's'} like {template!r} join")
    words += [f"node {node!r} drains" for node in args.drain]
    return drained(inventory, args.drain), tuple(words)


def changed_job(args: argparse.Namespace, file: JobFile) -> tuple[JobFile, tuple[str, ...]]:
    """The job file with other counts, and in words what is different. Raises InputError, InventoryError."""
    if not args.scale:
        return file, ()
    from jobplan.explain.whatif import scaled

    counts = dict(_numbers(args.scale, "--scale"))
    words = tuple(f"group {group!r} has the count {number}" for group, number in counts.items())
    return dataclasses.replace(file, api=scaled(file.api, counts)), words


def _numbers(values: Sequence[str], option: str) -> list[tuple[str, int]]:
    made = []
    for value in values:
        name, equals, number = value.rpartition("=")
        if not equals or not name or not (number.isascii() and number.isdigit()) or len(number) > 6:
            raise InputError(f"{option} takes NAME=NUMBER, not {value!r}")
        made.append((name, int(number)))
    return made
