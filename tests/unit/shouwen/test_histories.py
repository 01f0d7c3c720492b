"""Histories in words: what a visitor reads."""

import pytest
from rich.cells import cell_len
from rich.console import Console

from contracts.events import MESSAGES
from shouwen.histories import WORDS, actor_in_words, history_parts, history_table, in_words
from tests.contract.published import EXAMPLES, read

ENTRY = {
    "source": "responsibility",
    "position": 435,
    "type": "ownership.taken.v1",
    "occurred_at": "2026-11-25T06:53:48.337Z",
    "recorded_at": "2026-11-25T06:53:48.337Z",
    "actor": "K330424001",
    "data": {"number": "XF-330424-20261125-000001-H", "owner": "L330424002", "ground": "reception"},
}


@pytest.mark.parametrize("type_", sorted(MESSAGES))
def test_every_kind_of_fact_has_words_of_its_own_fields(type_):
    """A fact that history cannot name would show as a code; a wrong field would be a crash."""
    event = read(EXAMPLES / f"events/{type_}.json")
    shown = in_words({**ENTRY, "type": type_, "data": event["data"]}, str)
    assert type_ in WORDS
    assert "{" not in shown


def test_a_fact_unknown_here_shows_its_type():
    assert in_words({**ENTRY, "type": "something.new.v1"}, str) == "something.new.v1"


def test_people_and_services_are_told_apart():
    assert actor_in_words("service:notify", str) == "service 系统"
    assert (
        actor_in_words("K330424001", {"K330424001": "clerk 茅小枝"}.__getitem__) == "clerk 茅小枝"
    )


def test_what_was_stated_for_earlier_shows_both_clocks():
    stated = {**ENTRY, "occurred_at": "2026-10-08T08:50:00+08:00"}
    assert in_words(stated, str).endswith("(stated for 2026-10-08 08:50)")
    assert "stated" not in in_words(ENTRY, str)


def test_a_history_fits_a_terminal_of_80_columns():
    console = Console(width=80)
    with console.capture() as printed:
        console.print(history_table([ENTRY] * 3))
    lines = printed.get().splitlines()
    assert [line for line in lines if "responsibility 435" in line]
    assert all(cell_len(line) <= 80 for line in lines)


@pytest.mark.parametrize("left", [[], [ENTRY]])
def test_what_has_left_a_case_is_shown_as_such(left):
    """Behind what has come, under a line that says so; where nothing has left, there is no line."""
    console = Console(width=80)
    with console.capture() as printed:
        for part in history_parts({"entries": [{**ENTRY, "position": 436}], "left": left}):
            console.print(part)
    come, says, gone = printed.get().partition("Part of this case then, and no more")
    assert "responsibility 436" in come
    assert (bool(says), "responsibility 435" in gone) == (bool(left), bool(left))
