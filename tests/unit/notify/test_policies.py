"""Policies of offices' own: data, with a version that each plan names."""

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from chassis.environment import SettingInvalid
from services.notify.application.planning import Plans
from services.notify.domain.planning import instant
from services.notify.domain.policy import TERM_POLICIES
from services.notify.gateways.policies import policies_in
from tests.builders import COUNTY, TODAY
from tests.unit.notify.desk import Desk, FakeChannel

HASTY = {
    "version": "haiyan-1",
    "terms": {
        "*": {"half": False, "workdays_before": [10], "at": "08:30:00"},
        "handling": {"workdays_before": [10, 3], "rises": {"office_head": 1, "superior": 2}},
    },
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policies.json"
    path.write_text(json.dumps({COUNTY: HASTY}))
    return path


class TestAnOffice:
    def test_is_reminded_by_its_own_policy(self, desk: Desk, channel: FakeChannel, file: Path):
        """The plan names it; another office has the default."""
        desk.application.policies = policies_in(str(file))
        for office, term in (
            (COUNTY, "handling"),
            (COUNTY, "acceptance"),
            ("330726-01", "handling"),
        ):
            told = Plans(desk.application).preview(term, TODAY, office, None)
            kinds = [point["kind"] for point in told["points"]][:4]
            assert (told["policy"], kinds) == {
                (COUNTY, "handling"): ("haiyan-1", ["start", "half", "workdays_10", "workdays_3"]),
                (COUNTY, "acceptance"): ("haiyan-1", ["start", "workdays_10", "day_1", "due"]),
                ("330726-01", "handling"): (
                    "default-1",
                    ["start", "half", "workdays_5", "workdays_2"],
                ),
            }[office, term]

    def test_rises_when_it_says_so(self, desk: Desk, channel: FakeChannel, file: Path):
        """The head from the first working day late."""
        desk.application.policies = policies_in(str(file))
        desk.tell("ownership.awaited.v1")
        desk.tell("ownership.taken.v1")
        due = {"on": "2026-12-24"}
        desk.tell("term.begun.v1", term="handling", runs_from=TODAY.isoformat(), due=due)
        desk.run_until(instant(date(2026, 12, 25), time(20)))
        late = {each.recipient for each in channel.told if each.reason == "term_late"}
        assert f"office_head:{COUNTY}" in late

    def test_says_within_how_many_working_days_a_visit_is_made(self, desk: Desk, file: Path):
        """No article does."""
        own = {"version": "haiyan-2", "terms": {"follow_up_visit": {"within": 5}}}
        file.write_text(json.dumps({COUNTY: own}))
        desk.application.policies = policies_in(str(file))
        days = [
            Plans(desk.application).preview("follow_up_visit", TODAY, office, None)["due_on"]
            for office in (COUNTY, "330726-01")
        ]
        assert days == ["2026-12-01", "2026-12-08"]


class TestAFile:
    def test_is_not_needed(self):
        assert policies_in("").of(COUNTY, "handling") == TERM_POLICIES["handling"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"version": "default-1", "terms": {}},
            {"version": "", "terms": {}},
            {"version": "1", "terms": {"none": {}}},
            {"version": "1", "terms": {"*": {"at": "21:00:00"}}},
            {"version": "1", "terms": {"*": {"days_before": [0]}}},
            {"version": "1", "terms": {"*": {"halves": True}}},
            {"version": "1", "terms": {"handling": {"within": 5}}},
            {"version": "1", "terms": {"follow_up_visit": {"within": 0}}},
            {"terms": {}},
        ],
    )
    def test_that_says_what_cannot_be_is_refused_at_the_start(self, file: Path, wrong: Any):
        """Rather than that nobody is reminded."""
        file.write_text(json.dumps({COUNTY: wrong}))
        with pytest.raises(SettingInvalid):
            policies_in(str(file))

    def test_that_is_missing_is_said(self, tmp_path: Path):
        with pytest.raises(SettingInvalid):
            policies_in(str(tmp_path / "none.json"))
