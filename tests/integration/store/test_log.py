"""The promises of the log, the same on every database."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event

import psycopg2
import pytest
from eventsourcing.persistence import (
    IntegrityError,
    OperationalError,
    PersistenceError,
    StoredEvent,
    Tracking,
)

from chassis.eventstore import recorders
from chassis.eventstore.location import sqlite_path
from chassis.eventstore.log import (
    Appended,
    AppendTransaction,
    Entry,
    EventIdReused,
    VersionConflict,
)
from chassis.eventstore.recorders import LogRecorder
from tests.integration.store.conftest import Store, entry, stream

WRITERS = 8
ROUNDS = 12


class Refused(Exception):  # noqa: N818 - it says what is the case
    """An application's own exception."""


def append(log: LogRecorder, *entries: Entry) -> Appended:
    return log.transact(lambda transaction: transaction.append(entries))


def positions(log: LogRecorder) -> list[int]:
    return [event.id for event in log.select_recorded(0, 10_000)]


def tally(transaction: AppendTransaction) -> int:
    return transaction.execute(
        "INSERT INTO tally (name, amount) VALUES ('all', 1) "
        "ON CONFLICT (name) DO UPDATE SET amount = tally.amount + 1"
    )


class TestPositions:
    def test_events_come_back_as_they_were_appended(self, store: Store) -> None:
        log = store.open()
        appended = append(log, entry("a", 1), entry("a", 2), entry("b", 1, state=b"\x00\xff"))
        assert [event.id for event in appended.recorded] == [1, 2, 3]
        assert not appended.repeated
        assert list(log.select_recorded(0, 10)) == list(appended.recorded)
        assert log.select_recorded(1, 1)[0].originator_version == 2
        assert [event.id for event in log.select_recorded_of(stream("a"))] == [1, 2]
        later = log.select_recorded_of(stream("a"), stream("b"), since={stream("a"): 2})
        assert sorted(event.id for event in later) == [2, 3]
        assert log.select_recorded_of(stream("a"), since={stream("a"): 3}) == []
        assert log.select_recorded(2, 1)[0].state == b"\x00\xff"
        assert log.head() == 3

    def test_have_no_gap_whatever_fails(self, store: Store) -> None:
        """Eight writers, some in conflict, some rolled back, and a reader that never misses one."""
        log = store.open()
        done = Event()
        with ThreadPoolExecutor(WRITERS + 1) as pool:
            reader = pool.submit(follow, store.open(), done)
            writers = [pool.submit(write, store.open(), writer) for writer in range(WRITERS)]
            written = sum(writer.result() for writer in writers)
            done.set()
            followed = reader.result()
        assert positions(log) == list(range(1, written + 1))
        assert followed == positions(log)
        with log.reading() as transaction:
            assert transaction.query("SELECT amount FROM tally") == [(written,)]

    def test_are_those_of_the_recorder_too(self, store: Store) -> None:
        """Events written through the library share the path, the log and the transaction."""
        log = store.open()
        append(log, entry("a"))
        stored = StoredEvent(stream("b"), 1, "sample.happened.v1", b"{}")
        assert log.insert_events([stored], tracking=Tracking("upstream", 7)) == [2]
        with pytest.raises(VersionConflict):
            log.insert_events([stored])
        recorded = log.select_recorded(1, 1)[0]
        assert (recorded.actor, recorded.correlation_id, recorded.causation_id) == ("", "", "")
        assert log.max_tracking_id("upstream") == 7


def write(log: LogRecorder, writer: int) -> int:
    """Append, conflict and roll back in turns; return the number of events that stayed."""
    written = 0
    for number in range(1, ROUNDS + 1):
        for attempt in (own, contested, rolled_back):
            try:
                log.transact(attempt(writer, number))
                written += 1
            except (VersionConflict, Refused):
                continue
    return written


def own(writer: int, number: int) -> Callable[[AppendTransaction], None]:
    def work(transaction: AppendTransaction) -> None:
        transaction.append([entry(f"own {writer}", number)])
        tally(transaction)

    return work


def contested(writer: int, number: int) -> Callable[[AppendTransaction], None]:
    def work(transaction: AppendTransaction) -> None:
        tally(transaction)
        transaction.append([entry("contested", number, event_id=f"{writer}/{number}")])

    return work


def rolled_back(writer: int, number: int) -> Callable[[AppendTransaction], None]:
    def work(transaction: AppendTransaction) -> None:
        transaction.append([entry(f"gone {writer}", number)])
        tally(transaction)
        raise Refused

    return work


def follow(log: LogRecorder, done: Event) -> list[int]:
    """Read behind the last position seen until the writers are done."""
    seen: list[int] = []
    while True:
        finished = done.is_set()
        page = log.select_recorded(seen[-1] if seen else 0, 50)
        seen.extend(event.id for event in page)
        if finished and not page:
            return seen
        log.wait_beyond(seen[-1] if seen else 0, 0.01)


