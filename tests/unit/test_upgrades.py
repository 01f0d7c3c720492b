"""Revisions that change what is kept: a store that the version before has left is brought up."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from chassis.eventstore.migrate import migrate
from chassis.runtime.losses import LossWatch
from services.intake.readmodels.progress import TABLES
from shouwen.hosting import versions_of
from statute.parties import mark_of
from tests.builders import HOUR, SHEN, Clock, content, number, person, raised, registered
from tests.unit.intake.desk import Desk, intake
from tests.unit.notify.desk import Desk as ReminderDesk
from tests.unit.notify.desk import FakeChannel, deliveries, notify
from tests.unit.responsibility.casebook import Casebook, FakeArrivals, responsibility, take
from tests.unit.responsibility.test_same_state import inbox_of
from tests.unit.stores import SourceLog, Stores, rows, tables

# What intake_0003 made.
BEFORE_REPEATS = (
    "DROP TABLE repeat_proposal",
    "DROP INDEX petition_repeats",
    "DROP INDEX vault_petitioner",
    "ALTER TABLE petition DROP COLUMN repeats_id",
    "ALTER TABLE vault DROP COLUMN kept_at",
)
# What intake_0004 made.
BEFORE_CORRECTIONS = (
    "DROP TABLE matter_sight",
    "DROP TABLE course_begun",
    "DROP TABLE vault_version",
    *(
        f"ALTER TABLE petition DROP COLUMN {column}"
        for column in ("revision", "content_version", "corrected_at", "withdrawn_at")
    ),
)

# What notify_0003 and notify_0004 made.
BEFORE_TERMS = (
    *(
        f"DROP TABLE {table}"
        for table in ("term_plan", "lease", "preference", "endpoint", "endpoint_pace")
    ),
    *(f"DROP INDEX {index}" for index in ("reminder_news", "reminder_terms")),
    "CREATE INDEX reminder_due ON reminder (next_attempt_at, reminder_id) WHERE state = 'planned'",
)


@pytest.fixture
def log() -> SourceLog:
    return SourceLog([registered(serial, serial) for serial in range(1, 4)])


def left_behind(path: str, service: str, revision: str, *changes: str) -> None:
    """Bring a store back to a revision, with what it then had."""
    with closing(sqlite3.connect(path)) as store, store:
        for change in changes:
            store.execute(change)
        store.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    migrate(f"sqlite:///{path}", service, versions_of(service))


@pytest.fixture
def environment(stores: Stores, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    return stores.fresh(request.param)


@pytest.mark.parametrize("environment", ["responsibility"], indirect=True)
def test_terms_are_filled_with_the_calendar_they_were_counted_by(
    environment: dict[str, str], clock: Clock, log: SourceLog
):
    """responsibility_0003: the events have it, the table had not."""
    case = Casebook(responsibility(environment, clock, FakeArrivals()), clock, FakeArrivals())
    inbox_of(case.application, log).catch_up()
    case.when(take("transfer"))
    before = tables(case.application)
    case.application.close()
    left_behind(
        environment["SQLITE_DBNAME"],
        "responsibility",
        "responsibility_0002",
        "ALTER TABLE caseload DROP COLUMN kept_out",
        "DROP INDEX matter_petition",
        "ALTER TABLE term DROP COLUMN calendar",
        "DROP INDEX term_late",
        "DROP INDEX term_late_office",
    )
    with closing(responsibility(environment, clock, FakeArrivals())) as application:
        watch = LossWatch(application, inbox_of(application, log), None, pytest.fail)
        assert watch.look() == 1
        assert tables(application) == before


@pytest.mark.parametrize("environment", ["intake"], indirect=True)
def test_what_intake_follows_is_followed_from_the_beginning(
    environment: dict[str, str], clock: Clock
):
    """intake_0002: no row had the owner. What was parked comes again, and is no hindrance."""
    left_behind(
        environment["SQLITE_DBNAME"],
        "intake",
        "intake_0001",
        *BEFORE_CORRECTIONS,
        *BEFORE_REPEATS,
        "ALTER TABLE progress DROP COLUMN owner",
        "INSERT INTO progress (number, state, changed_at) VALUES ('1', 'owned', '')",
        "INSERT INTO applied_position (source, position) VALUES ('responsibility', 7)",
        "INSERT INTO parked_event (source, position, subject, event, reason, parked_at)"
        " VALUES ('responsibility', 7, 'p', '{}', '', '')",
    )
    with closing(intake(environment, clock)) as application:
        followed = (*TABLES, "applied_position", "parked_event")
        assert not any(rows(application, table) for table in followed)


@pytest.mark.parametrize("environment", ["intake"], indirect=True)
def test_what_was_registered_before_is_compared_and_its_repeats_are_known(
    environment: dict[str, str], clock: Clock
):
    """intake_0003: repeats until then were so from their registration; content has its age."""
    with closing(intake(environment, clock)) as application:
        desk = Desk(application, clock)
        first, repeat = desk.register(raised(), raised())
        before = tables(application), rows(application, "vault")
    made_since = (*BEFORE_CORRECTIONS, *BEFORE_REPEATS)
    left_behind(environment["SQLITE_DBNAME"], "intake", "intake_0002", *made_since)
    with closing(intake(environment, clock)) as application:
        assert (tables(application), rows(application, "vault")) == before
        found = application.log_of_events.query(
            "SELECT number FROM petition WHERE repeats_id <> ''"
        )
        assert found == [(repeat["number"],)]
        other_words = raised(content=content(person(), title="外墙渗水无人修,多次反映没有答复"))
        (asked,) = Desk(application, clock).register(other_words)
        assert asked["may_repeat"] == first["number"]


@pytest.mark.parametrize("environment", ["notify"], indirect=True)
def test_what_waited_to_be_told_is_told_and_parties_stay_kept_out(
    environment: dict[str, str], clock: Clock
):
    """notify_0003: reminders waited in their own table; what failed is tried at its time."""
    channel = FakeChannel(outcomes=["http_503"])
    with closing(notify(environment, clock)) as application:
        desk = ReminderDesk(application, clock, deliveries(application, [channel]))
        desk.tell("ownership.taken.v1")
        desk.deliver()
        desk.tell("repeat.joined.v1")
        desk.tell("parties.kept_out.v1", sealed=True, kept_out=[mark_of(number(), SHEN)])
        before = tables(application)
    left_behind(environment["SQLITE_DBNAME"], "notify", "notify_0002", *BEFORE_TERMS)
    with closing(notify(environment, clock)) as application:
        assert tables(application) == before
        desk = ReminderDesk(application, clock, deliveries(application, [channel]))
        desk.deliver_after(HOUR)
        assert {state for _, _, state in desk.reminders()} == {"delivered"}
        assert desk.listed_to(SHEN) == []
