"""What a process is given from outside: servers, keys, the clock. One variable each.

SHOUWEN_AMQP_URI       amqp://…; memory://… keeps all messages in this process
SHOUWEN_DATABASE_URL   postgresql://…; without it SQLite files in SHOUWEN_HOME
SHOUWEN_HOME           folder of the embedded installation, default ./.shouwen
SHOUWEN_IDENTITY_KEYS  public keys of the token issuer, a JSON Web Key Set
SHOUWEN_SERVICE_TOKEN  token with which a service calls the others
SHOUWEN_REQUEST_QUEUES classic, or quorum where RabbitMQ is a cluster
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from chassis.environment import SettingInvalid, Variables
from chassis.eventstore.instants import utc_now
from chassis.identity import TokenVerifier

AMQP_URI: Final = "SHOUWEN_AMQP_URI"
DATABASE_URL: Final = "SHOUWEN_DATABASE_URL"
HOME: Final = "SHOUWEN_HOME"
REQUEST_QUEUES: Final = "SHOUWEN_REQUEST_QUEUES"
IDENTITY_KEYS: Final = "SHOUWEN_IDENTITY_KEYS"
SERVICE_TOKEN: Final = "SHOUWEN_SERVICE_TOKEN"  # noqa: S105 - the name of a variable
AMQP_FORM: Final = "amqp://user:password@host:port/vhost"
DATABASE_FORM: Final = "postgresql://user:password@host:port/name"
MEMORY_URI: Final = "memory://shouwen"


@dataclass(frozen=True)
class Surroundings:
    """Attributes: service_token: name of a service to the token with which it calls the others."""

    amqp_uri: str
    home: Path
    verifier: TokenVerifier
    service_token: Callable[[str], str]
    variables: Variables
    server_url: str = ""
    request_queues: str = "classic"
    clock: Callable[[], datetime] = field(default=utc_now)

    def database_url(self, service: str) -> str:
        """Return where a service keeps its log."""
        return self.server_url or f"sqlite:///{self.home / 'data' / service}.db"


def home_of(variables: Variables) -> Path:
    """Return the folder of the embedded installation."""
    return variables.folder(HOME, Path(".shouwen"))


def amqp_uri(variables: Variables) -> str:
    """Return where the broker is, empty where none is named.

    Raises:
        SettingInvalid: it is no address of a broker.
    """
    return variables.url(AMQP_URI, AMQP_FORM, ("amqp", "amqps", "pyamqp", "memory"))


def database_url(variables: Variables) -> str:
    """Return where the database is, empty where none is named.

    Raises:
        SettingInvalid: it is no address of a PostgreSQL.
    """
    return variables.url(DATABASE_URL, DATABASE_FORM, ("postgresql", "postgres"))


def surroundings(variables: Variables) -> Surroundings:
    """Read the surroundings of a service on real servers.

    Raises:
        SettingInvalid: a variable is missing or unusable.
    """
    token = variables.required(
        SERVICE_TOKEN, "a token made by `shouwen token service:NAME --role service`"
    )
    return Surroundings(
        amqp_uri=amqp_uri(variables) or variables.required(AMQP_URI, AMQP_FORM),
        home=home_of(variables),
        verifier=_verifier(variables),
        service_token=lambda _service: token,
        variables=variables,
        request_queues=_request_queues(variables),
        server_url=database_url(variables) or variables.required(DATABASE_URL, DATABASE_FORM),
    )


def _request_queues(variables: Variables) -> str:
    kind = variables.text(REQUEST_QUEUES, "classic")
    if kind not in {"classic", "quorum"}:
        raise SettingInvalid(f"{REQUEST_QUEUES} is {kind!r}. It takes classic or quorum.")
    return kind


def _verifier(variables: Variables) -> TokenVerifier:
    keys = variables.required(IDENTITY_KEYS, "a JSON Web Key Set; `shouwen key public` prints it")
    try:
        return TokenVerifier(json.loads(keys))
    except (ValueError, KeyError, TypeError) as error:
        raise SettingInvalid(f"{IDENTITY_KEYS} is no JSON Web Key Set: {error}") from error
