"""The ledger's tables and files beside what the logs say they must be.

Every leaf is made anew from the event in its service's log, by the verifier that stands by itself;
the tree, the checkpoints and the ends of the cases follow from the leaves.
"""

from base64 import b64decode
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import rfc8785
from msgspec import structs

from chassis.eventstore.instants import text_of
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from services.audit.verifier import (
    HEADS_TYPE,
    TILE,
    Chains,
    Checkpoint,
    Ends,
    Growing,
    Key,
    Leaf,
    Logs,
    Report,
    Terms,
    Wrong,
    check_consistency,
    checkpoint_from,
    key_of,
    node_hash,
    reader_of,
    verify_tiles,
)

PAGE: Final = 20_000
REGISTERED: Final = "petition.registered.v1"
_LEAVES: Final = (
    "SELECT position, source, seq, petition, petition_seq, leaf, hash FROM audit.ledger_leaf"
    " WHERE position >= {first} ORDER BY position LIMIT {limit}"
)
_SIGNED: Final = "SELECT size, note FROM audit.ledger_checkpoint WHERE size > {size} ORDER BY size"
_SUBTREES: Final = (
    "SELECT position, hash FROM audit.ledger_subtree WHERE level = {level} AND position >= {first}"
    " ORDER BY position"
)
# In one statement, so that it is one moment.
_ENDS: Final = (
    "SELECT s.size, s.root, e.key, e.bucket, e.petition_seq, e.hash"
    " FROM audit.ledger_ends s LEFT JOIN audit.ledger_end e ON true"
)


class Told(NamedTuple):
    """What a leaf has to say of an event in a log."""

    petition: str
    type: str
    at: str
    payload_sha256: str


class End(NamedTuple):
    """A leaf by which a chain ends, or a number leads somewhere."""

    by: str
    what: str
    count: int
    hash: bytes


@dataclass
class EndsBeside:
    """The ends as they must be at a size.

    Attributes:
        rows: key in hex to bucket, count and hash.
    """

    size: int = 0
    ends: Ends = field(default_factory=Ends)
    rows: dict[str, tuple[int, int, bytes]] = field(default_factory=dict)

    def advance(self, ended: Sequence[Sequence[End]], size: int) -> None:
        for end in (end for some in ended[self.size : size] for end in some):
            self.ends.put(*end)
            key = key_of(end.by, end.what)
            self.rows[key.hex()] = int.from_bytes(key[:2], "big"), end.count, end.hash
        self.size = max(self.size, size)