class TestRepeatedAppend:
    def test_returns_what_was_recorded_first(self, store: Store) -> None:
        log = store.open()
        first = append(log, entry("a", 1), entry("a", 2))
        append(log, entry("b"))
        again = append(log, entry("a", 1), entry("a", 2))
        assert again.repeated
        assert list(again.recorded) == list(first.recorded)
        assert log.head() == 3

    @pytest.mark.parametrize(
        "other",
        [entry("a", state=b"[]"), entry("b", event_id="a/1"), entry("a", 2, event_id="a/1")],
        ids=["state", "stream", "version"],
    )
    def test_with_other_bytes_is_refused(self, store: Store, other: Entry) -> None:
        log = store.open()
        append(log, entry("a"))
        with pytest.raises(EventIdReused):
            append(log, other)
        assert log.head() == 1

    def test_with_one_id_for_two_events_is_refused(self, store: Store) -> None:
        with pytest.raises(EventIdReused):
            append(store.open(), entry("a", 1, event_id="x"), entry("a", 2, event_id="x"))

    def test_with_more_than_the_first_is_a_conflict(self, store: Store) -> None:
        log = store.open()
        append(log, entry("a", 1))
        with pytest.raises(VersionConflict):
            append(log, entry("a", 1), entry("a", 2))
        assert log.head() == 1

    def test_of_a_version_by_somebody_else_is_a_conflict(self, store: Store) -> None:
        log = store.open()
        append(log, entry("a"))
        with pytest.raises(IntegrityError) as caught:
            append(log, entry("a", event_id="another"))
        assert caught.type is VersionConflict

    def test_of_nothing_records_nothing(self, store: Store) -> None:
        assert append(store.open()) == Appended((), repeated=False)

    def test_of_many_is_found_again(self, store: Store) -> None:
        log = store.open()
        many = [entry("a", version) for version in range(1, 2501)]
        append(log, *many)
        assert append(log, *many).repeated


class TestTransaction:
    def test_takes_back_the_read_model_with_the_append(self, store: Store) -> None:
        log = store.open()
        with pytest.raises(Refused):
            log.transact(rolled_back(1, 1))
        with log.reading() as transaction:
            assert transaction.query("SELECT * FROM tally") == []
        assert log.head() == 0

    def test_is_not_committed_when_a_conflict_is_swallowed(self, store: Store) -> None:
        log = store.open()
        append(log, entry("a", 1))

        def work(transaction: AppendTransaction) -> None:
            with suppress(VersionConflict):
                transaction.append([entry("a", 2), entry("a", 1, event_id="another")])

        with pytest.raises(VersionConflict):
            log.transact(work)
        assert log.head() == 1

    def test_is_not_committed_when_a_failed_statement_is_swallowed(self, store: Store) -> None:
        log = store.open()

        def work(transaction: AppendTransaction) -> None:
            transaction.append([entry("a")])
            with pytest.raises(PersistenceError):
                transaction.execute("INSERT INTO tally (name) VALUES ('no amount')")

        with pytest.raises(IntegrityError):
            log.transact(work)
        assert log.head() == 0

    def test_may_append_twice(self, store: Store) -> None:
        log = store.open()

        def work(transaction: AppendTransaction) -> None:
            transaction.append([entry("a", 1)])
            transaction.append([entry("a", 2)])

        log.transact(work)
        assert positions(log) == [1, 2]

    def test_knows_identifiers_as_uuid(self, store: Store) -> None:
        log = store.open()
        rows = [[stream(str(number))] for number in range(250)]
        log.transact(lambda t: t.execute_many("INSERT INTO seen (stream) VALUES (?)", rows))
        with log.reading() as transaction:
            found = transaction.query("SELECT stream FROM seen WHERE stream = ?", [stream("7")])
            assert found == [(stream("7"),)]
            assert transaction.query("SELECT count(*) FROM seen") == [(250,)]

    def test_may_read_the_log_beside_itself(self, store: Store) -> None:
        log = store.open()
        append(log, entry("a"))
        assert log.transact(lambda _: log.head()) == 1


class TestReading:
    def test_sees_one_state_throughout(self, store: Store) -> None:
        log = store.open()
        append(log, entry("a", 1))
        count = "SELECT count(*) FROM event_log"
        with log.reading() as transaction:
            assert transaction.query(count) == [(1,)]
            append(log, entry("a", 2))
            assert transaction.query(count) == [(1,)]

    def test_changes_nothing(self, store: Store) -> None:
        log = store.open()
        with pytest.raises(PersistenceError), log.reading() as transaction:
            transaction.execute("INSERT INTO tally (name, amount) VALUES ('all', 1)")

    def test_need_not_ask_anything(self, store: Store) -> None:
        with store.open().reading():
            pass


