"""Many who append at once share transactions, and each has an outcome of its own."""

from collections.abc import Callable
from contextlib import closing
from functools import partial

import eventlet
import psycopg2
import pytest
from eventlet.event import Event
from eventlet.greenpool import GreenPool
from eventsourcing.persistence import IntegrityError

from chassis.eventstore.log import AppendTransaction, VersionConflict
from chassis.eventstore.recorders import LogRecorder
from tests.integration.store.conftest import Store, entry

WRITERS = 24


class Refused(Exception):  # noqa: N818 - it says what is the case
    """An application's own exception."""


def appends(name: str, version: int = 1) -> Callable[[AppendTransaction], int]:
    def work(transaction: AppendTransaction) -> int:
        appended = transaction.append([entry(name, version)])
        transaction.insert("tally", {"name": f"{name}/{version}", "amount": 1}, key="name")
        return appended.recorded[0].id

    return work


def outcome_of(log: LogRecorder, work: Callable[[AppendTransaction], int]) -> object:
    try:
        return log.transact(work)
    except (VersionConflict, Refused, IntegrityError) as error:
        return type(error)


def together(log: LogRecorder, *works: Callable[[AppendTransaction], int]) -> list[object]:
    """Run all works so that those after the first one wait for it, and then share a group."""
    began, go_on = Event(), Event()

    def first(_: AppendTransaction) -> int:
        began.send()
        go_on.wait()
        return 0

    pool = GreenPool()
    leader = pool.spawn(log.transact, first)
    began.wait()
    others = [pool.spawn(outcome_of, log, work) for work in works]
    eventlet.sleep(0)
    go_on.send()
    leader.wait()
    return [other.wait() for other in others]


class TestGroup:
    def test_has_gapless_positions(self, store: Store) -> None:
        log = store.open()
        positions = together(log, *(appends(f"s{n}") for n in range(WRITERS)))
        assert positions == list(range(1, WRITERS + 1))
        assert log.head() == WRITERS
        assert len(log.query("SELECT name FROM tally")) == WRITERS

    def test_refuses_a_version_to_the_second_alone(self, store: Store) -> None:
        log = store.open()

        def another(transaction: AppendTransaction) -> int:
            return transaction.append([entry("a", 1, event_id="another")]).recorded[0].id

        assert together(log, appends("a"), another, appends("b")) == [1, VersionConflict, 2]

    def test_refuses_a_version_on_record_to_its_writer_alone(self, store: Store) -> None:
        log = store.open()
        log.transact(lambda transaction: transaction.append([entry("a", 1, event_id="first")]))
        assert together(log, appends("a"), appends("b")) == [VersionConflict, 2]

    def test_takes_back_a_piece_that_fails_half_way(self, store: Store) -> None:
        log = store.open()

        def half(transaction: AppendTransaction) -> int:
            appends("half")(transaction)
            raise Refused

        assert together(log, appends("a"), half, appends("b")) == [1, Refused, 2]
        assert {row[0] for row in log.query("SELECT name FROM tally")} == {"a/1", "b/1"}

    def test_takes_back_a_piece_that_the_database_refuses(self, store: Store) -> None:
        log = store.open()

        def bad(transaction: AppendTransaction) -> int:
            transaction.append([entry("bad")])
            transaction.insert("tally", {"name": "bad", "amount": None})
            return 0

        assert together(log, appends("a"), bad, appends("b")) == [1, IntegrityError, 2]
        assert log.head() == 2

    def test_answers_the_same_append_twice(self, store: Store) -> None:
        """Retried beside its first run, an append is found instead of conflicting."""
        log = store.open()

        def work(transaction: AppendTransaction) -> int:
            return transaction.append([entry("a")]).recorded[0].id

        assert log.transact(work) == 1
        assert together(log, work, appends("b"), work) == [1, 2, 1]

    def test_goes_on_when_one_stops_waiting(self, store: Store) -> None:
        """A time limit may end any of those who wait."""
        log = store.open()
        began, go_on = Event(), Event()

        def slow(_: AppendTransaction) -> int:
            began.send()
            go_on.wait()
            return 0

        first = eventlet.spawn(log.transact, slow)
        began.wait()
        second = eventlet.spawn(log.transact, appends("a"))
        third = eventlet.spawn(log.transact, appends("b"))
        eventlet.sleep(0)
        second.kill()
        go_on.send()
        first.wait()
        assert third.wait() == 1

    def test_goes_on_when_the_next_leader_ends(self, store: Store) -> None:
        log = store.open()
        began, go_on = Event(), Event()

        def slow(_: AppendTransaction) -> int:
            began.send()
            go_on.wait()
            return 0

        first = eventlet.spawn(log.transact, slow)
        began.wait()
        second = eventlet.spawn(log.transact, appends("a"))
        third = eventlet.spawn(log.transact, appends("b"))
        eventlet.sleep(0)
        first.link(lambda _: second.kill())
        go_on.send()
        first.wait()
        with eventlet.Timeout(10):
            assert third.wait() in {1, 2}


def test_a_group_is_one_transaction(postgres_store: Store) -> None:
    log = postgres_store.open()
    before = commits(postgres_store)
    together(log, *(appends(f"s{n}") for n in range(WRITERS)))
    assert commits(postgres_store) - before < WRITERS


def commits(store: Store) -> int:
    with closing(psycopg2.connect(store.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM sample.event_log")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("writers", [WRITERS])
def test_writers_of_two_instances_share_one_log(store: Store, writers: int) -> None:
    logs = [store.open(), store.open()]
    pool = GreenPool()
    done = [pool.spawn(outcome_of, logs[n % 2], partial(appends(f"s{n}"))) for n in range(writers)]
    assert sorted(each.wait() for each in done) == list(range(1, writers + 1))
