"""What a report counts adds up to what everybody has at the end, whatever was merged and split."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.messaging.telling import teller
from services.responsibility.application import Responsibility
from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.publishing import TELLINGS
from shouwen.follow_through import BY, FollowThrough
from tests.builders import (
    CLERK,
    COUNTY,
    FOLLOWER,
    HOUR,
    HUANG,
    SAME_COUNTY,
    SHEN,
    TAO,
    Clock,
    statement,
)
from tests.unit.responsibility import casebook
from tests.unit.responsibility.casebook import take
from tests.unit.responsibility.paths import UNIT_S
from tests.unit.responsibility.town import PEOPLE, Town, opened_town
from tests.unit.stores import Stores

ALL = (date(2020, 1, 1), date(2040, 1, 1))
UNITS = ("330424-07", "330424-08")
PETITIONS = 6
# Figure to what it adds to what somebody has.
ADDS = {"taken": 1, "handed_on": -1, "closed": -1, "reopened": 1}

LEADERS, OFFICES = (HUANG, SHEN, TAO), (COUNTY, SAME_COUNTY)
OUTCOMES = ("settled", "explained", "withdrawn")
BEFORE_ALL = datetime.fromisoformat("2026-11-20T04:00Z")
# Kind of action to how often it is chosen among all.
ACTIONS = {
    "register": 3, "link": 5, "unlink": 6, "name": 1,
    "receive": 5, "claim": 2, "uphold": 2, "succeed": 3, "recuse": 1, "close": 6, "reopen": 3,
    "transfer": 4, "replace_unit": 2, "object": 2, "take_back": 2, "dispute_competence": 2,
    "settle_competence": 2, "refuse": 1, "withdraw": 1,
}  # fmt: skip


@given(chance=st.randoms(use_true_random=True), on_duty=st.booleans())
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_what_they_hold_by_the_record(stores: Stores, chance: Random, on_duty: bool):  # noqa: FBT001 - drawn
    """Owners, the offices that they act for, and handling units."""
    with opened_town(stores, Clock()) as town:
        if on_duty:
            town.case.given_roster(TAO)
        for kind in (
            "register",
            "register",
            *chance.choices([*ACTIONS], [*ACTIONS.values()], k=40),
        ):
            do(town, kind, chance)
            town.arrive()
        assert summed(town) == held(town)


def do(town: Town, kind: str, chance: Random) -> None:
    """Do what somebody wants to; what is refused leaves no trace."""
    town.case.clock.advance(HOUR)
    try:
        if kind in _AT_INTAKE:
            _AT_INTAKE[kind](town, chance)
        else:
            town.case.when(_ASKED[kind](chance.choice(town.numbers), chance))
    except Exception as refusal:
        if not hasattr(refusal, "code"):
            raise


def _register(town: Town, chance: Random) -> None:
    if len(town.numbers) < PETITIONS:
        said = f"第{len(town.numbers)}件事"
        channel = chance.choice(["visit", "letter"])
        answer = town.counter.register(chance.choice(PEOPLE), said, channel=channel)
        town.numbers.append(answer["number"])


def _link(town: Town, chance: Random) -> None:
    earlier, later = sorted(chance.sample(range(len(town.numbers)), 2))
    town.counter.link(town.numbers[later], town.numbers[earlier])


def _unlink(town: Town, chance: Random) -> None:
    """Undo any link that there is."""
    for number in chance.sample(town.numbers, len(town.numbers)):
        if town.counter.intake.row_of(number)["matter_number"] != number:
            town.counter.unlink(number)
            return


_AT_INTAKE = {
    "register": _register,
    "link": _link,
    "unlink": _unlink,
    "name": lambda town, chance: town.counter.name(
        chance.choice(town.numbers), chance.choice([HUANG, UNITS[0]])
    ),
}
_ASKED = {
    "receive": lambda of, chance: casebook.receive(
        chance.choice(LEADERS), of=of, office=chance.choice(OFFICES)
    ),
    "claim": lambda of, chance: casebook.receive(chance.choice(LEADERS), BEFORE_ALL, of=of),
    "uphold": lambda of, _: lambda application: uphold(application, of),
    "succeed": lambda of, chance: casebook.succeed(
        chance.choice(LEADERS), of=of, office=chance.choice(OFFICES)
    ),
    "recuse": lambda of, chance: casebook.recuse(chance.choice(LEADERS), of=of),
    "close": lambda of, chance: lambda application: close(application, of, chance),
    "reopen": lambda of, _: casebook.reopen(of=of),
    "transfer": lambda of, chance: take("transfer", of=of, unit=chance.choice(UNITS)),
    "replace_unit": lambda of, _: take(
        "replace_unit", of=of, unit=UNITS[1], instead_of=UNITS[0], by=CLERK
    ),
    "object": lambda of, _: take("object", of=of, **UNIT_S),
    "take_back": lambda of, _: take("take_back", of=of),
    "dispute_competence": lambda of, _: take("dispute_competence", of=of),
    "settle_competence": lambda of, chance: take(
        "settle_competence", of=of, unit=chance.choice(UNITS)
    ),
    "refuse": lambda of, _: take("refuse", of=of),
    "withdraw": lambda of, _: take("withdraw", of=of),
}


def uphold(application: Responsibility, of: str) -> None:
    """Rule on the first dispute that is open, for who opened it."""
    rivals = application.owner_of(of, FOLLOWER)["rivals"]
    for rival in [each for each in rivals if each["dispute_id"] and not each["ruling"]][:1]:
        casebook.rule(of=of, dispute_id=rival["dispute_id"])(application)


def close(application: Responsibility, of: str, chance: Random) -> None:
    """Close it as its owner, as whatever it may end as."""
    owner = application.owner_of(of, FOLLOWER)["owner"] or HUANG
    outcome = statement(outcome=chance.choice(OUTCOMES))
    casebook.close(outcome, of=of, by=owner)(application)


def told(town: Town) -> Iterator[dict[str, Any]]:
    """Yield the events of responsibility as the feed has them."""
    tell = teller("responsibility", TELLINGS)
    for each in map(tell, town.case.application.log_of_events.select_recorded(0, 10_000)):
        yield {"type": each.type, "recordedtime": each.recordedtime.isoformat(), "data": each.data}


def lines_of(town: Town, by: str) -> Any:
    made = FollowThrough(*ALL, by)
    for position, event in enumerate(told(town)):
        made.add(position, event)
    return made.lines()


def summed(town: Town) -> dict[str, Counter[str]]:
    """Return by whom it is counted to who has how much by the figures, nobody below nothing."""
    sums = {
        by: Counter({
            line.who: sum(line.counts[what] * adds for what, adds in ADDS.items())
            for line in lines_of(town, by)
        })
        for by in BY
    }  # fmt: skip
    assert all(count >= 0 for each in sums.values() for count in each.values()), sums
    return {by: +each for by, each in sums.items()}


def held(town: Town) -> dict[str, Counter[str]]:
    """Return the same by the record: matters that are open, and part of no other."""
    application, has = town.case.application, {by: Counter[str]() for by in BY}
    for event in told(town):
        if event["type"] != "ownership.awaited.v1":
            continue
        petition_id = event["data"]["petition_id"]
        ownership = application.find(Ownership, Ownership.create_id(petition_id))
        course = application.find(Course, Course.create_id(petition_id))
        if ownership.closed_at is not None or ownership.record.merged_into is not None:
            continue
        if ownership.owner is not None:
            has["owner"][ownership.owner] += 1
            has["office"][ownership.record.chain[-1].office] += 1
        if course is not None and course.work.unit:
            has["unit"][course.work.unit] += 1
    return has
