"""Migrations of one service, and its role."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from eventsourcing.persistence import PersistenceError

from chassis.eventstore.location import LocationUnknown, environment_for
from chassis.eventstore.migrate import SchemaAhead, migrate, pending
from tests.integration.store.conftest import REVISIONS, SERVICE, Store

BROKEN = """
from alembic import op
revision, down_revision = "0003", "0002"
def upgrade():
    op.execute("CREATE TABLE half (name text)")
    op.execute("SELECT * FROM nowhere")
"""


@pytest.fixture
def revisions(tmp_path: Path) -> Path:
    return shutil.copytree(REVISIONS, tmp_path / "revisions 100%")


@pytest.fixture
def opened(database_url: str) -> Iterator[Store]:
    with closing(Store(database_url)) as store:
        yield store


class TestMigrate:
    def test_brings_an_empty_database_to_the_newest_revision(
        self, database_url: str, revisions: Path
    ) -> None:
        assert pending(database_url, SERVICE, revisions) == ["0001", "0002"]
        migrate(database_url, SERVICE, revisions)
        assert pending(database_url, SERVICE, revisions) == []
        migrate(database_url, SERVICE, revisions)

    def test_may_be_called_by_many_at_once(self, database_url: str, revisions: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            runs = [pool.submit(migrate, database_url, SERVICE, revisions) for _ in range(4)]
        assert [run.result() for run in runs] == [None] * 4

    def test_leaves_nothing_of_a_failed_run(
        self, database_url: str, revisions: Path, opened: Store
    ) -> None:
        migrate(database_url, SERVICE, revisions)
        (revisions / "0003_broken.py").write_text(BROKEN)
        with pytest.raises(Exception, match="nowhere"):
            migrate(database_url, SERVICE, revisions)
        assert pending(database_url, SERVICE, revisions) == ["0003"]
        with pytest.raises(PersistenceError, match="half"), opened.open().reading() as transaction:
            transaction.query("SELECT * FROM half")

    def test_refuses_a_database_that_is_ahead(self, database_url: str, revisions: Path) -> None:
        migrate(database_url, SERVICE, revisions)
        (revisions / "0002_tally.py").unlink()
        with pytest.raises(SchemaAhead):
            pending(database_url, SERVICE, revisions)
        with pytest.raises(SchemaAhead):
            migrate(database_url, SERVICE, revisions)


class TestRole:
    def test_of_one_service_does_not_see_another(
        self, postgres_store: Store, revisions: Path
    ) -> None:
        migrate(postgres_store.url, "other", revisions_of("other", revisions))
        log = postgres_store.open()
        with pytest.raises(PersistenceError, match="denied"), log.reading() as transaction:
            transaction.query("SELECT * FROM other.tally")

    def test_may_change_read_models_but_not_the_record_of_migrations(
        self, postgres_store: Store
    ) -> None:
        log = postgres_store.open()
        log.transact(lambda transaction: transaction.execute("DELETE FROM tally"))
        with pytest.raises(PersistenceError, match="denied"):
            log.transact(lambda transaction: transaction.execute("DELETE FROM alembic_version"))


def revisions_of(service: str, revisions: Path) -> Path:
    for path in revisions.glob("*.py"):
        path.write_text(path.read_text().replace('"sample"', f'"{service}"'))
    return revisions


class TestLocation:
    @pytest.mark.parametrize("url", ["mysql://host/x", "sqlite:///relative.db", "nonsense"])
    def test_unknown_is_refused(self, url: str) -> None:
        with pytest.raises(LocationUnknown):
            environment_for(url, SERVICE)

    @pytest.mark.parametrize("service", ["Sample", "a-b", "a; DROP", ""])
    def test_service_must_be_a_plain_word(self, service: str) -> None:
        with pytest.raises(ValueError, match="cannot name a schema"):
            environment_for("postgresql://h/d", service)
