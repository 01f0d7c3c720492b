"""Where a service keeps its log: one URL for all services, of which each sees its own part."""

from typing import Final
from urllib.parse import unquote, urlsplit

from chassis.environment import without_password
from chassis.eventstore.schema import role_of, schema_of

_POSTGRES: Final = frozenset({"postgresql", "postgres"})
_SQLITE: Final = "sqlite"


class LocationUnknown(ValueError):  # noqa: N818 - it says what is the case
    """The database URL is of no kind that we have a store for."""


def is_postgres(database_url: str) -> bool:
    """Tell PostgreSQL from SQLite.

    Raises:
        LocationUnknown: it is neither.
    """
    scheme = urlsplit(database_url).scheme
    if scheme not in {*_POSTGRES, _SQLITE}:
        raise LocationUnknown(
            f"{without_password(database_url)!r} is neither postgresql://… nor sqlite:////…"
        )
    return scheme in _POSTGRES


def sqlite_path(database_url: str) -> str:
    """Return the path of the file.

    Raises:
        LocationUnknown: the path is not absolute.
    """
    parts = urlsplit(database_url)
    path = unquote(parts.path.removeprefix("/"))
    if parts.netloc or not path.startswith("/"):
        raise LocationUnknown(f"{database_url!r} is not of the form sqlite:////absolute/path")
    return path


def environment_for(database_url: str, service: str) -> dict[str, str]:
    """Return the environment with which an `Application` of a service finds its log.

    On PostgreSQL each connection takes on the role and the schema of the service, so that one URL
    serves all services and each is held to its own tables.

    Args:
        database_url: `postgresql://…` or `sqlite:////absolute/path/file.db`.
        service: a lower-case word.
    """
    if is_postgres(database_url):
        return {
            "PERSISTENCE_MODULE": "chassis.eventstore.postgres",
            "POSTGRES_URL": database_url,
            "POSTGRES_SCHEMA": schema_of(service),
            "POSTGRES_ROLE": role_of(service),
            "CREATE_TABLE": "no",
        }
    return {
        "PERSISTENCE_MODULE": "chassis.eventstore.sqlite",
        "SQLITE_DBNAME": sqlite_path(database_url),
        "CREATE_TABLE": "no",
    }
