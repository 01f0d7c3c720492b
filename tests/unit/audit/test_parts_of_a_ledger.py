"""A whole ledger that several processes check is accepted and refused as by one, with its words."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.audit import verifier
from services.audit.verifier import (
    Apart,
    Parts,
    Processes,
    Report,
    Terms,
    Wrong,
    alone,
    part_of,
    reader_of,
    stretches_of,
    verify_tiles,
)
from tests.builders import petition_id
from tests.unit.audit.published import KEYS, entered, note, published

SIZE = 256 * 9 + 40


@pytest.fixture(autouse=True)
def _small_parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    if "processes" not in request.node.name:
        monkeypatch.setattr(verifier, "TILES_PER_PART", 2)


def said(folder: Path, apart: Apart, kept: str = "") -> list[str]:
    """Return what is said of a folder, the last of it what is wrong."""
    lines: list[str] = []
    try:
        verify_tiles(reader_of(str(folder)), Terms(KEYS, kept), Report(lines.append), apart)
    except (Wrong, OSError) as wrong:
        return [*lines, repr(wrong)]
    return lines


def in_parts(folder: Path) -> Apart:
    """Check each part by itself, as processes do, in this one."""

    @contextmanager
    def checked(size: int, kept_size: int) -> Iterator[Parts]:
        read = reader_of(str(folder))
        yield (part_of(read, each, size, kept_size) for each in stretches_of(size))

    return checked


def said_by_both(folder: Path, kept: str = "") -> list[str]:
    one = said(folder, alone, kept)
    assert said(folder, in_parts(folder), kept) == one
    return one


@pytest.mark.parametrize("odd_at", [-1, 0, 700, SIZE - 1])
def test_what_holds_holds(tmp_path: Path, odd_at: int):
    """Also where a leaf is of an unusual form, which no part judges by itself."""
    assert "unbroken" in said_by_both(published(tmp_path, entered(SIZE, odd_at)))[-1]


@pytest.mark.parametrize("kept", [1, 255, 256, 257, 512, 1024, 2000, SIZE])
def test_it_is_the_one_that_was_kept(tmp_path: Path, kept: int):
    entries = entered(SIZE)
    folder = published(tmp_path, entries)
    assert "unbroken" in said_by_both(folder, note(entries, kept))[-1]
    assert "it was forked" in said_by_both(folder, note(entered(SIZE, 0), kept))[-1]


def left_out(entries: list[bytes]) -> None:
    del entries[1500]


def swapped(entries: list[bytes]) -> None:
    entries[600], entries[1900] = entries[1900], entries[600]


def twice(entries: list[bytes]) -> None:
    entries[1024] = entries[1023]


def edited(entries: list[bytes]) -> None:
    entries[1300] = entries[1300].replace(b"case.closed.v1", b"case.opened.v1")


def moved_to_another_case(entries: list[bytes]) -> None:
    entries[512] = entries[512].replace(petition_id(512 * 512 % 97).encode(), b"other", 1)


def counted_wrong(entries: list[bytes]) -> None:
    entries[1] = entries[1].replace(b'"petition_seq":1', b'"petition_seq":0')


CHANGES: dict[Callable[[list[bytes]], None], str] = {
    left_out: "is missing",
    swapped: "is missing",
    twice: "is missing",
    edited: "does not follow",
    moved_to_another_case: "is missing",
    counted_wrong: "is missing",
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_does_not_hold_is_named_at_the_same_place(
    tmp_path: Path, change: Callable[[list[bytes]], None]
):
    """Though all hashes of the files are made to fit, and the whole is signed."""
    entries = entered(SIZE)
    change(entries)
    found = said_by_both(published(tmp_path, entries))[-1]
    assert CHANGES[change] in found


@pytest.mark.parametrize("path", ["tile/0/005", "tile/entries/005", "tile/entries/009.p/40"])
@pytest.mark.parametrize("damage", ["gone", "cut", "a byte", "empty"])
def test_files_that_are_damaged_are_named_as_by_one(tmp_path: Path, path: str, damage: str):
    file = published(tmp_path, entered(SIZE)) / path
    content = file.read_bytes()
    file.unlink()
    if damage != "gone":
        changed = {"cut": content[:-3], "a byte": content[:77] + b"~" + content[78:], "empty": b""}
        file.write_bytes(changed[damage])
    assert re.search(
        "tile|changed|not of the form|no JSON|No such file", said_by_both(tmp_path)[-1]
    )


def test_the_first_of_two_places_is_named(tmp_path: Path):
    entries = entered(SIZE)
    swapped(entries)
    first = said_by_both(published(tmp_path / "one", entries))
    edited(entries)
    assert said_by_both(published(tmp_path / "both", entries))[1:] == first[1:]


def test_processes_say_what_one_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Each of them is the program as it stands alone, with parts of its own length."""
    long_one = published(tmp_path, entered(256 * 64 * 2 + 300))
    monkeypatch.setattr(verifier, "PARTS_PER_PROCESS", 1)
    apart = Processes(str(long_one), 2)
    assert said(long_one, apart) == said(long_one, alone)
    (long_one / "tile/entries/001").write_bytes(b"")
    assert said(long_one, apart) == said(long_one, alone)


def test_processes_that_die_leave_their_work_to_the_first(tmp_path: Path):
    folder = published(tmp_path, entered(SIZE))

    @contextmanager
    def dead(_size: int, _kept_size: int) -> Iterator[Parts]:
        yield iter([None] * 5)

    assert said(folder, dead) == said(folder, alone)
