"""Who is calling: signed tokens, EdDSA over JWT (RFC 8037).

A token names its bearer (staff number), roles and office, and is short-lived. Services hold public
keys only; the private key stays with the operator (`shouwen token`) or, embedded, in the data
folder of the development installation. Key ids are the JWK thumbprint (RFC 7638).
"""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import OKPAlgorithm

from contracts.failures import Failure
from contracts.fields import Office, Staff

ISSUER: Final = "shouwen"
AUDIENCE: Final = "shouwen"
ALGORITHM: Final = "EdDSA"
LEEWAY_S: Final = 30
TOKEN_MAX_CHARS: Final = 4096
TOKENS_KEPT: Final = 1024

ROLES: Final = frozenset(
    {
        "clerk",
        "handler",
        "leader",
        "office_head",
        "auditor",
        "agency",
        "operator",
        "service",
    }
)


@dataclass(frozen=True, slots=True)
class Caller:
    """The bearer of a verified token.

    Attributes:
        subject: staff number, or `service:<name>`.
        office: office code such as `330424-01`; empty for services, auditors and operators.
    """

    subject: str
    roles: frozenset[str]
    office: str


ANONYMOUS: Final = Caller(subject="anonymous", roles=frozenset(), office="")


def thumbprint(key: Ed25519PublicKey) -> str:
    """Return the JWK thumbprint of a public key (RFC 7638), our key id."""
    jwk = json.loads(OKPAlgorithm.to_jwk(key))
    required = {name: jwk[name] for name in ("crv", "kty", "x")}
    digest = Hash(SHA256())
    digest.update(json.dumps(required, sort_keys=True, separators=(",", ":")).encode())
    return jwt.utils.base64url_encode(digest.finalize()).decode()


class ClaimInvalid(ValueError):  # noqa: N818 - it says what is the case
    """A token cannot say this; the message names what, and how it is written."""


class TokenIssuer:
    """Signs tokens with one private key."""

    def __init__(self, key: Ed25519PrivateKey, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock
        self.key_id = thumbprint(key.public_key())

    def issue(
        self, subject: str, roles: Sequence[str], office: str = "", valid_for_s: int = 8 * 3600
    ) -> str:
        """Return a signed token.

        Raises:
            ClaimInvalid: a role is not one of `ROLES`, or the subject or office is no such code.
        """
        _check_claims(subject, roles, office)
        now = self._clock()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "roles": sorted(set(roles)),
            "office": office,
            "iat": now,
            "exp": now + timedelta(seconds=valid_for_s),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def jwks(self) -> dict[str, Any]:
        """Return the public half, as services are given it."""
        jwk = json.loads(OKPAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**jwk, "kid": self.key_id, "alg": ALGORITHM, "use": "sig"}]}


def _check_claims(subject: str, roles: Sequence[str], office: str) -> None:
    if unknown := sorted(set(roles) - ROLES):
        raise ClaimInvalid(f"role {', '.join(unknown)}: there are {', '.join(sorted(ROLES))}")
    if not _has_form(subject, Staff):
        raise ClaimInvalid(f"subject {subject!r}: a staff number such as L330424001, service:NAME")
    if office and not _has_form(office, Office):
        raise ClaimInvalid(f"office {office!r}: six digits of region and two, such as 330424-01")


def _has_form(text: Any, form: Any) -> bool:
    try:
        msgspec.convert(text, form)
    except msgspec.ValidationError:
        return False
    return True


class TokenVerifier:
    """Checks tokens against the public keys that the operator has published."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        self._keys = {key["kid"]: jwt.PyJWK(dict(key)) for key in jwks["keys"]}
        self._verified: dict[str, tuple[Caller, float]] = {}

    def verify(self, token: str | None) -> Caller:
        """Return the bearer of the token.

        Raises:
            Failure: token_missing, token_invalid, token_expired or token_foreign.
        """
        if not token:
            raise Failure("token_missing")
        if not isinstance(token, str) or len(token) > TOKEN_MAX_CHARS:
            raise Failure("token_invalid")
        caller, expires = self._verified.get(token) or self._verify(token)
        if time.time() > expires + LEEWAY_S:
            raise Failure("token_expired")
        return caller

    def _verify(self, token: str) -> tuple[Caller, float]:
        """Check a token and remember it: the same few callers come again and again."""
        claims = self._claims(token)
        if len(self._verified) >= TOKENS_KEPT:
            self._verified.clear()
        self._verified[token] = self._caller(claims), float(claims["exp"])
        return self._verified[token]

    def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            if key_id not in self._keys:
                raise Failure("token_foreign")
            return jwt.decode(
                token,
                self._keys[key_id],
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "roles"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Failure("token_expired") from error
        except (jwt.InvalidIssuerError, jwt.InvalidAudienceError) as error:
            raise Failure("token_foreign") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise Failure("token_invalid") from error

    @staticmethod
    def _caller(claims: Mapping[str, Any]) -> Caller:
        roles, office = claims["roles"], claims.get("office", "")
        well_formed = (
            _has_form(claims["sub"], Staff)
            and isinstance(roles, list)
            and all(isinstance(role, str) for role in roles)
            and (office == "" or _has_form(office, Office))
        )
        if not well_formed:
            raise Failure("token_invalid")
        return Caller(subject=claims["sub"], roles=frozenset(roles), office=office)


def load_private_key(pem: bytes) -> Ed25519PrivateKey:
    """Read an Ed25519 private key in PKCS 8 PEM.

    Raises:
        ValueError: it is something else.
    """
    try:
        key = OKPAlgorithm().prepare_key(pem)
    except jwt.InvalidKeyError as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the signing key is not an Ed25519 private key")  # noqa: TRY004 - caller's input
    return key


def development_key(path: Path) -> tuple[Ed25519PrivateKey, bool]:
    """Return the development key kept at `path`, made now if there is none, and whether it is new.

    For the embedded installation only. The file is readable by its owner alone. Of several
    commands that make it at once, all return the one key that is kept.
    """
    if not path.exists():
        with suppress(FileExistsError):  # another command was first: its key is the key
            return new_key(path), True
    return load_private_key(path.read_bytes()), False


def new_key(path: Path) -> Ed25519PrivateKey:
    """Make a private key in a new file, readable by its owner alone.

    Raises:
        FileExistsError: there is such a file; a key in use is never overwritten.
    """
    key = Ed25519PrivateKey.generate()
    write_private(path, _pem(key))
    return key


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_private(path: Path, content: bytes) -> None:
    """Write a new file, readable by its owner alone; it is there whole or not at all.

    Raises:
        FileExistsError: there is such a file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = mkstemp(dir=path.parent, prefix=f".{path.name}.")  # its mode is 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    finally:
        Path(draft).unlink()


def utc_now() -> datetime:
    """Return the present, UTC and aware: the clock that is passed in where none else is."""
    return datetime.now(UTC)