@dataclass
class LedgerBeside:
    """The ledger as it must be, as far as it was read; asked again, it reads on.

    Attributes:
        wrongs: what was found, for good.
    """

    told: dict[tuple[str, int], Told] = field(default_factory=dict)
    numbers: dict[tuple[str, int], str] = field(default_factory=dict)
    statements: deque[Mapping[str, Any]] = field(default_factory=deque)
    leaves: list[bytes] = field(default_factory=list)
    ended: list[list[End]] = field(default_factory=list)
    signed: list[Checkpoint] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    _chains: Chains = field(default_factory=Chains)
    _logs: Logs = field(default_factory=Logs)
    _tree: Growing = field(default_factory=Growing)
    _roots: dict[int, bytes] = field(default_factory=dict)
    _stated: EndsBeside = field(default_factory=EndsBeside)
    _kept: EndsBeside = field(default_factory=EndsBeside)
    _subtrees: list[list[bytes]] = field(default_factory=list)

    def take(self, event: CloudEvent) -> None:
        """Read one more event of a log."""
        place = event.service, event.position
        canonical = rfc8785.dumps(_in_utc(event))
        digest = sha256(canonical).hexdigest()
        self.told[place] = Told(event.subject, event.type, text_of(event.recordedtime), digest)
        if event.type == REGISTERED:
            self.numbers[place] = event.data["number"]
        elif event.type == HEADS_TYPE:
            self.statements.append(event.data)

    def wrongs(self) -> Iterator[str]:
        """Yield what was found in leaves, checkpoints and statements; it does not pass."""
        yield from self.found

    def read_on(self, sql: Any, keys: Sequence[Key]) -> Iterator[str]:
        """Compare what the tables have gained; yield what is not there yet."""
        checkpoints = sql(_SIGNED.format(size=self.signed[-1].size if self.signed else 0))
        self._read_leaves(sql)
        for size, note in checkpoints:
            # One over leaves that were recorded after the logs were read: next time.
            if size <= len(self.leaves):
                self._note(lambda note=note: self._take_checkpoint(note, keys))
        self._check_subtrees(sql)
        self._check_stated()
        for place in self.told:
            yield f"{place[0]} {place[1]} is in its log and not in the ledger"
        if (self.signed[-1].size if self.signed else 0) < len(self.leaves):
            yield f"of {len(self.leaves)} leaves not all are signed"
        yield from self._ends_otherwise(sql(_ENDS))

    def _read_leaves(self, sql: Any) -> None:
        while rows := sql(_LEAVES.format(first=len(self.leaves), limit=PAGE)):
            for position, *row in rows:
                if (row[0], row[1]) not in self.told:
                    # Recorded after the logs were read: next time.
                    return
                self._note(lambda position=position, row=row: self._take_leaf(position, *row))

    def _take_leaf(  # noqa: PLR0913, PLR0917 - the columns of one row
        self, position: int, source: str, seq: int, petition: str, count: int, leaf: Any, hash_: Any
    ) -> None:
        told = self.told.pop((source, seq))
        read = Leaf.read(position, bytes(leaf))
        self.leaves.append(read.hash)
        self._tree.add(read.hash)
        self._roots[self._tree.size] = self._tree.root()
        ends = [End("petition", petition, count, read.hash)]
        if number := self.numbers.pop((source, seq), ""):
            ends.append(End("number", number, count, read.hash))
        self.ended.append(ends)
        self._logs.add(read)
        self._chains.add(read)
        members = read.members
        columns = position, source, seq, petition, count, bytes(hash_)
        if columns != (
            len(self.leaves) - 1, members["source"], members["seq"], members["petition"],
            members["petition_seq"], read.hash,
        ):  # fmt: skip
            raise Wrong(f"the columns of leaf {position} are not what it says")
        if members["type"] not in MESSAGES:
            # Told by a later version of its service, and read from the log by this one.
            told = told._replace(type=members["type"], payload_sha256=members["payload_sha256"])
        if told != Told(*(members[name] for name in Told._fields)):
            raise Wrong(f"leaf {position} is not of the event {source} {seq} as the log has it")

    def _take_checkpoint(self, note: str, keys: Sequence[Key]) -> None:
        checkpoint = checkpoint_from(note, keys, "a checkpoint on record")
        self.signed.append(checkpoint)
        root = self._roots.get(checkpoint.size)
        self._roots = {size: each for size, each in self._roots.items() if size > checkpoint.size}
        if checkpoint.root != root:
            raise Wrong(f"the checkpoint of {checkpoint.size} is not over the leaves of the logs")

    def _check_subtrees(self, sql: Any) -> None:
        """Compare the stored hashes of complete subtrees, as far as is signed."""
        below, level, size = self.leaves, 1, self.signed[-1].size if self.signed else 0
        while stop := size >> (8 * level):
            if len(self._subtrees) < level:
                self._subtrees.append([])
            known = self._subtrees[level - 1]
            first = len(known)
            known += [_folded(below[at * TILE : (at + 1) * TILE]) for at in range(first, stop)]
            rows = sql(_SUBTREES.format(level=level, first=first))
            stored = [(position, bytes(hash_)) for position, hash_ in rows if position < stop]
            if stored != list(enumerate(known[first:], first)):
                self.found.append(f"the subtrees of level {level} are not those of the leaves")
            below, level = known, level + 1

    def _check_stated(self) -> None:
        """Compare what the ledger states of the ends with the leaves that it states it of."""
        while self.statements and self.statements[0]["size"] <= len(self.leaves):
            stated = self.statements.popleft()
            if stated["size"] < self._stated.size:
                # The ends were lost, and had to wait for an event that is parked.
                self._stated = EndsBeside()
            self._stated.advance(self.ended, stated["size"])
            if self._stated.ends.root().hex() != stated["root"]:
                self.found.append(f"the ends stated at {stated['size']} are not those of the cases")

    def _ends_otherwise(self, rows: Sequence[Any]) -> Iterator[str]:
        """Yield in what the tables of the ends are not complete."""
        if not rows:
            yield "no ends of cases are kept"
            return
        size, root = rows[0][0], bytes(rows[0][1])
        if not self._kept.size <= size <= len(self.ended):
            yield f"the ends are at {size}, and were at {self._kept.size}"
            return
        self._kept.advance(self.ended, size)
        there = {row[2]: (row[3], row[4], bytes(row[5])) for row in rows if row[2]}
        if there != self._kept.rows:
            yield f"the {len(there)} ends at {size} are not those of the leaves"
        if self._kept.ends.root() != root:
            yield f"the root over the ends at {size} is not theirs"

    def _note(self, work: Any) -> None:
        try:
            work()
        except Wrong as wrong:
            self.found.append(f"ledger: {wrong}")


def published_otherwise(home: Path, keys: Sequence[Key], kept: str) -> Iterator[str]:
    """Yield in what the published files do not hold, or did not grow out of an older checkpoint."""
    try:
        verify_tiles(reader_of(str(home / "ledger")), Terms(keys, kept), Report(lambda _: None))
    except (Wrong, OSError) as wrong:
        yield f"published: {wrong}"


def grown_otherwise(
    keys: Sequence[Key], older: Checkpoint, answer: Mapping[str, Any]
) -> Iterator[str]:
    """Yield in what an answer of audit does not show the ledger to have grown."""
    proof = [b64decode(each) for each in answer["consistency"]]
    try:
        newest = checkpoint_from(answer["note"], keys, "the newest checkpoint")
        check_consistency(older.size, newest.size, older.root, newest.root, proof)
    except Wrong as wrong:
        yield f"ledger: {wrong}"


def _folded(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _in_utc(event: CloudEvent) -> dict[str, Any]:
    """Return an event as it was told, its own two times in UTC."""
    stated, recorded = event.time.astimezone(UTC), event.recordedtime.astimezone(UTC)
    plain: dict[str, Any] = msgspec.to_builtins(
        structs.replace(event, time=stated, recordedtime=recorded)
    )
    return plain
