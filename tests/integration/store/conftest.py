"""Stores that are migrated and empty, each test with its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from eventsourcing.persistence import InfrastructureFactory, StoredEvent

from chassis.eventstore.location import environment_for
from chassis.eventstore.log import Entry
from chassis.eventstore.migrate import migrate
from chassis.eventstore.recorders import LogRecorder
from tests.databases import database, to_copy

REVISIONS = Path(__file__).parent / "revisions"
SERVICE = "sample"
ROOT = Path(__file__).parents[3]


def entry(name: str, version: int = 1, *, event_id: str = "", state: bytes = b"{}") -> Entry:
    """An event of the stream of this name; its id comes from name and version unless given."""
    stored = StoredEvent(stream(name), version, "sample.happened.v1", state)
    made_of = event_id or f"{name}/{version}"
    return Entry(stored, uuid5(NAMESPACE_URL, made_of), "S1", "request", "cause")


def stream(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"stream/{name}")


@dataclass
class Store:
    """One migrated database; each opening of it is independent of the others."""

    url: str
    _factories: list[InfrastructureFactory] = field(default_factory=list)

    @property
    def is_postgres(self) -> bool:
        return self.url.startswith("postgres")

    def open(
        self,
        clock: Callable[[], datetime] = lambda: datetime(2026, 11, 3, 8, tzinfo=UTC),
        **variables: str,
    ) -> LogRecorder:
        environment = {**environment_for(self.url, SERVICE), **variables}
        factory = InfrastructureFactory.construct(environment)
        factory.clock = clock
        self._factories.append(factory)
        return factory.application_recorder()

    def append_in_other_process(self, name: str) -> subprocess.Popen:
        code = (
            "from tests.integration.store.conftest import Store, entry\n"
            f"log = Store({self.url!r}).open()\n"
            f"log.transact(lambda transaction: transaction.append([entry({name!r})]))"
        )
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], env=environment)

    def close(self) -> None:
        for factory in self._factories:
            factory.close()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """URL of an empty database of one's own."""
    with database(postgres_url) as url:
        yield url


@pytest.fixture(params=["postgresql", "sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store/{SERVICE}.db"
    return request.getfixturevalue("postgres_database")


@pytest.fixture(scope="session")
def migrated_postgres(postgres_url: str) -> str:
    return to_copy(postgres_url, SERVICE, REVISIONS)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / f"{SERVICE}.db"
    migrate(f"sqlite:///{path}", SERVICE, REVISIONS)
    return path


@pytest.fixture(params=["postgres_store", "sqlite_store"], ids=["postgresql", "sqlite"])
def store(request: pytest.FixtureRequest) -> Store:
    opened: Store = request.getfixturevalue(request.param)
    return opened


@pytest.fixture
def postgres_store(postgres_url: str, migrated_postgres: str) -> Iterator[Store]:
    with database(postgres_url, migrated_postgres) as url, closing(Store(url)) as opened:
        yield opened


@pytest.fixture
def sqlite_store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    path = shutil.copy(migrated_file, tmp_path)
    with closing(Store(f"sqlite:///{path}")) as opened:
        yield opened
