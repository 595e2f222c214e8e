"""Inventory files: whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

import jobplan
from jobplan.capture import Redaction, files, read_capture, write_capture
from jobplan.testing import factories


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_private_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    write_capture({"Nodes": []}, path)
    assert mode(path) == 0o600
    path.chmod(0o644)
    write_capture({"Nodes": [{"ID": "ü\ud800"}], "Jobs": []}, path)
    assert mode(path) == 0o644
    assert json.loads(path.read_bytes()) == {"Nodes": [{"ID": "ü\ud800"}], "Jobs": []}
    assert os.listdir(tmp_path) == ["inventory.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_capture({"Nodes": []}, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").exists()


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_the_old_file_survives_a_failure_at_any_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "inventory.json"
    write_capture({"Now": "2026-11-02T09:00:00Z"}, path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        write_capture({"Now": "2027-01-01T00:00:00Z"}, path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["inventory.json"]


def test_a_file_is_read_with_its_redaction(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    redaction = Redaction.new()
    write_capture({**factories.inventory([factories.node("a")]), "Redaction": redaction.to_api()}, path)
    inventory, found = read_capture(path)
    assert len(inventory.nodes) == 1
    assert found == redaction
    write_capture(factories.inventory(), path)
    assert read_capture(path)[1] is None


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000])
def test_what_is_no_inventory_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "inventory.json"
    path.write_text(text)
    with pytest.raises(jobplan.InventoryError):
        read_capture(path)
