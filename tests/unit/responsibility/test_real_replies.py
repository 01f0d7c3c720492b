"""Real messages to leaders and their replies, run through the course at their real times."""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.responsibility.domain.policy import day_of
from services.responsibility.readmodels.terms import TermsAsked, TermTables
from tests.builders import FOLLOWER, HUANG, number, registration
from tests.unit.responsibility.casebook import ANYBODY, Casebook, receive, reply, take

# Beside the project where it was handed over; nothing needs it.
REPLIES = Path(__file__).parents[4] / "shared/data/replies.csv"
HANDLING_DAYS = 60
SHANGHAI = ZoneInfo("Asia/Shanghai")

pytestmark = pytest.mark.skipif(not REPLIES.exists(), reason="the messages are not here")


def cases() -> Iterator[tuple[datetime, datetime]]:
    """Yield when each message was sent and when it was replied to."""
    with REPLIES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield (
                datetime.fromisoformat(row["submitted_at"]),
                datetime.fromisoformat(row["replied_at"]),
            )


def late_by_the_days(sent: datetime, replied: datetime) -> int:
    """Count anew, by nothing of ours: the day after the acceptance is day 1, the 60th the last."""
    days = (replied.astimezone(SHANGHAI).date() - sent.astimezone(SHANGHAI).date()).days
    return max(0, days - HANDLING_DAYS)


@pytest.fixture
def handled(case: Casebook) -> Casebook:
    for serial, (sent, replied) in enumerate(cases(), start=1):
        case.clock.now = sent
        case.when_registered(registration(serial, registered_at=sent))
        case.when(receive(HUANG, of=number(serial)))
        for step in ("accept", "handle"):
            case.when(take(step, of=number(serial)))
            assert case.refusal is None
        case.clock.now = replied
        case.when(reply(of=number(serial)))
        assert case.refusal is None
    return case


def test_the_late_ones_are_found_late_and_no_others(handled: Casebook):
    expected = {
        number(serial): late_by_the_days(sent, replied)
        for serial, (sent, replied) in enumerate(cases(), start=1)
    }
    asked = TermsAsked(running=False)
    today = day_of(handled.clock() + timedelta(days=1))
    rows, _ = TermTables.listed(handled.application.log_of_events, ANYBODY, asked, today, 500, "")
    found = {row["number"]: row["late_days"] for row in rows if row["term"] == "handling"}
    assert found == expected
    assert any(expected.values())
    assert not all(expected.values())


def test_all_of_them_were_replied_to(handled: Casebook):
    states = {
        handled.application.owner_of(number(serial), FOLLOWER)["reply"] is not None
        for serial, _ in enumerate(cases(), start=1)
    }
    assert states == {True}
    assert len(list(cases())) == 70
