"""Ledgers on both databases, and a superuser of either."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest

from chassis.eventstore.location import environment_for, is_postgres
from chassis.eventstore.migrate import migrate
from shouwen.hosting import versions_of
from tests.builders import DAY, Clock
from tests.integration.store.conftest import url_of
from tests.unit.audit.desk import Desk, audit
from tests.unit.audit.ledgers import LedgerDesk

TABLES = ("ledger_leaf", "ledger_subtree", "ledger_checkpoint")
Change = Callable[[str], None]


@pytest.fixture(params=["postgresql", "sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/audit.db"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"ledger_{uuid4().hex}"
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
        yield url_of(server, name)
        connection.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ledger(database_url: str, tmp_path: Path) -> Iterator[LedgerDesk]:
    migrate(database_url, "audit", versions_of("audit"))
    clock = Clock()
    clock.advance(DAY)
    with closing(audit(environment_for(database_url, "audit"), clock)) as application:
        yield LedgerDesk(Desk(application, clock), tmp_path / "ledger")


@pytest.fixture
def change(database_url: str, ledger: LedgerDesk) -> Change:
    """Do what a superuser of the database can do: the triggers are in nobody's way."""
    if not is_postgres(database_url):
        return ledger.change

    def as_superuser(sql: str) -> None:
        with closing(psycopg2.connect(database_url)) as connection:
            cursor = connection.cursor()
            cursor.execute("SET search_path = audit")
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            cursor.execute(sql)
            connection.commit()

    return as_superuser
