"""Empty SQLite stores: each service is migrated once, every test works on copies."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from chassis.eventstore.application import EventSourcedApplication
from chassis.eventstore.location import environment_for
from chassis.eventstore.migrate import migrate
from contracts.envelope import CloudEvent
from shouwen.hosting import versions_of

Rows = list[tuple[Any, ...]]


@dataclass
class Stores:
    """Makes stores in a folder."""

    folder: Path
    _serial: count = field(default_factory=count)

    def fresh(self, service: str) -> dict[str, str]:
        """Environment of an application on a store of its own."""
        template = self.folder / f"{service}.template.db"
        if not template.exists():
            migrate(f"sqlite:///{template}", service, versions_of(service))
            keep_a_log_ahead(template)
        path = self.folder / f"{service}-{next(self._serial)}.db"
        shutil.copyfile(template, path)
        return environment_for(f"sqlite:///{path}", service)

    @contextmanager
    def opened(
        self, service: str, build: Callable[[dict[str, str]], EventSourcedApplication]
    ) -> Iterator[Any]:
        """An application on a store of its own, both gone at the end."""
        environment = self.fresh(service)
        application = build(environment)
        try:
            yield application
        finally:
            application.close()
            for path in self.folder.glob(f"{Path(environment['SQLITE_DBNAME']).name}*"):
                path.unlink()


def keep_a_log_ahead(path: Path) -> None:
    """Change a file's journal as whoever opens it first would, who waits for the disk for that."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def rows(application: EventSourcedApplication, table: str) -> Rows:
    """All rows of a table, sorted."""
    with application.log_of_events.reading() as transaction:
        return sorted(transaction.query(f"SELECT * FROM {table}"), key=repr)


def tables(application: EventSourcedApplication) -> dict[str, Rows]:
    """Read model to its rows."""
    names = [name for model in application.read_models for name in model.tables]
    return {name: rows(application, name) for name in names}


def delete_rows(application: EventSourcedApplication, table: str, which: str = "1 = 1") -> None:
    """Lose rows that no event explains."""
    application.log_of_events.transact(
        lambda transaction: transaction.execute(f"DELETE FROM {table} WHERE {which}")
    )


@dataclass
class SourceLog:
    """The log of another service, as far as it has got."""

    events: list[CloudEvent] = field(default_factory=list)

    def events_after(self, source: str, position: int, limit: int) -> Sequence[CloudEvent]:
        own = [event for event in self.events if event.service == source]
        return own[position : position + limit]

    def close(self) -> None:
        """It is here; nobody is asked."""
