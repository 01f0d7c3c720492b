"""Connections to PostgreSQL: how they are opened, and how it is told that they are lost."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psycopg2
import psycopg2.extensions
import psycopg2.extras
from eventsourcing.persistence import PersistenceError
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class of the driver

from chassis.environment import Variables
from chassis.eventstore.faults import TransactionLost, in_library_terms

psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]

_BYTES: Final = psycopg2.extensions.new_type(
    psycopg2.BINARY.values,
    "BYTES",
    lambda value, cursor: None if value is None else bytes(psycopg2.BINARY(value, cursor)),
)
# Victim of a deadlock or of serialisation; session ended by the server, or server not ready.
_LOST: Final = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "57P05", "25P03"})
_CONNECTION_CLASS: Final = "08"
# Beyond the time limit of a statement, after which a server that is there says so.
SILENCE_S: Final = 2.0
ANSWERS_WITHIN_S: Final = 5.0


class LimitedConnection(Connection):
    """A connection whose server may not be silent for ever.

    Attributes:
        silent_limit_s: heeded on greenlets (`chassis.runtime.patch`); 0 for no limit.
    """

    silent_limit_s: float = 0


@dataclass(frozen=True, slots=True)
class PostgresSettings:
    """How to reach the server.

    Attributes:
        url: `postgresql://…`, whatever libpq takes.
        schema: where the tables are.
        role: the role that every connection takes on; empty for that of the URL.
        idle_in_transaction_timeout_s: ends a transaction whose owner has gone silent, for it may
            hold the log's lock.
    """

    url: str
    schema: str = "public"
    role: str = ""
    pool_size: int = 10
    pool_timeout_s: float = 30
    connect_timeout_s: float = 5
    statement_timeout_s: float = 30
    lock_timeout_s: float = 10
    idle_in_transaction_timeout_s: float = 30

    @property
    def silent_limit_s(self) -> float:
        """How long the server may take to say anything; 0 where statements have no limit."""
        return self.statement_timeout_s and self.statement_timeout_s + SILENCE_S

    @property
    def options(self) -> str:
        """The `options` of a connection."""
        given = psycopg2.extensions.parse_dsn(self.url).get("options", "")
        role = f"-c role={self.role}" if self.role else ""
        return (
            f"{given} {role} -c search_path={self.schema}"
            f" -c statement_timeout={_ms(self.statement_timeout_s)}"
            # Pages are short: to start a worker for one took 20 ms of 25 at a million petitions.
            " -c max_parallel_workers_per_gather=0"
            f" -c lock_timeout={_ms(self.lock_timeout_s)}"
            f" -c idle_in_transaction_session_timeout={_ms(self.idle_in_transaction_timeout_s)}"
        ).strip()


def settings_from(env: Mapping[str, str]) -> PostgresSettings:
    """Read the variables `POSTGRES_…`; only `POSTGRES_URL` has no default."""
    variables = Variables(env)
    number = variables.number
    return PostgresSettings(
        url=variables.required("POSTGRES_URL", "postgresql://user:password@host:port/database"),
        schema=variables.text("POSTGRES_SCHEMA", "public"),
        role=variables.text("POSTGRES_ROLE"),
        pool_size=int(number("POSTGRES_POOL_SIZE", 10, least=1)),
        pool_timeout_s=number("POSTGRES_POOL_TIMEOUT_S", 30),
        connect_timeout_s=number("POSTGRES_CONNECT_TIMEOUT_S", 5, least=1),
        statement_timeout_s=number("POSTGRES_STATEMENT_TIMEOUT_S", 30),
        lock_timeout_s=number("POSTGRES_LOCK_TIMEOUT_S", 10),
        idle_in_transaction_timeout_s=number("POSTGRES_IDLE_IN_TRANSACTION_TIMEOUT_S", 30),
    )


def connect(settings: PostgresSettings) -> LimitedConnection:
    """Open a connection in autocommit mode.

    Raises:
        TransactionLost: the server cannot be reached or refuses; it may be about to come back.
    """
    try:
        with _green_limit(settings.connect_timeout_s):
            connection = psycopg2.connect(
                settings.url,
                connection_factory=LimitedConnection,
                options=settings.options,
                connect_timeout=int(settings.connect_timeout_s),
                keepalives_idle=10,
                keepalives_interval=5,
                keepalives_count=3,
                tcp_user_timeout=_ms(settings.silent_limit_s),
            )
    except psycopg2.Error as error:
        raise TransactionLost(*error.args) from error
    connection.silent_limit_s = settings.silent_limit_s
    connection.autocommit = True
    psycopg2.extensions.register_type(_BYTES, connection)
    return connection


@contextmanager
def _green_limit(timeout_s: float) -> Iterator[None]:
    """Limit a connect on a greenlet, where libpq pays no heed to its own `connect_timeout`."""
    if psycopg2.extensions.get_wait_callback() is None:
        yield
        return
    import eventlet  # loaded already where there is a wait callback

    with eventlet.Timeout(timeout_s, psycopg2.OperationalError("timeout expired")):
        yield


def at_rest(connection: Connection) -> bool:
    """Tell, without asking the server, whether it is open and outside any transaction."""
    idle = psycopg2.extensions.TRANSACTION_STATUS_IDLE
    return not connection.closed and connection.info.transaction_status == idle


def answers(connection: LimitedConnection) -> bool:
    """Ask the server whether it is there, and do not wait long for that."""
    patience_s, connection.silent_limit_s = connection.silent_limit_s, ANSWERS_WITHIN_S
    try:
        connection.cursor().execute("SELECT 1")
    except psycopg2.Error:
        return False
    finally:
        connection.silent_limit_s = patience_s
    return True


def translated(error: Exception, connection: Connection) -> PersistenceError:
    """Return the driver's error as the library's, a `TransactionLost` if another try may help."""
    if connection.closed or _is_lost(error):
        return TransactionLost(*error.args)
    return in_library_terms(error)


def _is_lost(error: Exception) -> bool:
    code = getattr(error, "pgcode", None)
    if code is None:
        # It does not come from the server, so it is about the way there.
        return isinstance(error, psycopg2.OperationalError)
    return code in _LOST or code.startswith(_CONNECTION_CLASS)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