class TestAppendOnly:
    CHANGES = ("UPDATE event_log SET actor = 'S2'", "DELETE FROM event_log", "TRUNCATE event_log")

    @pytest.mark.parametrize("change", CHANGES)
    def test_the_service_may_not_change_the_log(self, store: Store, change: str) -> None:
        log = store.open()
        append(log, entry("a"))
        with pytest.raises(PersistenceError):
            log.transact(lambda transaction: transaction.execute(change))
        assert log.select_recorded(0, 1)[0].actor == "S1"

    @pytest.mark.parametrize("change", CHANGES)
    def test_triggers_refuse_it_to_the_owner(self, postgres_store: Store, change: str) -> None:
        append(postgres_store.open(), entry("a"))
        connection = psycopg2.connect(postgres_store.url)
        with pytest.raises(psycopg2.IntegrityError, match="append-only"):
            connection.cursor().execute(f"SET search_path = sample; {change}")
        connection.close()

    def test_the_role_lacks_the_right(self, postgres_store: Store) -> None:
        rights = "SELECT has_table_privilege('shouwen_sample', 'event_log', ?)"
        with postgres_store.open().reading() as transaction:
            held = [
                right
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
                if transaction.query(rights, [right]) == [(True,)]
            ]
        assert held == ["SELECT", "INSERT"]

    @pytest.mark.parametrize("change", CHANGES[:2])
    def test_triggers_refuse_it_in_the_file(self, sqlite_store: Store, change: str) -> None:
        append(sqlite_store.open(), entry("a"))
        connection = sqlite3.connect(sqlite_path(sqlite_store.url))
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(change)
        connection.close()

    def test_an_insert_may_not_replace(self, sqlite_store: Store) -> None:
        log = sqlite_store.open()
        append(log, entry("a"))
        with pytest.raises(IntegrityError, match="append-only"):
            log.transact(
                lambda transaction: transaction.execute(
                    "INSERT OR REPLACE INTO event_log SELECT position, event_id, originator_id, "
                    "2, topic, state, recorded_at, actor, correlation_id, causation_id "
                    "FROM event_log"
                )
            )


class TestRecordedAt:
    def test_never_runs_backwards(self, store: Store) -> None:
        """A clock that is set back by an hour stands still in the log until it has caught up."""
        noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
        hours: Iterator[float] = iter([0, -1, -0.5, 0.25])
        log = store.open(clock=lambda: noon + timedelta(hours=next(hours)))
        for version in range(1, 5):
            append(log, entry("a", version))
        late = noon + timedelta(hours=0.25)
        assert [event.recorded_at for event in log.select_recorded(0, 9)] == [noon] * 3 + [late]

    def test_never_runs_backwards_within_a_transaction(self, store: Store) -> None:
        noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
        times = iter([noon, noon - timedelta(hours=1)])
        log = store.open(clock=lambda: next(times))

        def work(transaction: AppendTransaction) -> None:
            transaction.append([entry("a", 1)])
            transaction.append([entry("a", 2)])

        log.transact(work)
        assert [event.recorded_at for event in log.select_recorded(0, 9)] == [noon, noon]


class TestWaiting:
    def test_ends_when_the_log_is_longer(self, store: Store) -> None:
        log = store.open()
        append(log, entry("a"))
        assert log.wait_beyond(0, 0)

    def test_ends_when_time_runs_out(self, store: Store) -> None:
        assert not store.open().wait_beyond(0, 0.05)

    def test_is_ended_by_a_commit_of_this_process(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The commit itself wakes, for here nobody polls."""
        monkeypatch.setattr(recorders, "POLL_INTERVAL_S", 60)
        log = store.open()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(log.wait_beyond, 0, 20)
            append(log, entry("a"))
            assert waiting.result(timeout=10)

    def test_is_ended_by_a_commit_of_another_process(self, store: Store) -> None:
        log = store.open()
        other = store.append_in_other_process("elsewhere")
        assert log.wait_beyond(0, 30)
        assert other.wait() == 0

    def test_subscription_goes_on_with_new_events(self, store: Store) -> None:
        log = store.open()
        append(log, entry("a", 1))
        with ThreadPoolExecutor(1) as pool, log.subscribe() as subscription:
            assert next(subscription).id == 1
            coming = pool.submit(next, subscription)
            append(store.open(), entry("a", 2))
            assert coming.result(timeout=10).id == 2


class TestLead:
    def test_is_with_one_at_a_time(self, store: Store) -> None:
        first, second = store.open(), store.open()
        lease = first.try_lead("relay")
        assert lease is not None
        assert lease.held()
        assert second.try_lead("relay") is None
        assert first.try_lead("relay") is None
        lease.release()
        assert not lease.held()
        assert second.try_lead("relay") is not None

    def test_is_for_one_purpose(self, store: Store) -> None:
        log = store.open()
        assert log.try_lead("relay") is not None
        assert log.try_lead("reminders/daily") is not None


class TestBusy:
    def test_an_appender_that_waits_too_long_is_told(self, store: Store) -> None:
        patient = store.open()
        hasty = store.open(POSTGRES_LOCK_TIMEOUT_S="0.1", SQLITE_BUSY_TIMEOUT_S="0.1")
        entered, leave = Event(), Event()

        def work(transaction: AppendTransaction) -> None:
            transaction.append([entry("a")])
            entered.set()
            leave.wait(20)

        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(patient.transact, work)
            entered.wait(20)
            with pytest.raises(OperationalError):
                append(hasty, entry("b"))
            leave.set()
            slow.result()
        assert append(hasty, entry("b")).recorded[0].id == 2
