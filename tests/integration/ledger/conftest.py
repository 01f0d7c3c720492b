"""Ledgers on both databases, and a superuser of either."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from chassis.eventstore.location import environment_for, is_postgres
from chassis.eventstore.migrate import migrate
from shouwen.hosting import versions_of
from tests.builders import DAY, Clock
from tests.databases import database, to_copy
from tests.unit.audit.desk import Desk, audit
from tests.unit.audit.ledgers import LedgerDesk

SERVICE = "audit"
TABLES = ("ledger_leaf", "ledger_subtree", "ledger_checkpoint")
Change = Callable[[str], None]


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> str:
    return to_copy(postgres_url, SERVICE, versions_of(SERVICE))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / f"{SERVICE}.db"
    migrate(f"sqlite:///{path}", SERVICE, versions_of(SERVICE))
    return path


@pytest.fixture(params=["postgresql", "sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a migrated database of either kind."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path)
        yield f"sqlite:///{path}"
        return
    like = request.getfixturevalue("migrated_postgres")
    with database(request.getfixturevalue("postgres_url"), like) as url:
        yield url


@pytest.fixture
def ledger(database_url: str, tmp_path: Path) -> Iterator[LedgerDesk]:
    clock = Clock()
    clock.advance(DAY)
    with closing(audit(environment_for(database_url, SERVICE), clock)) as application:
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
