"""`shouwen reminders` as an operator has it: what was given up, found and delivered again."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.location import environment_for
from chassis.eventstore.migrate import migrate
from services.notify.application import Notify, Subject
from services.notify.domain.policy import RETRY_MAX
from services.notify.domain.reminder import OWNS, Occasion
from shouwen.hosting import versions_of
from tests.builders import COUNTY, HUANG, Clock, number, petition_id
from tests.system.running_platform import wait_until
from tests.system.test_command_line import Terminal
from tests.unit.notify.desk import FakeChannel, deliveries, notify

LOST = 3


def give_up(home: Path, channel: FakeChannel) -> None:
    """Leave a notify behind whose channel took nothing for days."""
    url = f"sqlite:///{home / 'data' / 'notify.db'}"
    (home / "data").mkdir(parents=True)
    migrate(url, "notify", versions_of("notify"))
    clock = Clock(datetime.now(UTC) - timedelta(days=30))
    with closing(notify(environment_for(url, "notify"), clock)) as application:
        for serial in range(1, LOST + 1):
            tell_owner(application, serial, clock)
        channel.outcomes = ["http_503"] * 1_000
        delivering = deliveries(application, [channel])
        while channel.outcomes and clock() < datetime.now(UTC) - timedelta(days=20):
            clock.advance(RETRY_MAX)
            delivering.deliver_due()


def tell_owner(application: Notify, serial: int, clock: Clock) -> None:
    def decide(unit: Unit) -> Answer:
        about = Subject(petition_id(serial), number(serial), COUNTY)
        application.plan_for_owner(unit, about, HUANG, Occasion(f"e-{serial}", clock()), OWNS)
        return {}

    application.run(Provenance("service:notify", f"c-{serial}", f"c-{serial}"), decide)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Terminal]:
    """A platform that was not well for days, and is by now."""
    give_up(tmp_path / ".shouwen", FakeChannel())
    terminal = Terminal(tmp_path)
    with terminal.up():
        yield terminal


def test_an_operator_finds_what_was_given_up_and_has_it_delivered(running: Terminal) -> None:
    """Health counts it and names the command; that lists it, page by page; the next tells all."""
    health = running.ask("notify.health")
    assert health["ok"]
    assert health["given_up"]["count"] == LOST
    assert datetime.fromisoformat(health["given_up"]["since"]) < datetime.now(UTC)
    _, *words = health["given_up"]["shown_by"].split()

    status, listed, _ = running.run(*words, "--limit", "2")
    assert status == 0
    assert [number(serial) in listed for serial in (3, 2, 1)] == [True, True, False]
    assert "http_503" in listed
    (following,) = [line for line in listed.splitlines() if line.startswith("Next page: shouwen ")]
    status, listed, _ = running.run(*following.removeprefix("Next page: shouwen ").split())
    assert (status, number(1) in listed, number(2) in listed) == (0, True, False)
    assert "Next page" not in listed

    status, output, errors = running.run("reminders", "redrive", "--all")
    assert (status, errors) == (0, "")
    assert output.splitlines()[-1] == f"{LOST} are delivered again."
    wait_until(lambda: running.ask("notify.reminders", state="delivered")["items"][LOST - 1 :])
    assert running.ask("notify.health")["given_up"]["count"] == 0

    status, output, _ = running.run("reminders", "redrive", "--all")
    assert (status, output) == (0, "There is none that was given up.\n")
    status, output, _ = running.run(*words)
    assert (status, output) == (0, "There is no reminder of state given_up.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "--recipient", "office_head:330424"], "recipient: give a staff number"),
        (["list", "--recipient", "黄丽"], "recipient: give a staff number"),
        (["list", "--number", "12"], "number: give the whole number"),
        (["list", "--state", "lost"], "state: give one of planned, delivered"),
        (["list", "--cursor", "abc"], "cursor: is not one that a page gave"),
        (["history", "abc"], "reminder_id: `shouwen reminders list` shows"),
        (["redrive", petition_id()], "reminder_id: there is none with this id"),
        (["acknowledge", petition_id(), "--as", HUANG], "there is none of yours with this id"),
    ],
)
def test_what_cannot_be_is_named_with_what_may_stand_there(
    asked: Terminal, words: list[str], said: str
) -> None:
    """Never an empty table, nor the words of a pattern."""
    status, output, errors = asked.run("reminders", *words)
    assert (status, output) == (1, "")
    assert said in errors


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path_factory.mktemp("asked"))
    with terminal.up():
        yield terminal
