"""Numbers of petitions: readable, without gaps, and hard to mistake for one another."""

from datetime import UTC, date, datetime
from string import ascii_uppercase, digits

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from services.intake.domain.numbering import SERIAL_MAX, check_character, number_of, verified
from services.intake.domain.refusals import NumberMalformed
from tests.builders import CITY, COUNTY, DAY, OTHER_COUNTY, actor, raised
from tests.unit.intake.desk import Desk

CHARACTERS = digits + ascii_uppercase

numbers = st.builds(
    number_of,
    st.from_regex(r"[1-8][0-9]{5}", fullmatch=True),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.integers(1, SERIAL_MAX),
)


def bare(number: str) -> str:
    return number.replace("-", "")


class TestTheCheckCharacter:
    @given(payload=st.text(CHARACTERS, min_size=1, max_size=40))
    def test_is_that_of_iso_7064(self, payload: str):
        """MOD 37,36, as an implementation that is not ours computes it."""
        assert check_character(payload) == mod_37_36.calc_check_digit(payload)

    @given(number=numbers)
    def test_makes_a_number_that_others_can_check(self, number: str):
        """Without its hyphens it is valid for every implementation of the standard."""
        assert mod_37_36.is_valid(bare(number))
        assert verified(number) == number

    @given(number=numbers, place=st.integers(0, 22), wrong=st.sampled_from(CHARACTERS))
    def test_finds_every_single_wrong_character(self, number: str, place: int, wrong: str):
        """Wherever it stands, the check character included."""
        written = bare(number)
        assume(written[place] != wrong)
        assert not mod_37_36.is_valid(written[:place] + wrong + written[place + 1 :])
        with pytest.raises(NumberMalformed):
            verified(_hyphened(written[:place] + wrong + written[place + 1 :]))

    def test_finds_nearly_every_pair_that_was_swapped(self):
        """The standard misses a few, and so do we: less than one in five hundred, the same ones."""
        swapped = [
            pair
            for serial in range(1, 2_000)
            for pair in _swaps(number_of("330424", DAY_ONE, serial))
        ]
        missed = [each for each in swapped if _passes(each)]
        assert missed == [each for each in swapped if mod_37_36.is_valid(bare(each))]
        assert len(missed) < len(swapped) / 500


DAY_ONE = date(2026, 11, 24)


def _hyphened(written: str) -> str:
    parts = written[:2], written[2:8], written[8:16], written[16:22], written[22:]
    return "-".join(parts)


def _swaps(number: str) -> list[str]:
    written = bare(number)
    return [
        _hyphened(written[:at] + written[at + 1] + written[at] + written[at + 2 :])
        for at in range(len(written) - 1)
        if written[at] != written[at + 1]
    ]


def _passes(number: str) -> bool:
    try:
        verified(number)
    except NumberMalformed:
        return False
    return True


class TestTheForm:
    def test_tells_region_day_and_serial(self):
        """XF, the region of the office, the day in Shanghai, the serial, the check character."""
        assert number_of("330424", date(2026, 11, 23), 17).startswith("XF-330424-20261123-000017-")

    @pytest.mark.parametrize("serial", [0, SERIAL_MAX + 1])
    def test_has_room_for_the_serials_of_a_day(self, serial: int):
        """A number that would not fit is never given."""
        with pytest.raises(ValueError, match="does not fit"):
            number_of("330424", date(2026, 11, 23), serial)


class TestSerials:
    def test_run_without_gaps_in_each_region(self, desk: Desk):
        """Offices of one county share its serials; another county has its own."""
        by = actor("K330000001", "330000-01")
        offices = [COUNTY, OTHER_COUNTY, "330424-02", CITY, COUNTY]
        answers = desk.register(*(raised(office=office) for office in offices), by=by)
        assert [answer["number"][3:25] for answer in answers] == [
            "330424-20261124-000001",
            "330726-20261124-000001",
            "330424-20261124-000002",
            "330400-20261124-000001",
            "330424-20261124-000003",
        ]

    def test_begin_anew_at_midnight_in_shanghai(self, desk: Desk):
        """Which is 16:00 in Greenwich."""
        desk.clock.now = datetime(2026, 11, 24, 15, 59, 59, tzinfo=UTC)
        assert desk.registered()["number"][10:25] == "20261124-000001"
        desk.clock.now = datetime(2026, 11, 24, 16, tzinfo=UTC)
        assert desk.registered()["number"][10:25] == "20261125-000001"

    def test_go_on_after_a_restart_of_the_day(self, desk: Desk):
        """Another day in between does not touch them."""
        desk.registered()
        desk.clock.advance(DAY)
        desk.registered()
        desk.clock.advance(-DAY)
        assert desk.registered()["number"][10:25] == "20261124-000002"
