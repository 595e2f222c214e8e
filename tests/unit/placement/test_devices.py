"""Device asks, attributes and assignment. spec: placement §5.3, §6.4, §9.4"""

from __future__ import annotations

from typing import Any

import pytest

from jobplan.inventory.nodes import DeviceGroup, Instance, Node, NodeResources, Topology
from jobplan.placement.asks import DeviceAsk
from jobplan.placement.checkers.devices import matches
from jobplan.placement.deviceattributes import Attribute, DeviceCondition, comparable, compare, holds, parse_literal
from jobplan.placement.devicefit import DeviceIndex


@pytest.mark.parametrize(
    "text, kind, value, unit",
    [
        ("10", "int", 10, ""),
        ("-3", "int", -3, ""),
        ("10 GiB", "int", 10, "GiB"),
        ("1.5GHz", "float", 1.5, "GHz"),
        ("5 MB/s", "int", 5, "MB/s"),
        ("inf", "float", float("inf"), ""),
        ("true", "bool", True, ""),
        ("f", "bool", False, ""),
        ("", "string", "", ""),
        ("10 apples", "string", "10 apples", ""),
        ("GiB", "string", "GiB", ""),
        ("1e999", "string", "1e999", ""),
    ],
)
def test_literals(text: str, kind: str, value: Any, unit: str) -> None:
    assert parse_literal(text) == Attribute(kind, value, unit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "left, operand, right, expected",
    [
        ("1 GiB", "=", "1024 MiB", True),
        ("1 GiB", ">", "1 GB", True),
        ("1 GiB", "=", "1024 MHz", False),
        ("1 GiB", "!=", "1024 MHz", False),
        ("1 GiB", "!=", "5", False),
        ("1500 mW", "=", "1 W", True),
        ("1500 mW", ">", "1.4 W", True),
        ("3", "<", "3.5", True),
        ("abc", "<", "abd", True),
        ("true", "=", "true", True),
        ("1 s", "=", "1 s", True),
        ("1.5", "version", "1.5", False),
        ("2", "version", ">= 1.0, < 3", True),
        ("123", "regexp", "2", False),
        ("a,b", "set_contains", "b", True),
    ],
)
def test_checks(left: str, operand: str, right: str, expected: bool) -> None:
    assert holds(operand, parse_literal(left), parse_literal(right)) is expected


def test_missing_sides() -> None:
    there = parse_literal("1")
    assert holds("!=", there, None)
    assert not holds("!=", None, None)
    assert not holds("=", None, None)
    assert holds("is_not_set", None, there)
    assert holds("is_set", there, None)


def test_booleans_have_no_order() -> None:
    yes, no = parse_literal("true"), parse_literal("false")
    assert comparable(yes, no)
    assert compare(no, yes) == compare(yes, no) == 1


def group(name: str = "x", count: int = 2, **more: Any) -> DeviceGroup:
    instances = tuple(Instance(f"{name}{number}", True) for number in range(count))
    return DeviceGroup(more.get("vendor", "acme"), "gpu", name, instances, more.get("attributes", {}))


def ask(
    name: str = "gpu", count: int = 1, *, constraints: tuple[Any, ...] = (), affinities: tuple[Any, ...] = ()
) -> DeviceAsk:
    parts = name.split("/", 2)
    vendor = parts[0] if len(parts) > 1 else None
    return DeviceAsk(
        name, count, vendor, parts[0] if vendor is None else parts[1], parts[2] if len(parts) > 2 else None,
        constraints, affinities,
    )  # fmt: skip


def node(*groups: DeviceGroup) -> Node:
    return Node("n1", resources=NodeResources(Topology(), 0, 0, (), (), groups, 0, 0))


@pytest.mark.parametrize(
    "name, expected", [("gpu", True), ("acme/gpu", True), ("acme/gpu/x", True), ("acme/gpu/x/y", False), ("x", False)]
)
def test_names(name: str, expected: bool) -> None:
    assert matches(ask(name), group()) is expected


def test_constraints_look_at_the_group() -> None:
    memory = {"memory": {"Int": 11, "Unit": "GiB"}}
    enough = DeviceCondition("${device.attr.memory}", ">=", "10 GB")
    assert matches(ask(constraints=(enough,)), group(attributes=memory))
    assert not matches(ask(constraints=(enough,)), group())
    assert matches(ask(constraints=(DeviceCondition("${device.model}", "=", "x"),)), group())


def test_one_group_must_serve_the_whole_ask() -> None:
    """The check combines groups, the assignment does not (quirk 15)."""
    index = DeviceIndex(node(group("a"), group("b")), ())
    assert index.assign(ask(count=3)) == "no devices match request"
    made = index.assign(ask(count=2))
    assert not isinstance(made, str)
    assert made.ids == ("a0", "a1")
    assert index.assign(ask(count=0)) == "invalid request of zero devices"
    assert DeviceIndex(node(), ()).assign(ask(count=0)) == "no devices available"


def test_affinities_choose_the_group() -> None:
    wish = DeviceCondition("${device.model}", "=", "b", 50)
    index = DeviceIndex(node(group("a"), group("b")), ())
    made = index.assign(ask(affinities=(wish,)))
    assert not isinstance(made, str)
    assert (made.name, index.matched, index.weight) == ("b", 50.0, 50.0)


def test_instances_can_be_chosen_by_id() -> None:
    wish = DeviceCondition("a1,zz", "set_contains_any", "${device.ids}")
    assert wish.is_about_ids
    made = DeviceIndex(node(group("a")), ()).assign(ask(constraints=(wish,)))
    assert not isinstance(made, str)
    assert made.ids == ("a1",)
