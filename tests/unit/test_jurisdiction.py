"""Which office acts for which."""

import pytest

from chassis.jurisdiction import acts_for, common_office


class TestCommonOffice:
    """An import acts for every office that its table names."""

    @pytest.mark.parametrize(
        ("offices", "common"),
        [
            (["330424-01", "330424-03"], "330424-01"),
            (["330424-02", "330481-01"], "330400-01"),
            (["330424-01", "330726-01"], "330000-01"),
        ],
    )
    def test_it_is_the_lowest_that_acts_for_all(self, offices, common):
        assert common_office(offices) == common
        assert all(acts_for(common, office) for office in offices)

    def test_what_is_no_office_is_left_out(self):
        """It is refused where it is used, and the others are not."""
        assert common_office(["坏", "330424-01", "330424-1", ""]) == "330424-01"
        assert common_office(["坏"]) == ""

    def test_offices_of_two_provinces_have_none(self):
        """No office acts for two provinces, so each row is refused for the office it names."""
        assert common_office(["330424-01", "110101-01"]) == ""
