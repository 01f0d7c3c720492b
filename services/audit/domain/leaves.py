"""A leaf of the ledger: what it binds of one event, as the same bytes for everybody.

The bytes are JSON in the canonical form of RFC 8785. All members are text without line breaks or
whole numbers, and all names are ASCII, for which sorted, compact JSON is that form.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

VERSION: Final = 1
# Of the first leaf of a petition.
NO_PREVIOUS: Final = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One event in the ledger.

    Attributes:
        source: the service in whose log it is.
        seq: position in that log, without gaps.
        petition: what the event is about; the stream of it where that is no petition.
        petition_seq: counts the leaves of the petition, from 1, without gaps.
        at: when it was recorded, UTC.
        payload_sha256: of the event in canonical form, in hex.
        prev: hash of the previous leaf of the petition in hex, empty for its first.
    """

    source: str
    seq: int
    petition: str
    petition_seq: int
    type: str
    at: str
    payload_sha256: str
    prev: str
    v: int = VERSION

    def encoded(self) -> bytes:
        """Return the canonical bytes."""
        return _encoder.encode(asdict(self)).encode()


_encoder: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def leaf_of(encoded: bytes) -> Leaf:
    """Read a leaf."""
    return Leaf(**json.loads(encoded))
