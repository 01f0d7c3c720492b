"""Intake and responsibility, with petitions that clerks link and unlink."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.builders import Clock
from tests.unit.intake.desk import intake
from tests.unit.responsibility.casebook import Casebook, FakeArrivals, responsibility
from tests.unit.responsibility.linked import Counter, inbox_from
from tests.unit.stores import Stores, rows

PEOPLE = [f"3304241955031200{serial:02}" for serial in range(9)]


class Town:
    """Petitions of different people, registered at intake and known to responsibility."""

    def __init__(self, counter: Counter, case: Casebook) -> None:
        self.counter, self.case = counter, case
        self.inbox = inbox_from(counter, case.application)
        self.numbers: list[str] = []

    def register(self, count: int = 1, **changes: Any) -> list[str]:
        for _ in range(count):
            who = PEOPLE[len(self.numbers)]
            self.numbers.append(self.counter.register(who, "外墙渗水", **changes)["number"])
        self.inbox.catch_up()
        return self.numbers[-count:]

    def link(self, repeat: str, of: str) -> None:
        self.counter.link(repeat, of)
        self.arrive()

    def unlink(self, repeat: str) -> None:
        self.counter.unlink(repeat)
        self.arrive()

    def arrive(self) -> None:
        self.case.when(lambda _application: self.inbox.catch_up())
        assert self.inbox.parked() == 0

    def of(self, number: str) -> Any:
        return self.case.ownership(number)

    def owner_of(self, number: str) -> Any:
        return self.of(number)["owner"]

    def facts(self) -> list[str]:
        return [type(fact).__qualname__ for fact in self.case.new_facts()]


def named(town: Town, who: int, of: str, **changes: Any) -> str:
    """Register a petition that a clerk says repeats another."""
    given = {"repeat_of": of, **changes}
    number = town.counter.register(PEOPLE[who], "别的说法", **given)["number"]
    town.arrive()
    return str(number)


def does(town: Town, *asked: Any) -> None:
    for each in asked:
        town.case.when(each)
        assert town.case.refusal is None, town.case.refusal


def terms_of(town: Town, number: str) -> dict[str, str]:
    """Term to the day it ended on, empty while it runs; of one that began anew the latest."""
    latest = [row for row in rows(town.case.application, "term") if row[0] == f"{number}/{row[2]}"]
    return {row[2]: row[5] for row in latest}


@contextmanager
def opened_town(stores: Stores, clock: Clock) -> Iterator[Town]:
    with stores.opened("intake", lambda environment: intake(environment, clock)) as at_intake:
        counter = Counter(at_intake)
        with stores.opened(
            "responsibility", lambda environment: responsibility(environment, clock, counter)
        ) as made:
            yield Town(counter, Casebook(made, clock, FakeArrivals()))
