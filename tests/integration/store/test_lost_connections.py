"""PostgreSQL connections that break: the work runs again, and takes effect once."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import eventlet
import psycopg2
import pytest
from eventsourcing.persistence import OperationalError, StoredEvent
from psycopg2.extensions import parse_dsn

from chassis.eventstore import faults, postgres_connection
from chassis.eventstore.log import AppendTransaction
from chassis.eventstore.postgres_connection import SILENCE_S
from tests.databases import url_of
from tests.integration.store.conftest import Store, entry, stream

pytestmark = pytest.mark.usefixtures("postgres_url")


class CuttingProxy:
    """Passes bytes to the server, and cuts the first connection that sends COMMIT.

    Args:
        heard: the server gets the COMMIT and answers it, but the client never hears of it.
    """

    def __init__(self, server_url: str, *, heard: bool) -> None:
        parts = parse_dsn(server_url)
        self._server = (parts["host"], int(parts["port"]))
        self._heard = heard
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = url_of(server_url, host="127.0.0.1", port=self._listener.getsockname()[1])
        self._sockets = [self._listener]
        self._silent: frozenset[socket.socket] = frozenset()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def fall_silent(self) -> None:
        """Pass nothing more on the connections that there are; new ones work."""
        self._silent = frozenset(self._sockets)

    def close(self) -> None:
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in self._sockets:
            end.close()

    def _start(self, target: Callable[..., None], *ends: socket.socket) -> None:
        thread = threading.Thread(target=target, args=ends)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += [client, server]
                self._start(self._pass, client, server)
                self._start(self._pass, server, client)

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                if source in self._silent:
                    continue
                if content.startswith(b"Q") and b"COMMIT\0" in content and not self.cuts:
                    self._cut(source, target, content)
                    return
                target.sendall(content)
            target.shutdown(socket.SHUT_WR)

    def _cut(self, client: socket.socket, server: socket.socket, commit: bytes) -> None:
        self.cuts += 1
        client.shutdown(socket.SHUT_RDWR)
        if self._heard:
            server.sendall(commit)
        server.shutdown(socket.SHUT_WR)


@pytest.fixture(params=[False, True], ids=["before COMMIT", "after COMMIT"])
def cut(request: pytest.FixtureRequest, postgres_store: Store) -> Iterator[CuttingProxy]:
    with closing(CuttingProxy(postgres_store.url, heard=request.param)) as proxy:
        yield proxy


def kill(store: Store, condition: str) -> None:
    with closing(psycopg2.connect(store.url)) as connection:
        connection.cursor().execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            f"WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
        )


class TestCutAtCommit:
    def test_work_takes_effect_once(self, postgres_store: Store, cut: CuttingProxy) -> None:
        runs = []

        def work(transaction: AppendTransaction) -> int:
            appended = transaction.append([entry("a")])
            runs.append(appended.repeated)
            if not appended.repeated:
                transaction.execute("INSERT INTO tally (name, amount) VALUES ('all', 1)")
            return appended.recorded[0].id

        log = postgres_store.open(POSTGRES_URL=cut.url)
        assert log.transact(work) == 1
        assert cut.cuts == 1
        assert runs[-1] is (len(runs) == 3)  # heard: the second run clashed, the third found it
        assert log.head() == 1

    def test_the_library_s_path_takes_effect_once(
        self, postgres_store: Store, cut: CuttingProxy
    ) -> None:
        log = postgres_store.open(POSTGRES_URL=cut.url)
        stored = StoredEvent(stream("a"), 1, "sample.happened.v1", b"{}")
        assert log.insert_events([stored]) == [1]
        assert cut.cuts == 1
        assert log.head() == 1


class TestKilledSession:
    def test_work_runs_again(self, postgres_store: Store) -> None:
        runs = []

        def work(transaction: AppendTransaction) -> None:
            transaction.append([entry("a")])
            runs.append(1)
            if len(runs) == 1:
                kill(postgres_store, "state = 'idle in transaction'")
            transaction.execute("INSERT INTO tally (name, amount) VALUES ('all', 1)")

        log = postgres_store.open()
        log.transact(work)
        assert (len(runs), log.head()) == (2, 1)

    def test_reading_goes_on(self, postgres_store: Store) -> None:
        log = postgres_store.open()
        log.transact(lambda transaction: transaction.append([entry("a")]))
        kill(postgres_store, "true")
        assert log.head() == 1

    def test_ends_a_lead(self, postgres_store: Store) -> None:
        log = postgres_store.open()
        lease = log.try_lead("relay")
        assert lease is not None
        kill(postgres_store, "true")
        assert not lease.held()
        lease.release()
        assert log.try_lead("relay") is not None

    def test_gives_up_after_some_time(
        self, postgres_store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(faults.time, "sleep", pauses.append)
        nobody = socket.create_server(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        nobody.close()
        log = postgres_store.open(POSTGRES_URL=url_of(postgres_store.url, port=port))
        with pytest.raises(OperationalError):
            log.transact(lambda transaction: transaction.append([entry("a")]))
        assert pauses == list(faults.PAUSES_S)


class TestSilentServer:
    def test_connecting_ends_in_time(self, postgres_store: Store) -> None:
        """A server that accepts and says nothing does not hold its caller for ever."""
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            url = url_of(postgres_store.url, port=silent.getsockname()[1])
            log = postgres_store.open(POSTGRES_URL=url, POSTGRES_CONNECT_TIMEOUT_S="2")
            with pytest.raises(OperationalError), log.reading() as transaction:
                transaction.query("SELECT 1")

    def test_a_statement_ends_in_time(self, postgres_store: Store) -> None:
        """A server that goes silent holds neither its caller nor those who wait behind him."""
        with closing(CuttingProxy(postgres_store.url, heard=False)) as proxy:
            log = postgres_store.open(POSTGRES_URL=proxy.url, POSTGRES_STATEMENT_TIMEOUT_S="0.5")
            assert log.query("SELECT 1") == [(1,)]
            proxy.fall_silent()
            began = time.monotonic()
            with eventlet.Timeout(10):
                assert log.query("SELECT 2") == [(2,)]
            assert time.monotonic() - began > SILENCE_S

    def test_a_lead_is_given_up_in_time(
        self, postgres_store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres_connection, "ANSWERS_WITHIN_S", 0.3)
        with closing(CuttingProxy(postgres_store.url, heard=False)) as proxy:
            lease = postgres_store.open(POSTGRES_URL=proxy.url).try_lead("relay")
            assert lease is not None
            assert lease.held()
            proxy.fall_silent()
            with eventlet.Timeout(5):
                assert not lease.held()
                lease.release()
