"""Revisions that change what is kept: a store that the version before has left is brought up."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.instants import text_of
from chassis.eventstore.migrate import migrate
from chassis.runtime.losses import LossWatch
from services.intake.application.ports import Corrected, Raised
from services.intake.readmodels.progress import TABLES
from services.notify.application import Subject
from services.notify.application.forgetting import Forgetting
from services.notify.domain.reminder import Occasion
from services.notify.domain.reminders import PetitionReminders
from services.notify.gateways.earlier import EarlierTerms, EarlierVoided
from services.notify.readmodels.reminders import ReminderTable
from services.responsibility.domain.policy import day_of
from shouwen.hosting import versions_of
from statute.parties import mark_of
from tests.builders import (
    COUNTY,
    DAY,
    HOUR,
    HUANG,
    SHEN,
    Clock,
    actor,
    content,
    intake_command,
    number,
    person,
    petition_id,
    raised,
    registered,
)
from tests.unit.audit.desk import Desk as AuditDesk
from tests.unit.audit.desk import audit
from tests.unit.audit.test_disclosing import READER, disclosing, sealed
from tests.unit.audit.test_disclosing import looks as looks_at
from tests.unit.intake.desk import Desk, intake, reader
from tests.unit.notify.desk import Desk as ReminderDesk
from tests.unit.notify.desk import FakeChannel, deliveries, notify
from tests.unit.notify.test_new_calendar import calendar_told
from tests.unit.responsibility.casebook import Casebook, FakeArrivals, receive, responsibility, take
from tests.unit.responsibility.linked import Counter
from tests.unit.responsibility.paths import PATHS, SEATS, walk
from tests.unit.responsibility.test_same_state import inbox_of
from tests.unit.responsibility.town import Town, opened_town
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
# What intake_0005 made.
BEFORE_PHONES = (
    "DROP TABLE petitioner_phone",
    "DROP INDEX petitioner_unmarked",
    "DROP INDEX vault_version_petitioner",
    "ALTER TABLE petitioner_key DROP COLUMN phone_kept",
    "ALTER TABLE repeat_proposal DROP COLUMN known_by",
)
# What responsibility_0006 made.
BEFORE_REASONS = ("DROP TABLE supervision_reason",)
# What intake_0006 made.
BEFORE_UNDONE_LINKS = ("ALTER TABLE petition DROP COLUMN parted_from",)
# What responsibility_0007 made.
BEFORE_MOVES = ("DROP TABLE matter_moved",)
# What responsibility_0009 made.
BEFORE_DELAYS = (
    "DROP INDEX term_delay",
    *(f"ALTER TABLE term DROP COLUMN {column}" for column in ("over_day", "answered")),
)

# What audit_0009 made.
BEFORE_CASES_SHOWN = ("ALTER TABLE case_shown RENAME TO sealed_shown",)
# What notify_0006 made.
# What notify_0007 made.
# What notify_0008 made.
BEFORE_VOIDED = ("DROP TABLE earlier_voided",)
# What notify_0007 and notify_0008 made.
BEFORE_CALENDARS = (
    *BEFORE_VOIDED,
    "DROP INDEX term_plan_calendar",
    "ALTER TABLE term_plan DROP COLUMN calendar",
)
# Keeps which plans a revision writes, each as often as it does.
WRITTEN = (
    "CREATE TABLE written (id TEXT)",
    """CREATE TRIGGER plan_written AFTER UPDATE ON term_plan
    BEGIN INSERT INTO written VALUES (NEW.id); END""",
)
# What notify_0006 to notify_0008 made.
BEFORE_GIVING_UP = (
    *BEFORE_CALENDARS,
    "DROP INDEX reminder_given_up_given_up_at",
    "DROP INDEX reminder_given_up_position",
    "ALTER TABLE reminder DROP COLUMN given_up_at",
)
# What notify_0003 to notify_0008 made.
BEFORE_TERMS = (
    *BEFORE_GIVING_UP,
    "DROP TABLE earlier_terms",
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
        *BEFORE_DELAYS,
        *BEFORE_MOVES,
        *BEFORE_REASONS,
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


@pytest.mark.parametrize("environment", ["responsibility"], indirect=True)
def test_terms_that_another_took_the_place_of_are_found_in_the_log(
    environment: dict[str, str], clock: Clock, log: SourceLog
):
    """responsibility_0008: the table had the latest of each kind, the log has them all."""
    case = Casebook(responsibility(environment, clock, FakeArrivals()), clock, FakeArrivals())
    inbox_of(case.application, log).catch_up()
    for step in ("transfer", "object", "take_back", "transfer"):
        case.when(take(step, **SEATS.get(step, {})))
    before = tables(case.application)
    assert [row[2] for row in rows(case.application, "term")].count("acceptance") == 2
    case.application.close()
    left_behind(
        environment["SQLITE_DBNAME"],
        "responsibility",
        "responsibility_0007",
        *BEFORE_DELAYS,
        "DELETE FROM term WHERE id <> number || '/' || term",
    )
    with closing(responsibility(environment, clock, FakeArrivals())) as application:
        watch = LossWatch(application, inbox_of(application, log), None, pytest.fail)
        assert watch.look() == 1
        assert tables(application) == before


@pytest.mark.parametrize("environment", ["responsibility"], indirect=True)
def test_delays_are_filled_with_what_answered_them_and_when_they_were_over(
    environment: dict[str, str], clock: Clock, log: SourceLog
):
    """responsibility_0009: one answered by an order, one held up by a hearing."""
    case = Casebook(responsibility(environment, clock, FakeArrivals()), clock, FakeArrivals())
    inbox_of(case.application, log).catch_up()
    case.when(receive())
    walk(case, 16 * DAY, "transfer", "order_supervision", order_supervision={"trigger": "delay"})
    walk(case, *PATHS["re_review_asked"][1:], 31 * DAY, "begin_hearing")
    before = tables(case.application)
    assert {row[-2:] for row in rows(case.application, "term") if row[7]} == {
        (0, 1),
        (day_of(clock()).toordinal() - 1, 0),
    }
    case.application.close()
    left_behind(
        environment["SQLITE_DBNAME"], "responsibility", "responsibility_0008", *BEFORE_DELAYS
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
        *BEFORE_UNDONE_LINKS,
        *BEFORE_PHONES,
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
    made_since = (
        *BEFORE_UNDONE_LINKS,
        *BEFORE_PHONES,
        *BEFORE_CORRECTIONS,
        *BEFORE_REPEATS,
    )
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


class TestLinksOfBefore:
    """What was merged and split under the version before is asked for as of then, too."""

    @pytest.fixture
    def town(self, stores: Stores, clock: Clock) -> Iterator[Town]:
        with opened_town(stores, clock) as town:
            first, second, third = town.register(3)
            town.link(third, second)
            town.link(second, first)
            town.unlink(second)
            yield town

    def test_are_known_in_every_service(self, town: Town):
        """intake_0006, responsibility_0007: the tables are what the logs add up to."""
        brought_up = (
            (town.counter.intake, "intake_0005", BEFORE_UNDONE_LINKS),
            (town.case.application, "responsibility_0006", (*BEFORE_DELAYS, *BEFORE_MOVES)),
        )
        for application, revision, changes in brought_up:
            before = tables(application)
            path = application.env["SQLITE_DBNAME"]
            left_behind(path, application.name, revision, *changes)
            assert tables(application) == before


@pytest.mark.parametrize("environment", ["intake"], indirect=True)
def test_what_an_accusation_had_left_is_open_again(environment: dict[str, str], clock: Clock):
    """intake_0007: both were left sealed, and kept out the parties of either."""
    with closing(intake(environment, clock)) as application:
        counter, desk = Counter(application), Desk(application, clock)
        first = desk.registered(raised())["number"]
        second = desk.registered(raised(repeat_of=first))["number"]
        third = desk.registered(raised(petition_class="accusation", accused_staff=["L9"]))["number"]
        counter.correct(second, "accusation")
        counter.name(second, "L330424009")
        counter.unlink(second)
        before = tables(application)
        (marks,) = (row[2] for row in rows(application, "matter_sight") if row[0] == second)
    sealed = f"UPDATE matter_sight SET sealed = 1, kept_out = '{marks}' WHERE number = '{first}'"
    left_behind(environment["SQLITE_DBNAME"], "intake", "intake_0006", sealed)
    with closing(intake(environment, clock)) as application:
        assert tables(application) == before
        assert [application.row_of(each)["sealed"] for each in (first, second, third)] == [0, 1, 1]


@pytest.mark.parametrize("environment", ["intake"], indirect=True)
def test_who_was_registered_before_is_found_by_his_phone_once_he_is_marked(
    environment: dict[str, str], clock: Clock
):
    """intake_0005: only intake has the key to read him by; it does so little by little."""
    called = raised(content=content(person(id_number="")))
    with closing(intake(environment, clock)) as application:
        first, *_ = Desk(application, clock).register(
            raised(), raised(content=content(person(phone=""))), *strangers(3)
        )
        correct_phone(Desk(application, clock), strangers(1)[0])
        marked = rows(application, "petitioner_phone")
    since = (*BEFORE_UNDONE_LINKS, *BEFORE_PHONES)
    left_behind(environment["SQLITE_DBNAME"], "intake", "intake_0004", *since)
    with closing(intake(environment, clock)) as application:
        assert rows(application, "petitioner_phone") == []
        assert application.mark_phones() > 0
        assert application.mark_phones() == 0
        assert rows(application, "petitioner_phone") == marked
        (asked,) = Desk(application, clock).register(called)
        assert asked["may_repeat"] == first["number"]


def test_the_upgrade_marks_a_few_at_a_time(
    stores: Stores, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    """A vault of many is not read at once; what was done is not done again."""
    monkeypatch.setattr("services.intake.application.MARKED_AT_ONCE", 2)
    environment = stores.fresh("intake")
    with closing(intake(environment, clock)) as application:
        Desk(application, clock).register(*strangers(5))
    since = (*BEFORE_UNDONE_LINKS, *BEFORE_PHONES)
    left_behind(environment["SQLITE_DBNAME"], "intake", "intake_0004", *since)
    with closing(intake(environment, clock)) as application:
        assert [application.mark_phones() for _ in range(4)] == [2, 2, 1, 0]
        assert len(rows(application, "petitioner_phone")) == 5


def strangers(count: int) -> list[Raised]:
    return [
        raised(content=content(person(name=f"王{serial}", id_number=f"33042419600101{serial:04}")))
        for serial in range(count)
    ]


def correct_phone(desk: Desk, petition: Raised) -> None:
    """Have a version of the content that says another phone than the first."""
    (made,) = desk.register(petition)
    (somebody,) = petition.content.persons["petitioner"]
    people = {"petitioner": [{**somebody, "phone": "15400005678"}]}
    corrected = Corrected({}, {}, people, "误听")
    desk.application.correct_petition(
        intake_command("correct-1", content="phone"),
        reader(actor(), "office_head"),
        made["number"],
        corrected,
    )


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


@pytest.mark.parametrize("environment", ["notify"], indirect=True)
def test_terms_that_run_at_the_upgrade_are_gone_through(environment: dict[str, str], clock: Clock):
    """notify_0005: where anybody was ever reminded; a new installation has none."""
    with closing(notify(environment, clock)) as application:
        assert EarlierTerms(application.log_of_events).page() is None
        ReminderDesk(application, clock, deliveries(application, [FakeChannel()])).tell(
            "ownership.taken.v1"
        )
    left_behind(
        environment["SQLITE_DBNAME"],
        "notify",
        "notify_0004",
        *BEFORE_GIVING_UP,
        "DROP TABLE earlier_terms",
    )
    with closing(notify(environment, clock)) as application:
        assert EarlierTerms(application.log_of_events).page() == ""


@pytest.mark.parametrize("environment", ["audit"], indirect=True)
def test_who_was_shown_sealed_cases_is_found_after_the_upgrade_too(
    environment: dict[str, str], clock: Clock
):
    """audit_0009: the table has what was shown of open cases beside it from then on."""
    with closing(audit(environment, clock)) as application:
        desk = AuditDesk(application, clock)
        desk.take_in(sealed(1, 1))
        disclosing(desk).shown(READER, "audit.feed", [petition_id(1)])
        desk.follow_itself()
    left_behind(environment["SQLITE_DBNAME"], "audit", "audit_0008", *BEFORE_CASES_SHOWN)
    with closing(audit(environment, clock)) as application:
        desk = AuditDesk(application, clock, desk.log, desk.followed)
        desk.replay()
        desk.follow_itself()
        assert looks_at(desk, number=number(1)) == ["sealed_cases.shown.v1", "case.replayed.v1"]


@pytest.mark.parametrize("environment", ["notify"], indirect=True)
def test_since_when_a_reminder_is_given_up_is_found_in_the_log(
    environment: dict[str, str], clock: Clock
):
    """notify_0006: the facts have it, the table had not."""
    channel = FakeChannel(outcomes=["http_503"] * 1_000)
    with closing(notify(environment, clock)) as application:
        desk = ReminderDesk(application, clock, deliveries(application, [channel]))
        desk.tell("ownership.taken.v1")
        while desk.reminders()[0][2] == "planned":
            desk.deliver_after(HOUR)
        desk.tell("repeat.joined.v1")
        before = tables(application)
    left_behind(environment["SQLITE_DBNAME"], "notify", "notify_0005", *BEFORE_GIVING_UP)
    with closing(notify(environment, clock)) as application:
        assert tables(application) == before
        found = ReminderTable.given_up(application.log_of_events, 10)
        assert found == {"count": 1, "since": text_of(clock())}


@pytest.mark.parametrize("environment", ["notify"], indirect=True)
def test_by_which_calendar_a_term_is_planned_is_found_in_the_log(
    environment: dict[str, str], clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    """notify_0007: page by page; nothing is planned anew that was planned by the newest.

    Of terms that ended nobody asks it; each that runs is written once, however often planned.
    """
    with closing(notify(environment, clock)) as application:
        desk = ReminderDesk(application, clock, deliveries(application, [FakeChannel()]))
        desk.tell("ownership.awaited.v1")
        begun = {"runs_from": "2026-11-24", "due": {"on": "2026-12-24"}}
        for term in ("handling", "review", "acceptance"):
            desk.tell("term.begun.v1", term=term, **begun)
        desk.tell("term.ended.v1", term="review", ended_on="2026-11-24", late_days=0)
        desk.tell("calendar.imported.v1", **calendar_told("cn-2027", [date(2026, 12, 24)]))
        assert desk.recount() == 3
        before = tables(application)
    monkeypatch.setattr("services.notify.migrations.notify_0007_calendars.PAGE", 2)
    left_behind(environment["SQLITE_DBNAME"], "notify", "notify_0006", *BEFORE_CALENDARS, *WRITTEN)
    with closing(notify(environment, clock)) as application:
        running = [row for row in before["term_plan"] if row[3] != "review"]
        ended = [(*row[:-1], "") for row in before["term_plan"] if row[3] == "review"]
        assert rows(application, "term_plan") == sorted([*running, *ended], key=repr)
        assert tables(application) | {"term_plan": []} == before | {"term_plan": []}
        assert rows(application, "written") == [row[:1] for row in running]
        desk = ReminderDesk(application, clock, deliveries(application, [FakeChannel()]))
        assert desk.recount() == 0


@pytest.mark.parametrize("environment", ["notify"], indirect=True)
def test_whoever_was_voided_before_the_upgrade_is_reminded_no_more(
    environment: dict[str, str], clock: Clock
):
    """notify_0008: then it was only awaited again. Who took it since is its owner."""
    channel = FakeChannel()
    with closing(notify(environment, clock)) as application:
        desk = ReminderDesk(application, clock, deliveries(application, [channel]))
        for serial in (1, 2, 3, 4):
            about = {"petition_id": petition_id(serial), "number": number(serial)}
            desk.tell("ownership.awaited.v1", **about)
            desk.tell("ownership.taken.v1", **about)
            desk.tell("term.ended.v1", term="first_step", **about)
            due = {"on": "2026-12-24"}
            begun = {"term": "handling", "runs_from": "2026-11-24", "due": due}
            desk.tell("term.begun.v1", **begun, **about)
        for serial in (1, 2, 3):
            await_again(desk, serial)
        for serial, owner in ((2, SHEN), (3, HUANG)):
            about = {"petition_id": petition_id(serial), "number": number(serial)}
            desk.tell("ownership.taken.v1", owner=owner, **about)
    left_behind(environment["SQLITE_DBNAME"], "notify", "notify_0007", *BEFORE_VOIDED)
    with closing(notify(environment, clock)) as application:
        desk = ReminderDesk(application, clock, deliveries(application, [channel]))
        forgetting = Forgetting(application, EarlierVoided(application.log_of_events))
        assert [forgetting.go_on(), forgetting.go_on()] == [1, 0]
        forgotten = [f for f in desk.facts() if isinstance(f, PetitionReminders.OwnerForgotten)]
        assert [(fact.number, fact.owner) for fact in forgotten] == [(number(1), HUANG)]
        desk.look()
        told = {(each.number, each.recipient) for each in channel.told if each.term}
        head = f"office_head:{COUNTY}"
        assert told == {
            (number(1), head),
            (number(2), SHEN),
            (number(3), HUANG),
            (number(4), HUANG),
        }


@pytest.mark.parametrize("environment", ["notify"], indirect=True)
def test_whoever_took_it_while_voided_owners_are_gone_through_stays_owner(
    environment: dict[str, str], clock: Clock
):
    """What is on the list of the upgrade is looked at as it is by then."""
    with closing(notify(environment, clock)) as application:
        desk = ReminderDesk(application, clock, deliveries(application, [FakeChannel()]))
        desk.tell("ownership.taken.v1")
        await_again(desk, 1)
        desk.tell("ownership.taken.v1", owner=SHEN)
        with application.log_of_events.writing() as transaction:
            transaction.insert("earlier_voided", {"petition_id": petition_id()}, key="petition_id")
        forgetting = Forgetting(application, EarlierVoided(application.log_of_events))
        assert [forgetting.go_on(), forgetting.go_on()] == [1, 0]
        assert not [f for f in desk.facts() if isinstance(f, PetitionReminders.OwnerForgotten)]


def await_again(desk: ReminderDesk, serial: int) -> None:
    """Do what the version before did when an owner was voided."""
    about, now = Subject(petition_id(serial), number(serial), COUNTY), desk.clock()

    def decide(unit: Unit) -> Answer:
        occasion = Occasion(f"voided-{serial}", now)
        desk.application.plan_for_untaken(unit, about, occasion)
        return {}

    desk.application.run(Provenance("service:notify", "c", f"c-{serial}"), decide)
