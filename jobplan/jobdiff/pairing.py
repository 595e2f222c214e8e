"""Which old element is compared with which new one. spec: diff §2.10

A list of blocks has no identity of its own, so every kind says how its elements find each other:

    key(names)      by the text of some members; of elements with one key the last counts
    identity(...)   the same by the complete content; used by kinds that are hardly ever edited
    CONTENT         equal content or nothing: elements are only added and deleted
    INDEX           by position
    SERVICES        by a score of position, port label and name
    BY_PATH         templates by destination, first come, first served
    MAP_KEY         by the key in a map

A strategy turns two lists into pairs, `None` for a missing partner. Where upstream walks a map, whose order is
random there, pairs come in order of first appearance, old elements first. spec: diff §13.4
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from jobplan.errors import ServerCrash

Pair = tuple[Any, Any]
Elements = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Matching:
    """A strategy, and what is special about the objects it leads to."""

    pairs: Callable[[Any, Any], list[Pair]]
    sort: bool = True
    null_when_added_empty: bool = False
    """An added element without any text leaves a null object. spec: diff Q5"""


def key(*attributes: str) -> Matching:
    """By these members, joined with `/`."""
    get = attrgetter(*attributes)
    return Matching(_by(get if len(attributes) == 1 else lambda item: "/".join(map(str, get(item)))))


def identity(key_of: Callable[[Any], Hashable]) -> Matching:
    """By a text that stands for the element."""
    return Matching(_by(key_of), null_when_added_empty=True)


def constraint_identity(item: Any) -> str:
    return f"{item.ltarget} {item.operand} {item.rtarget}"


def affinity_identity(item: Any) -> str:
    return f"{item.ltarget} {item.operand} {item.rtarget} {item.weight}"


def artifact_identity(item: Any) -> Hashable:
    """The destination; without one the whole content, absent and empty maps alike."""
    return item.relative_dest or (
        item.getter_source,
        _frozen(item.getter_options),
        _frozen(item.getter_headers),
        item.getter_mode,
        item.getter_insecure,
        item.chown,
    )


def path_identity(item: Any) -> Hashable:
    return item.path, item.protocol, item.local_path_port, item.listener_port


def _frozen(mapping: Mapping[str, str] | None) -> frozenset[tuple[str, str]]:
    return frozenset((mapping or {}).items())


def _indexed(elements: Elements | None, key_of: Callable[[Any], Hashable]) -> dict[Hashable, Any]:
    found = {}
    for element in elements or ():
        if element is None:
            raise ServerCrash("a list of blocks holds null: the server crashes when it compares such a job")
        found[key_of(element)] = element
    return found


def _by(key_of: Callable[[Any], Hashable]) -> Callable[[Elements | None, Elements | None], list[Pair]]:
    def pairs(old: Elements | None, new: Elements | None) -> list[Pair]:
        before, after = _indexed(old, key_of), _indexed(new, key_of)
        return keyed_pairs(before, after)

    return pairs


def keyed_pairs(old: Mapping[Any, Any] | None, new: Mapping[Any, Any] | None) -> list[Pair]:
    before, after = old or {}, new or {}
    found = [(element, after.get(name)) for name, element in before.items()]
    found += [(None, element) for name, element in after.items() if name not in before]
    return found


# ---- networks: equal content or nothing. spec: diff §6.3 ----------------------------------------------------------


def network_content(network: Any) -> Hashable:
    """All that makes two networks the same; absent and empty lists are alike, absent and empty blocks are not."""
    dns, cni = network.dns, network.cni
    return (
        network.mode,
        network.device,
        network.cidr,
        network.ip,
        network.hostname,
        network.mbits,
        dns and (tuple(dns.servers or ()), tuple(dns.searches or ()), tuple(dns.options or ())),
        _ports(network.reserved_ports),
        _ports(network.dynamic_ports),
        cni and _frozen(cni.args),
    )


def _ports(ports: Sequence[Any] | None) -> Hashable:
    return tuple((port.label, port.value, port.to, port.host_network, port.ignore_collision) for port in ports or ())


def _content_pairs(old: Elements | None, new: Elements | None) -> list[Pair]:
    before, after = _indexed(old, network_content), _indexed(new, network_content)
    found: list[Pair] = [(network, None) for content, network in before.items() if content not in after]
    found += [(None, network) for content, network in after.items() if content not in before]
    return found


# ---- by position and by score -------------------------------------------------------------------------------------


def _index_pairs(old: Elements | None, new: Elements | None) -> list[Pair]:
    before, after = old or (), new or ()
    common = min(len(before), len(after))
    found = list(zip(before, after))
    found += [(element, None) for element in before[common:]]
    found += [(None, element) for element in after[common:]]
    return found


def _service_pairs(old: Elements | None, new: Elements | None) -> list[Pair]:
    """Each old service takes the free new one it resembles most; alone on both sides they are one. spec: diff §6.4"""
    before, after = old or (), new or ()
    if len(before) == 1 and len(after) == 1:
        return [(before[0], after[0])]
    free = dict(enumerate(after))
    named = _places(service.name for service in after)
    found: list[Pair] = []
    for position, service in enumerate(before):
        best, best_score = None, 2
        for index in _candidates(position, free, named.get(service.name, {})):
            candidate = free[index]
            score = (
                (index == position)
                + 2 * (candidate.port_label == service.port_label)
                + 3 * (candidate.name == service.name)
            )
            if score > best_score:
                best, best_score = index, score
                if score == 6:  # nothing later can beat it
                    break
        if best is None:
            found.append((service, None))
        else:
            taken = free.pop(best)
            del named[taken.name][best]
            found.append((service, taken))
    return found + [(None, service) for service in free.values()]


def _candidates(position: int, free: Mapping[int, Any], same_name: Mapping[int, None]) -> Iterator[int]:
    """Places of new services, ascending, that can reach the least score: by their name, or by place and port label."""
    alone = position in free and position not in same_name
    for index in same_name:
        if alone and index > position:
            yield position
            alone = False
        yield index
    if alone:
        yield position


def _places(keys: Iterable[str]) -> dict[str, dict[int, None]]:
    """Key → the places where it stands, ascending; a place that is taken is deleted."""
    places: dict[str, dict[int, None]] = {}
    for index, key in enumerate(keys):
        places.setdefault(key, {})[index] = None
    return places


def _template_pairs(old: Elements | None, new: Elements | None) -> list[Pair]:
    """Each old template takes the first free new one with its destination. spec: diff §6.7"""
    before, after = old or (), new or ()
    if len(before) == 1 and len(after) == 1:
        return [(before[0], after[0])]
    free = dict(enumerate(after))
    same_path = _places(template.dest_path for template in after)
    found: list[Pair] = []
    for template in before:
        places = same_path.get(template.dest_path)
        if places:
            first = next(iter(places))
            del places[first]
            found.append((template, free.pop(first)))
        else:
            found.append((template, None))
    return found + [(None, template) for template in free.values()]


CONTENT = Matching(_content_pairs)
INDEX = Matching(_index_pairs)
SERVICES = Matching(_service_pairs)
BY_PATH = Matching(_template_pairs)
MAP_KEY = Matching(keyed_pairs, sort=False)
