"""A leaf of the ledger: what it binds of one event, as the same bytes for everybody.

The bytes are JSON in the canonical form of RFC 8785: members sorted, nothing between them. They are
put together by hand, because each event pays for it.
"""

import json
from json.encoder import encode_basestring as quoted
from typing import Final, NamedTuple

VERSION: Final = 1
# Of the first leaf of a petition.
NO_PREVIOUS: Final = ""


class Leaf(NamedTuple):
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
        return (
            f'{{"at":{quoted(self.at)},"payload_sha256":{quoted(self.payload_sha256)}'
            f',"petition":{quoted(self.petition)},"petition_seq":{self.petition_seq}'
            f',"prev":{quoted(self.prev)},"seq":{self.seq},"source":{quoted(self.source)}'
            f',"type":{quoted(self.type)},"v":{self.v}}}'
        ).encode()


def leaf_of(encoded: bytes | str) -> Leaf:
    """Read a leaf."""
    return Leaf(**json.loads(encoded))


def petition_of(encoded: str) -> str:
    """Return what the event of a leaf is about."""
    return leaf_of(encoded).petition
