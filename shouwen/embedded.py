"""The embedded installation: all services in this process, SQLite files, messages in memory."""

import os
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog

from chassis.environment import Variables
from chassis.eventstore.instants import utc_now
from chassis.identity import TokenIssuer, TokenVerifier, development_key, write_private
from chassis.runtime.surroundings import MEMORY_URI, Surroundings

VAULT_KEY: Final = "SHOUWEN_VAULT_KEY"
NOTIFY_KEY: Final = "SHOUWEN_NOTIFY_KEY"
LEDGER_KEY: Final = "SHOUWEN_LEDGER_KEY"
WITNESS_FOLDER: Final = "SHOUWEN_LEDGER_WITNESS_FOLDER"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Embedded:
    """Attributes: issuer: signs tokens with the development key; new_key: made just now."""

    surroundings: Surroundings
    issuer: TokenIssuer
    new_key: bool


def _place_of(home: Path) -> str:
    """Return a name for a folder; what was left in the queues of one is nothing to another."""
    return sha256(str(home.resolve()).encode()).hexdigest()[:12]


def embedded(home: Path, variables: Variables | None = None) -> Embedded:
    """Return the embedded installation in a folder, made now, for this user alone, if none is."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, new = development_key(home / "keys" / "development.pem")
    issuer = TokenIssuer(key, utc_now)
    given = dict(os.environ) if variables is None else variables.all()
    for name, file in ((VAULT_KEY, "vault"), (NOTIFY_KEY, "notify"), (LEDGER_KEY, "ledger")):
        given.setdefault(name, _kept_key(home / "keys" / file))
    given.setdefault(WITNESS_FOLDER, str(home / "witness"))
    if new:
        log.warning(
            "development_key_made",
            path=str(home / "keys"),
            meaning="anybody who can read this folder can act as anybody; never for real petitions",
        )
    surroundings = Surroundings(
        amqp_uri=f"{MEMORY_URI}-{_place_of(home)}",
        home=home,
        verifier=TokenVerifier(issuer.jwks()),
        service_token=lambda service: issuer.issue(f"service:{service}", ["service"]),
        variables=Variables(given),
    )
    return Embedded(surroundings, issuer, new)


def _kept_key(path: Path) -> str:
    if not path.exists():
        with suppress(FileExistsError):  # another command was first: its key is the key
            write_private(path, new_secret().encode())
    return path.read_text()


def new_secret() -> str:
    """Return a key for the vault, the endpoints or the ledger, as the environment gives it."""
    return urlsafe_b64encode(os.urandom(32)).decode()
