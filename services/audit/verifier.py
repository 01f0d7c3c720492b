"""Checks what the ledger of Shouwen hands out, without trusting whoever handed it out.

One file, to be taken away: it needs Python 3.11 and `cryptography`, and nothing else of Shouwen.

    python verifier.py case.shouwen.zip --key KEY [--checkpoint OLD]
    python verifier.py FOLDER_OR_URL    --key KEY [--checkpoint OLD] [--remember FILE] [--jobs N]
    python verifier.py 17.tlog-proof    --key KEY
    python verifier.py november.proofs  --key KEY

The first form checks the bundle of one case, or that there is none; the second one the whole ledger
from its tiles; the third one a receipt, with the leaf in `17.leaf` beside it and, where there is
one, its event in `17.event`; the fourth one a folder of receipts, such as a report has. KEY is the
ledger's public key, `name+hash+base64`, as you were given it by somebody you trust, or a file
with such lines; one that signed before, and does no more, is given as --old-key. OLD is a
checkpoint that you kept from an earlier visit: the ledger must have grown out of it. FILE holds the
last checkpoint that this program found good: it is compared with, and then written anew. Whoever
runs this daily from elsewhere is a witness.

Exit status: 0 all holds, 1 something does not, 2 it could not be read, 3 what is shown holds, but
something is not shown (`LACKS`): the end of the case, one of its petitions, or whose ledger it is
where no key was given. For scripts: `--case NUMBER` has it be the bundle of that case, `--absent
NUMBER` the proof that there is none, and with `--stated-since INSTANT`, that of your request, ends
that were stated before are not taken to be those of today.

Standards: RFC 6962 (tree), RFC 8785 (canonical JSON), C2SP signed-note, tlog-checkpoint,
tlog-tiles, tlog-proof.
"""

import argparse
import binascii
import hmac
import io
import json
import marshal
import os
import re
import subprocess
import sys
import zipfile
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from itertools import repeat, starmap
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EMPTY_ROOT: Final = sha256().digest()
HASH_BYTES: Final = 32
TILE: Final = 256
BUCKETS: Final = 65_536
BUCKET_DIGITS: Final = 4
INTAKE: Final = "/shouwen/intake"
RESPONSIBILITY: Final = "/shouwen/responsibility"
REGISTERED: Final = "petition.registered.v1"
OF_REPEATS: Final = frozenset(
    (
        *(REGISTERED, "repeat.linked.v1", "repeat.unlinked.v1"),
        *("repeat.joined.v1", "matter.merged.v1", "repeat.left.v1"),
    )
)
RECEIPT: Final = ".tlog-proof"
CONTENT: Final = "content.json"
CONTENT_MEMBERS: Final = {"number": str, "version": int, "salt": str, "committed": str}
COMMITTING: Final = frozenset((REGISTERED, "party.named.v1", "petition.corrected.v1"))
SALT_BYTES: Final = 32
CALENDAR_MEMBERS: Final = frozenset(("version", "first", "last", "holidays", "make_up_days"))
HEADS_TYPE: Final = "case_heads.recorded.v1"
# By whom, about what and as what the ends of all cases are stated.
HEADS: Final = ("audit", "0f4bd5a3-7f1c-5a57-8f0e-2b6a5c9d3e10", HEADS_TYPE)
LEAF_MEMBERS: Final = {
    **dict.fromkeys(("at", "payload_sha256", "petition", "prev", "source", "type"), str),
    **dict.fromkeys(("petition_seq", "seq", "v"), int),
}
BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
UNIX: Final = 3


class Wrong(Exception):  # noqa: N818 - it says what is the case
    """Something does not hold; the message says what, and at which event."""


class Unreadable(Exception):  # noqa: N818 - it says what is the case
    """It is not of the form that this program checks."""


# The tree of RFC 6962


# Copied for each hash: that takes half the time of a new one.
_LEAF: Final = sha256(b"\x00")
_NODE: Final = sha256(b"\x01")


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    hash_ = _LEAF.copy()
    hash_.update(leaf)
    return hash_.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    hash_ = _NODE.copy()
    hash_.update(left + right)
    return hash_.digest()


def root_from_inclusion(index: int, size: int, hash_: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf and its path lead to (RFC 9162, 2.1.3.2).

    Raises:
        Wrong: the path is not as long as the path of that leaf.
    """
    if not 0 <= index < size or len(hash_) != HASH_BYTES or set(map(len, path)) - {HASH_BYTES}:
        raise Wrong(f"there is no leaf {index} in a ledger of {size}")
    node, last, root = index, size - 1, hash_
    for sibling in path:
        if node & 1:
            root = node_hash(sibling, root)
        elif node < last:
            root = node_hash(root, sibling)
        elif last == 0:
            raise Wrong(f"the path of leaf {index} is too long")
        else:
            # The last node of its level has no sibling there: the path leaves such levels out.
            zeros = (node & -node).bit_length() - 1
            node, last = node >> zeros, last >> zeros
            root = node_hash(sibling, root)
        node, last = node >> 1, last >> 1
    if last:
        raise Wrong(f"the path of leaf {index} is too short")
    return root


@dataclass
class Tree:
    """A tree of which no more is known than its root; tells which leaves are in it.

    Of leaves in order, each path is followed up to where it meets that of the leaf before, from
    where on it has to be the same. Of ten thousand leaves among a million this is every third node.

    Attributes:
        size: how many leaves it has.
    """

    size: int
    root: bytes
    # Of the last leaf that is in it; what was climbed are the hashes from itself to the root.
    _index: int = -1
    _path: Sequence[bytes] = ()
    _climbed: list[bytes] = field(default_factory=list)

    def has(self, index: int, hash_: bytes, path: Sequence[bytes]) -> bool:
        """Tell whether a path leads from a leaf to the root; see `root_from_inclusion`."""
        levels = (self.size - 1).bit_length()
        # Paths need not be measured: only octets that a leaf has too many fit into its sibling.
        if not 0 <= index < self.size or len(hash_) != HASH_BYTES:
            return False
        if len(path) != levels:
            return self._has_alone(index, hash_, path)
        meeting = (index ^ self._index).bit_length() - 1 if self._path else levels
        if not 0 <= meeting < levels:
            climbed = _climbed(index, hash_, path)
            holds = climbed[-1] == self.root
        else:
            climbed = _climbed(index, hash_, path[:meeting])
            expected = [self._climbed[meeting], *self._path[meeting + 1 :]]
            holds = climbed[-1] == self._path[meeting] and [*path[meeting:]] == expected
        if holds:
            self._index, self._path = index, path
            self._climbed[: len(climbed)] = climbed
        return holds

    def _has_alone(self, index: int, hash_: bytes, path: Sequence[bytes]) -> bool:
        """Of a leaf at the right edge, above which nodes have no siblings."""
        try:
            return root_from_inclusion(index, self.size, hash_, path) == self.root
        except Wrong:
            return False


def _climbed(node: int, hash_: bytes, path: Sequence[bytes]) -> list[bytes]:
    """Return the hashes from a node up along a path, its own first."""
    hashes = [hash_]
    for sibling in path:
        state = _NODE.copy()
        state.update(sibling + hash_ if node & 1 else hash_ + sibling)
        hash_ = state.digest()
        hashes.append(hash_)
        node >>= 1
    return hashes


def check_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree grew out of an older one (RFC 9162, 2.1.4.2).

    Raises:
        Wrong: it did not, or the proof does not show it.
    """
    if not 0 < old_size <= size or any(len(each) != HASH_BYTES for each in proof):
        raise Wrong(f"no ledger of {old_size} grows to {size}")
    if old_size == size:
        if proof or old_root != root:
            raise Wrong(f"two ledgers of {old_size} leaves have different roots: it was forked")
        return
    shown_old, shown_new = _roots_from_growth(old_size, size, old_root, proof)
    if shown_old != old_root or shown_new != root:
        raise Wrong(
            f"the ledger of {size} did not grow out of the one of {old_size}: it was forked"
        )


def _roots_from_growth(
    old_size: int, size: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return the roots of the old and of the new tree that a proof leads to."""
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    hashes = list(proof) if node else [old_root, *proof]
    if not hashes:
        raise Wrong(f"nothing shows that {old_size} leaves grew to {size}")
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise Wrong(f"the proof that {old_size} leaves grew to {size} is too long")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise Wrong(f"the proof that {old_size} leaves grew to {size} is too short")
    return old, new


@dataclass
class Growing:
    """A tree to which leaves are added; keeps one hash for each bit of its size.

    Attributes:
        tiles: the roots over the tiles that were added whole.
    """

    size: int = 0
    _peaks: list[bytes] = field(default_factory=list)
    tiles: list[bytes] = field(default_factory=list)

    def add(self, hash_: bytes) -> None:
        """Add the hash of a leaf."""
        self._peaks.append(hash_)
        size = self.size
        while size & 1:
            right, left = self._peaks.pop(), self._peaks.pop()
            self._peaks.append(node_hash(left, right))
            size >>= 1
        self.size += 1

    def add_tile(self, root: bytes) -> None:
        """Add the root over 256 leaves, behind a multiple of as many."""
        self._peaks.append(root)
        self.tiles.append(root)
        tiles = self.size // TILE
        while tiles & 1:
            right, left = self._peaks.pop(), self._peaks.pop()
            self._peaks.append(node_hash(left, right))
            tiles >>= 1
        self.size += TILE

    def root_with(self, hashes: Sequence[bytes]) -> bytes:
        """Return the root as it would be with more leaves."""
        grown = Growing(self.size, list(self._peaks))
        for hash_ in hashes:
            grown.add(hash_)
        return grown.root()

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def folded(hashes: Sequence[bytes]) -> bytes:
    """Return the root over as many hashes as a power of two."""
    while len(hashes) > 1:
        hashes = list(starmap(node_hash, zip(hashes[::2], hashes[1::2], strict=True)))
    return hashes[0]


def root_over(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf_hash(leaf))
    return tree.root()


# Signed notes


@dataclass(frozen=True)
class Key:
    """A public key under a name."""

    name: str
    id: bytes
    public: bytes

    @classmethod
    def read(cls, line: str, kind: bytes = b"\x01") -> "Key":
        """Read `name+hash+base64`.

        Args:
            kind: first octet of the key, here of one that signs notes.

        Raises:
            Unreadable: it is no such key.
        """
        try:
            name, id_, coded = line.strip().split("+", 2)
            octets = b64decode(coded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise Unreadable(f"{line!r} is no public key of a signed note") from error
        expected = sha256(name.encode() + b"\n" + octets).digest()[:4]
        if len(octets) != HASH_BYTES + 1 or octets[:1] != kind or id_ != expected.hex():
            raise Unreadable(f"{line!r} is no Ed25519 key, or was changed")
        return cls(name, expected, octets[1:])


@dataclass(frozen=True)
class Checkpoint:
    """A signed state of the ledger."""

    origin: str
    size: int
    root: bytes
    note: str


def checkpoint_from(note: str, keys: Sequence[Key], name: str) -> Checkpoint:
    """Read a checkpoint that one of the keys has signed.

    Raises:
        Wrong: none of them has, or it is no checkpoint.
    """
    text, separator, signatures = note.partition("\n\n")
    text += "\n"
    signers = {key.name for key in keys if _signed_by(key, text, signatures)}
    if not separator or not signers:
        raise Wrong(
            f"{name} is not signed by the key: it is another's, or was changed, or is signed by a"
            " key that you did not give"
        )
    lines = text.split("\n")
    form = len(lines) == 4 and lines[1].isascii() and lines[1].isdecimal()  # noqa: PLR2004 - three lines and their end
    root = _decoded(lines[2]) if form else b""
    if len(root) != HASH_BYTES or (lines[1] != "0" and lines[1].startswith("0")):
        raise Wrong(f"{name} is no checkpoint")
    if lines[0] not in signers:
        raise Wrong(f"{name} is of another ledger, {lines[0]}")
    return Checkpoint(lines[0], int(lines[1]), root, note)


def _signed_by(key: Key, text: str, signatures: str) -> bool:
    """Tell whether a note has a good signature; a bad one under our key's name refuses it."""
    if not signatures.endswith("\n"):
        return False
    found = False
    for line in signatures[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, coded = rest.partition(" ")
        octets = _decoded(coded)
        if dash != "—" or not octets:
            return False
        if name == key.name and octets[:4] == key.id:
            if found or not _verifies(key, octets[4:], text):
                return False
            found = True
    return found


COSIGNS: Final = b"\x04"


def cosigned_at(witness: Key, note: str) -> str:
    """Return when a witness has signed a checkpoint (C2SP tlog-cosignature).

    Raises:
        Wrong: it has not.
    """
    text, _, signatures = note.partition("\n\n")
    for line in signatures.splitlines():
        dash, name, coded = (*line.split(" ", 2), "", "")[:3]
        octets = _decoded(coded)
        if (dash, name, octets[:4]) == ("—", witness.name, witness.id):
            at = int.from_bytes(octets[4:12], "big")
            if _verifies(witness, octets[12:], f"cosignature/v1\ntime {at}\n{text}\n"):
                return datetime.fromtimestamp(at, UTC).isoformat()
    raise Wrong(f"the checkpoint that you kept is not signed by the witness {witness.name}")


def _verifies(key: Key, signature: bytes, text: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    """Return the octets of strict base64; none where it is not."""
    try:
        octets = b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
    return octets if binascii.b2a_base64(octets, newline=False).decode() == text else b""


# Leaves and events


@dataclass
class Leaf:
    """What the ledger binds of one event; see docs/audit.md.

    Attributes:
        hash: of the leaf in the tree.
    """

    position: int
    encoded: bytes
    members: Mapping[str, Any]
    hash: bytes

    @classmethod
    def read(cls, position: int, encoded: bytes) -> "Leaf":
        """Read a leaf.

        Raises:
            Wrong: it is not in canonical form, or not a leaf.
        """
        members = _object(encoded, f"leaf {position}")
        kinds = {name: type(value) for name, value in members.items()}
        if kinds != LEAF_MEMBERS or members["v"] != 1 or canonical(members) != encoded:
            raise Wrong(f"leaf {position} is not of the form that the ledger writes")
        return cls(position, encoded, members, leaf_hash(encoded))

    @property
    def name(self) -> str:
        """What it is, in words."""
        return f"{self.members['source']} {self.members['seq']} ({self.members['type']})"


def canonical(value: Any) -> bytes:
    """Return JSON as RFC 8785 has it, for text, whole numbers, truth values and ASCII names."""
    return _encoder.encode(value).encode("utf-8", "surrogatepass")


_encoder: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _json(encoded: bytes, name: str) -> Any:
    try:
        return json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"{name} is no JSON") from error


def _object(encoded: bytes, name: str) -> dict[str, Any]:
    value = _json(encoded, name)
    if not isinstance(value, dict):
        raise Wrong(f"{name} is no JSON object")
    return value


def check_event(leaf: Leaf, encoded: bytes) -> dict[str, Any]:
    """Check that an event is the one that its leaf binds, and return it.

    Raises:
        Wrong: it is another one, or was changed.
    """
    if not hmac.compare_digest(sha256(encoded).hexdigest(), str(leaf.members["payload_sha256"])):
        raise Wrong(f"the event {leaf.name} was changed after it was entered")
    event = _object(encoded, f"the event {leaf.name}")
    sequence = str(event.get("sequence"))
    said = (
        event.get("source"),
        int(sequence) if sequence.isascii() and sequence.isdecimal() else 0,
        event.get("subject"),
        event.get("type"),
    )
    members = leaf.members
    source = f"/shouwen/{members['source']}"
    if said != (source, members["seq"], members["petition"], members["type"]):
        raise Wrong(f"leaf {leaf.position} says {leaf.name}, its event says otherwise")
    if not isinstance(event.get("data"), dict):
        raise Wrong(f"the event {leaf.name} states nothing")
    return event


@dataclass
class Chains:
    """The leaves of each petition, each with its count and the hash of the one before."""

    last: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def add(self, leaf: Leaf) -> None:
        """Check that a leaf is the next one of its petition.

        Raises:
            Wrong: one is missing before it, or it is another's.
        """
        petition = leaf.members["petition"]
        count, hash_ = self.last.get(petition, (0, b""))
        if leaf.members["petition_seq"] != count + 1:
            raise Wrong(f"before {leaf.name}, leaf {count + 1} of petition {petition} is missing")
        if leaf.members["prev"] != hash_.hex():
            raise Wrong(
                f"{leaf.name} does not follow the leaf before it of petition {petition}:"
                f" leaf {count} of it was changed, or this one"
            )
        self.last[petition] = (count + 1, leaf.hash)


@dataclass
class Logs:
    """How far each service's log is in the ledger."""

    seq: dict[str, int] = field(default_factory=dict)

    def add(self, leaf: Leaf) -> None:
        """Check that a leaf is the next event of its source.

        Raises:
            Wrong: one is missing before it, or it comes twice.
        """
        source, expected = leaf.members["source"], self.seq.get(leaf.members["source"], 0) + 1
        if leaf.members["seq"] != expected:
            raise Wrong(f"event {expected} of {source} is missing: {leaf.name} stands in its place")
        self.seq[source] = expected


# Bundles: one case


@dataclass
class Report:
    """What was checked, in plain words.

    Attributes:
        unproven: what was asked and is not shown, though nothing speaks against it.
    """

    say: Callable[[str], None]
    unproven: list[str] = field(default_factory=list)

    def holds(self, text: str) -> None:
        """Say what holds."""
        self.line(f"  holds  {text}")

    def note(self, text: str) -> None:
        """Say what the reader has to know."""
        self.line(f"  note   {text}")

    def lacks(self, text: str) -> None:
        """Say what is not proven."""
        self.unproven.append(text)
        self.line(f"  LACKS  {text}")

    def line(self, text: str) -> None:
        """Say a line, and one only, whatever a file has put into it."""
        self.say(printable(text))


def printable(text: str) -> str:
    """Return a text with everything escaped that breaks a line, or shows as nothing."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


class Files(dict[str, bytes]):
    """The files of a bundle by their names."""

    def __missing__(self, name: str) -> bytes:
        raise Wrong(f"the bundle has no {name}")


# What may lie in a bundle: its parts by name, and the proofs of its leaves.
PARTS: Final = re.compile(
    r"README\.txt|history\.html|(events|leaves)\.jsonl|checkpoint(\.before)?|consistency|keys"
    r"|calendars\.json|content\.json|absent|heads\.(event|leaf|json|tlog-proof)|manifest"
    r"|proofs/(0|[1-9][0-9]*)\.tlog-proof"
)


def parts_of(content: bytes) -> Files:
    """Return the files of a bundle, which must be byte for byte as the ledger writes one.

    Raises:
        Unreadable: it is no ZIP file.
        Wrong: a file was changed, or is there that should not be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = archive.infolist()
            _check_sizes(listed, len(content))
            parts = Files({each.filename: _stored(archive, each) for each in listed})
    except Exception as error:
        raise Unreadable(f"it is no bundle: {error}") from error
    if odd := [name for name in parts if not PARTS.fullmatch(name)]:
        raise Wrong(f"it has parts that a bundle does not have: {', '.join(odd)}")
    stated = parts.get("manifest", b"")
    proving = {name: each for name, each in parts.items() if name != "manifest"}
    if stated != manifest_of(proving) or packed(parts) != content:
        raise Wrong("the bundle is not as it was exported: " + _differing(proving, stated))
    return parts


def _check_sizes(listed: Sequence[zipfile.ZipInfo], size: int) -> None:
    """Let no file unpack to more than it is: its entries could overlap."""
    if sum(each.file_size for each in listed) > size:
        raise Unreadable("its parts are larger than it is")


def _stored(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """Return a part that is stored as it is: a compressed one could be of any size."""
    if part.compress_type != zipfile.ZIP_STORED:
        raise Unreadable("its parts are compressed")
    return archive.read(part)


def manifest_of(parts: Mapping[str, bytes]) -> bytes:
    """Return the list of files that `sha256sum --check` takes."""
    lines = [f"{sha256(content).hexdigest()}  {name}\n" for name, content in parts.items()]
    return "".join(lines).encode()


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return files as a ZIP file, the same bytes for the same files."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            part = zipfile.ZipInfo(name, BEGINNING)
            part.create_system = UNIX  # which is otherwise the one on which it is packed
            archive.writestr(part, content)
    return output.getvalue()


def _differing(listed: Mapping[str, bytes], stated: bytes) -> str:
    lines = set(stated.split(b"\n"))
    changed = [
        name for name, each in listed.items() if manifest_of({name: each}).strip() not in lines
    ]
    return ", ".join(changed) or "its wrapping"


@dataclass(frozen=True)
class Terms:
    """What the reader brings along: keys that he trusts, and a checkpoint that he kept.

    Attributes:
        keys: by one of which the ledger as it is now is signed.
        old_keys: of before, which sign older checkpoints and nothing else any more.
        witnesses: all of whom must have signed that checkpoint.
        case: number of the case that a bundle must show, if it matters.
        absent: number or id that a file must show to be of no case, if it matters.
        stated_since: when the ends must have been stated, at the earliest.
    """

    keys: Sequence[Key] = ()
    kept: str = ""
    witnesses: Sequence[Key] = ()
    case: str = ""
    old_keys: Sequence[Key] = ()
    absent: str = ""
    stated_since: datetime | None = None

    def kept_checkpoint(self, report: "Report") -> Checkpoint | None:
        """Return the checkpoint that was kept, signed as it should be; None where there is none.

        Raises:
            Wrong: the ledger, or one of the witnesses, has not signed it.
            Unreadable: there is none that witnesses could have signed.
        """
        if not self.kept:
            if self.witnesses:
                raise Unreadable("witnesses sign a checkpoint: give theirs with --checkpoint")
            return None
        keys = [*self.keys, *self.old_keys]
        kept = checkpoint_from(self.kept, keys, "the checkpoint that you kept")
        for witness in self.witnesses:
            at = cosigned_at(witness, self.kept)
            report.holds(f"{witness.name} has witnessed {kept.size} leaves at {at}")
        return kept


def verify_bundle(content: bytes, terms: Terms, report: Report) -> list[dict[str, Any]]:
    """Check the bundle of one case; return its events, in the order of the ledger.

    Raises:
        Wrong: something does not hold.
        Unreadable: it is no bundle.
    """
    parts = parts_of(content)
    report.holds(
        "the parts fit the list that lies with them; README, keys and history.html prove nothing"
    )
    keys = terms.keys or _keys_within(parts, report)
    newest = checkpoint_from(_text(parts, "checkpoint"), keys, "the newer checkpoint")
    report.holds(f"the ledger's key has signed {newest.size} leaves of {newest.origin}")
    _check_growth(parts, keys, newest, terms, report)
    if "absent" in parts:
        _check_absence(parts, newest, terms, report)
        return []
    if terms.absent:
        raise Wrong(f"it does not show that there is no {terms.absent}: it shows a case")
    leaves, events = _check_case(parts, newest, report)
    _check_petitions(events, terms, report)
    _check_calendars(parts, events, report)
    _check_content(parts, events, report)
    _check_heads(parts, leaves, newest, terms, report)
    return events


def _keys_within(parts: Mapping[str, bytes], report: Report) -> list[Key]:
    keys = [Key.read(line) for line in _text(parts, "keys").splitlines()]
    report.lacks("no --key was given: the key is the bundle's own. Compare it with one you trust:")
    for line in _text(parts, "keys").splitlines():
        report.note(f"  {line}")
    return keys


def _check_growth(
    parts: Mapping[str, bytes],
    keys: Sequence[Key],
    newest: Checkpoint,
    terms: Terms,
    report: Report,
) -> None:
    proof = [_hash_in(line) for line in _text(parts, "consistency").splitlines()]
    before, signing = _text(parts, "checkpoint.before"), [*keys, *terms.old_keys]
    older = None
    if not before:
        report.note("the file has no older checkpoint: nothing to compare this one with")
    else:
        older = checkpoint_from(before, signing, "the older checkpoint")
        check_consistency(older.size, newest.size, older.root, newest.root, proof)
        report.holds(f"the ledger grew from {older.size} leaves; none of them was changed")
    if kept := replace(terms, keys=keys).kept_checkpoint(report):
        _check_kept(kept, [each for each in (older, newest) if each])
        report.holds(f"it is the same ledger as the checkpoint that you kept, of {kept.size}")


def _check_kept(kept: Checkpoint, shown: Sequence[Checkpoint]) -> None:
    same_size = [each for each in shown if each.size == kept.size]
    if not same_size:
        raise Unreadable(
            f"the bundle proves nothing about the checkpoint of {kept.size} that you kept;"
            f" ask for one with `--since {kept.size}`"
        )
    if same_size[0].root != kept.root:
        raise Wrong(f"two ledgers of {kept.size} leaves have different roots: it was forked")


def _check_case(
    parts: Mapping[str, bytes], newest: Checkpoint, report: Report
) -> tuple[list[Leaf], list[dict[str, Any]]]:
    encoded = parts["leaves.jsonl"].split(b"\n")[:-1]
    bodies = parts["events.jsonl"].split(b"\n")[:-1]
    names = [name for name in parts if name.startswith("proofs/")]
    if not names:
        raise Wrong("the file shows no event at all")
    if not len(encoded) == len(bodies) == len(names):
        raise Wrong(f"{len(bodies)} events, {len(encoded)} leaves, {len(names)} proofs")
    chains, leaves, events = Chains(), list[Leaf](), []
    tree = Tree(newest.size, newest.root)
    for name, leaf_bytes, body in zip(names, encoded, bodies, strict=True):
        leaf = _proven(parts[name], leaf_bytes, newest, tree)
        if leaves and leaf.position <= leaves[-1].position:
            raise Wrong(f"{leaf.name} is out of order")
        if name != f"proofs/{leaf.position}.tlog-proof":
            raise Wrong(f"{name} is the proof of leaf {leaf.position}")
        leaves.append(leaf)
        events.append(check_event(leaf, body))
        chains.add(leaf)
    report.holds(f"{len(events)} events are in the ledger, unchanged, none missing between them")
    return leaves, events


def _check_petitions(events: Sequence[Mapping[str, Any]], terms: Terms, report: Report) -> None:
    """Say which case the events are of, and whether all of its petitions are here."""
    shown = {
        str(event["data"].get("number")): event["subject"]
        for event in _of(events, INTAKE, {REGISTERED})
    }
    for number, petition in shown.items():
        report.holds(f"it shows the petition {number}, {petition}")
    if terms.case and terms.case not in shown:
        raise Wrong(f"it is not the case {terms.case}: the file shows {', '.join(shown) or 'none'}")
    for petition in {event["subject"] for event in events} - {*shown.values()}:
        report.lacks(f"how the petition {petition} was put on record is not shown, nor its number")
    for number in sorted(_belonging(events) - shown.keys()):
        report.lacks(f"by these events {number} belongs to the case, and its own are not shown")


def _of(
    events: Sequence[Mapping[str, Any]], source: str, types: AbstractSet[str]
) -> list[Mapping[str, Any]]:
    """Return the events of some types that the service has stated whose they are."""
    return [each for each in events if each["source"] == source and each["type"] in types]


def _belonging(events: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the numbers that events name as of one matter, less those that left it again."""
    repeats: dict[str, str] = {}
    joined: set[str] = set()
    for event in _of(events, INTAKE, OF_REPEATS) + _of(events, RESPONSIBILITY, OF_REPEATS):
        type_, data = event["type"], event["data"]
        if type_ in {REGISTERED, "repeat.linked.v1"} and data.get("repeats_number"):
            repeats[data["number"]] = data["repeats_number"]
        elif type_ == "repeat.unlinked.v1":
            repeats |= dict.fromkeys(data["along"], data["number"])
            repeats.pop(data["number"], None)
        elif type_ == "repeat.joined.v1":
            joined.add(data["repeat_number"])
        elif type_ == "matter.merged.v1":
            joined.update(data["numbers"])
        elif type_ == "repeat.left.v1":
            joined.difference_update(data["numbers"])
    return joined | {*repeats.values()}


def _check_calendars(
    parts: Mapping[str, bytes], events: Sequence[Mapping[str, Any]], report: Report
) -> None:
    """Check that the calendars of working days are those that the events name, and no others."""
    calendars = _json(parts["calendars.json"], "calendars.json")
    if not isinstance(calendars, list) or canonical(calendars) != parts["calendars.json"]:
        raise Wrong("calendars.json is not of the form that is written")
    given = [each["version"] for each in calendars if _is_calendar(each)]
    if given != sorted(set(given)) or len(given) != len(calendars):
        raise Wrong("calendars.json has something else than calendars, each once")
    named = {name for event in events for name in calendars_in(event["data"])}
    if others := sorted({*given} - named):
        raise Wrong(f"no event names the calendar {', '.join(others)}")
    for version in given:
        report.note(
            f"terms were counted by the calendar {version}: events name it and do not bind its"
            " days; compare them with the notice"
        )
    for version in sorted(named - {*given}):
        report.note(f"terms were counted by the calendar {version}, which is not here")


def _is_calendar(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == CALENDAR_MEMBERS
        and all(isinstance(value[each], str) for each in ("version", "first", "last"))
        and all(
            isinstance(value[each], list) and all(isinstance(day, str) for day in value[each])
            for each in ("holidays", "make_up_days")
        )
    )


def calendars_in(data: Any) -> Iterator[str]:
    """Yield the version of each calendar of working days that the data of an event names."""
    if isinstance(data, list):
        for each in data:
            yield from calendars_in(each)
    if isinstance(data, dict):
        for name, value in data.items():
            if name == "calendar" and isinstance(value, str) and value:
                yield value
            yield from calendars_in(value)


def _check_content(
    parts: Mapping[str, bytes], events: Sequence[Mapping[str, Any]], report: Report
) -> None:
    """Check that what is given of the content is what the events committed to."""
    if CONTENT not in parts:
        return
    committed = dict(_commitments(events))
    contents = _contents(parts[CONTENT])
    for (number, version), (salt, form) in contents.items():
        name = f"the content of {number}, version {version},"
        if committed.get((number, version)) != sha256(salt + form.encode()).hexdigest():
            raise Wrong(f"{name} is not the one that was put on record")
        report.holds(f"{name} is the one that was put on record")
    if len(contents) < len(committed):
        report.note("not all content is here: some was erased, or not given")
    report.note("the file holds personal data; without content.json it holds none")


def _commitments(
    events: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield number and version of each content that was put on record, and what commits to it."""
    counts: dict[str, int] = {}
    for event in _of(events, INTAKE, COMMITTING):
        data = event["data"]
        if data.get("commitment"):
            number = data["number"]
            counts[number] = counts.get(number, 0) + 1
            yield (number, counts[number]), data["commitment"]


def _contents(encoded: bytes) -> dict[tuple[str, int], tuple[bytes, str]]:
    """Read what is given of the content: by number and version the salt, and what it is over.

    Nothing may be read in it but what was committed to, so that no form is taken but the one.

    Raises:
        Wrong: it has another form.
    """
    contents = _json(encoded, CONTENT)
    if not isinstance(contents, list) or canonical(contents) != encoded:
        raise Wrong(f"{CONTENT} is not of the form that is written")
    found: dict[tuple[str, int], tuple[bytes, str]] = {}
    for each in contents:
        if (
            not isinstance(each, dict)
            or {name: type(value) for name, value in each.items()} != CONTENT_MEMBERS
        ):
            raise Wrong(f"{CONTENT} has other members than the content and its salt")
        name, salt = (each["number"], each["version"]), _octets(each["salt"])
        form = _object(each["committed"].encode(), f"the content of {each['number']}")
        if len(salt) != SALT_BYTES or form.keys() != {"text", "persons"} or name in found:
            raise Wrong(f"the content of {each['number']} is not of the form that is committed to")
        found[name] = (salt, each["committed"])
    return found


def _proven(proof: bytes, encoded: bytes, checkpoint: Checkpoint, tree: Tree) -> Leaf:
    """Return a leaf that its receipt shows to be under the checkpoint, of which the tree is."""
    position, path = _receipt(proof, checkpoint)
    leaf = Leaf.read(position, encoded)
    if not tree.has(position, leaf.hash, path):
        root_from_inclusion(position, checkpoint.size, leaf.hash, path)  # says what of it is wrong
        raise Wrong(f"{leaf.name} is not in the ledger at {position}")
    return leaf


class Receipts:
    """Checks leaves by their receipts, each under a checkpoint of its own.

    Raises:
        Unreadable: no key was given.
    """

    def __init__(self, terms: Terms, report: Report) -> None:
        if not terms.keys:
            raise Unreadable("a receipt is checked with --key only")
        self._terms = terms
        self._report = report
        self._trees: dict[str, tuple[Checkpoint, Tree]] = {}

    def check(self, proof: bytes, encoded: bytes) -> Leaf:
        """Check a leaf by its receipt.

        Raises:
            Wrong: it is not in the ledger that the key has signed.
            Unreadable: it proves nothing about the checkpoint that was kept.
        """
        _head, _, note = proof.decode("utf-8", "replace").partition("\n\n")
        if note not in self._trees:
            self._trees[note] = self._under(note)
        return _proven(proof, encoded, *self._trees[note])

    def _under(self, note: str) -> tuple[Checkpoint, Tree]:
        checkpoint = checkpoint_from(note, self._terms.keys, "the checkpoint")
        self._report.holds(f"the ledger's key has signed {checkpoint.size} leaves")
        if kept := self._terms.kept_checkpoint(self._report):
            if kept.size != checkpoint.size:
                raise Unreadable(
                    f"a receipt of {checkpoint.size} leaves proves nothing about the checkpoint of"
                    f" {kept.size} that you kept"
                )
            _check_kept(kept, [checkpoint])
            self._report.holds(
                f"it is the same ledger as the checkpoint that you kept, of {kept.size}"
            )
        return checkpoint, Tree(checkpoint.size, checkpoint.root)


def verify_receipt(proof: bytes, encoded: bytes, terms: Terms, report: Report) -> Leaf:
    """Check one leaf by its receipt; see `Receipts`."""
    leaf = Receipts(terms, report).check(proof, encoded)
    report.holds(f"{leaf.name} is leaf {leaf.position} of the ledger that the key has signed")
    return leaf


def verify_receipts(folder: Path, terms: Terms, report: Report) -> list[Leaf]:
    """Check a folder of receipts, each named by its leaf, and the events that lie beside them.

    Raises:
        Wrong: one does not hold, or is that of another leaf.
        OSError: the leaf of one does not lie there.
    """
    files = sorted(folder.glob(f"*{RECEIPT}"), key=lambda file: (len(file.name), file.name))
    receipts, leaves, without = Receipts(terms, report), list[Leaf](), 0
    for file in files:
        leaf = receipts.check(file.read_bytes(), file.with_suffix(".leaf").read_bytes())
        if file.name != f"{leaf.position}{RECEIPT}":
            raise Wrong(f"{file.name} is the receipt of leaf {leaf.position}")
        leaves.append(leaf)
        without += not _is_event_beside(file, leaf)
    report.holds(f"{len(leaves)} leaves are in the ledger that the key has signed")
    report.holds(f"{len(leaves) - without} events are those that their leaves bind")
    if without:
        report.note(f"of {without} leaves the event does not lie beside the receipt")
    return leaves


def _check_receipt_at(file: Path, terms: Terms, report: Report) -> None:
    leaf = verify_receipt(file.read_bytes(), file.with_suffix(".leaf").read_bytes(), terms, report)
    if _is_event_beside(file, leaf):
        report.holds("the event is the one that the leaf binds")
    else:
        report.note("the event does not lie beside it: a leaf has its hash, and not what it states")


def _is_event_beside(receipt: Path, leaf: Leaf) -> bool:
    """Check the event beside a receipt; False where there is none."""
    file = receipt.with_suffix(".event")
    if not file.exists():
        return False
    check_event(leaf, file.read_bytes())
    return True


def _receipt(proof: bytes, checkpoint: Checkpoint) -> tuple[int, list[bytes]]:
    """Read a C2SP tlog-proof over a checkpoint that was checked before."""
    head, _, note = proof.decode("utf-8", "replace").partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not "".join(lines[1:2]).startswith("index "):
        raise Wrong("a proof is not of the form tlog-proof@v1")
    if note != checkpoint.note:
        raise Wrong("a proof is of another checkpoint than the bundle's")
    index = lines[1].removeprefix("index ")
    if not (index.isascii() and index.isdecimal()):
        raise Wrong("a proof names no leaf")
    return int(index), [_hash_in(line) for line in lines[2:]]


def _check_heads(
    parts: Mapping[str, bytes],
    leaves: Sequence[Leaf],
    newest: Checkpoint,
    terms: Terms,
    report: Report,
) -> None:
    if "heads.json" not in parts:
        report.lacks("nothing shows that these are all events of the case: its end is not proven")
        return
    stated = _stated_heads(parts, newest)
    if any("petition" not in each for each in stated.chains):
        raise Wrong("heads.json shows other ends than those of the petitions")
    ends = {each["petition"]: stated.end_of(each) for each in stated.chains}
    found = {
        leaf.members["petition"]: (leaf.members["petition_seq"], leaf.hash)
        for leaf in leaves
        if leaf.position < stated.size
    }
    for petition in {**found, **ends}:
        if found.get(petition, NO_END) != ends.get(petition, NO_END):
            raise Wrong(f"petition {petition} had other events at {stated.size} leaves than these")
    if not found:
        report.lacks(f"the case began behind leaf {stated.size - 1}: its end is not proven")
        return
    report.holds(f"these are all events of the case up to leaf {stated.size - 1}, {stated.at}")
    _tell_the_rest(stated, newest, terms, report)


def _tell_the_rest(stated: "Stated", newest: Checkpoint, terms: Terms, report: Report) -> None:
    since = terms.stated_since
    if since and datetime.fromisoformat(stated.at) < since:
        report.lacks(f"that was stated {stated.at}, before {since.isoformat()}: ask for a new file")
    behind = newest.size - stated.size
    report.note(
        f"the checkpoint has {behind} more leaves, from {stated.size} on: nothing is shown of what"
        " they hold, but for the events here"
    )


def _check_absence(
    parts: Mapping[str, bytes], newest: Checkpoint, terms: Terms, report: Report
) -> None:
    by, _, what = _text(parts, "absent").removesuffix("\n").partition(" ")
    if by not in FORMS or not FORMS[by].fullmatch(what):
        raise Wrong(f"{what!r} is no {by} that a case could have: look for it as it is written")
    if terms.case:
        raise Wrong(f"it is not the case {terms.case}: it shows that there is no case {what}")
    if terms.absent not in {"", what}:
        raise Wrong(f"it is not about {terms.absent}, but about {what}")
    stated = _stated_heads(parts, newest)
    if [{by: each.get(by)} for each in stated.chains] != [{by: what}]:
        raise Wrong(f"the file does not show what became of {by} {what}")
    if by == "number" and not stated.numbers:
        raise Wrong("the ends that were stated do not have the numbers of petitions")
    if not stated.numbers:
        report.note("the ends are stated as the first releases did, without numbers of petitions")
    if stated.end_of(stated.chains[0]) != NO_END:
        raise Wrong(f"there is a case of the {by} {what} in the ledger")
    report.holds(f"up to leaf {stated.size - 1}, {stated.at}, there is no case of the {by} {what}")
    _tell_the_rest(stated, newest, terms, report)


NO_END: Final = (0, b"")
# By what a case is looked for, to what its key is the hash of.
KEYS: Final[Mapping[str, str]] = {"petition": "{}", "number": "number\n{}"}
# What looks like a name and is another one is in no ledger: that proves nothing.
FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "petition": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "number": re.compile(r"XF-[0-9]{6}-[0-9]{8}-[0-9]{6}-[0-9A-Z]"),
}


@dataclass(frozen=True)
class Stated:
    """What the ledger has stated of the ends of all cases, and those that are shown.

    Attributes:
        size: of the ledger at which it holds.
        at: when it was stated.
        numbers: the numbers of petitions are among them, which the first statements were without.
    """

    size: int
    root: bytes
    at: str
    numbers: bool
    chains: Sequence[Mapping[str, Any]]

    def end_of(self, chain: Mapping[str, Any]) -> tuple[int, bytes]:
        """Return count and hash of the last leaf that a chain has; `NO_END` where there is none."""
        return _end_of(chain, self.root)


def _stated_heads(parts: Mapping[str, bytes], newest: Checkpoint) -> Stated:
    heads = _object(parts["heads.json"], "heads.json")
    if canonical(heads) != parts["heads.json"]:
        raise Wrong("heads.json is not of the form that the ledger writes")
    tree = Tree(newest.size, newest.root)
    leaf = _proven(parts["heads.tlog-proof"], parts["heads.leaf"], newest, tree)
    event = check_event(leaf, parts["heads.event"])
    if tuple(leaf.members[each] for each in ("source", "petition", "type")) != HEADS:
        raise Wrong(f"{leaf.name} does not state the ends of the cases: only audit does")
    data = {"size": 0, "root": "", **event["data"]}
    if type(data["size"]) is not int or not 0 < data["size"] <= leaf.position:
        raise Wrong(f"{leaf.name} states the ends of leaves that come behind it, or of none")
    if heads.keys() != {"chains"} or not all(map(_is_chain, _listed(heads["chains"]))):
        raise Wrong("heads.json is not of the form that the ledger writes")
    return Stated(
        data["size"],
        _octets(str(data["root"])),
        str(event.get("time")),
        data.get("numbers") is True,
        heads["chains"],
    )


def _is_chain(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value.keys() & KEYS.keys()) == 1
        and value.keys() - KEYS.keys() == {"entries", "path"}
        and all(isinstance(value[by], str) for by in KEYS if by in value)
        and all(isinstance(each, str) for each in _listed(value["entries"]))
        and all(isinstance(each, str) for each in _listed(value["path"]))
    )


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [None]


def _end_of(chain: Mapping[str, Any], root: bytes) -> tuple[int, bytes]:
    """Return count and hash of the last leaf of a petition, as the tree of heads has it.

    The tree has 65,536 leaves; each is the root over the petitions whose key, the hash of the id,
    begins with its number, sorted. All of them are given, so that absence shows as well.
    """
    ((by, what),) = [(by, chain[by]) for by in KEYS if by in chain]
    key = key_of(by, what)
    bucket = int(key.hex()[:BUCKET_DIGITS], 16)
    entries = [_octets(each) for each in chain["entries"]]
    keys = [entry[:HASH_BYTES] for entry in entries]
    if keys != sorted(set(keys)) or any(
        int(each.hex()[:BUCKET_DIGITS], 16) != bucket for each in keys
    ):
        raise Wrong("the petitions of a bucket are not in order")
    path = [_octets(each) for each in chain["path"]]
    if root_from_inclusion(bucket, BUCKETS, leaf_hash(root_over(entries)), path) != root:
        raise Wrong(f"the end of {by} {what} is not the one in the ledger")
    found = [entry for entry in entries if entry[:HASH_BYTES] == key]
    return (int.from_bytes(found[0][32:40], "big"), found[0][40:]) if found else NO_END


def key_of(by: str, what: str) -> bytes:
    """Return the key under which the ends have a petition, or the number of one."""
    return sha256(KEYS[by].format(what).encode()).digest()


class Ends:
    """The ends of all cases in one tree, made anew from leaves and events."""

    def __init__(self) -> None:
        self._buckets: dict[int, dict[bytes, bytes]] = {}
        self._changed: set[int] = set()
        self._levels = [[leaf_hash(EMPTY_ROOT)] * BUCKETS]
        while len(below := self._levels[-1]) > 1:
            self._levels.append([node_hash(below[0], below[0])] * (len(below) // 2))

    def put(self, by: str, what: str, count: int, hash_: bytes) -> None:
        """Let a chain, or what a number leads to, end in a leaf."""
        key = key_of(by, what)
        bucket = int.from_bytes(key[:2], "big")
        self._buckets.setdefault(bucket, {})[key] = key + count.to_bytes(8, "big") + hash_
        self._changed.add(bucket)

    def root(self) -> bytes:
        """Return the root over all ends."""
        for bucket in self._changed:
            entries = self._buckets[bucket].values()
            self._levels[0][bucket] = leaf_hash(root_over(sorted(entries)))
        changed = self._changed
        for below, level in zip(self._levels, self._levels[1:], strict=False):
            changed = {at >> 1 for at in changed}
            for at in changed:
                level[at] = node_hash(below[2 * at], below[2 * at + 1])
        self._changed = set()
        return self._levels[-1][0]


def _octets(text: str) -> bytes:
    """Read hex as the ledger writes it, in small letters."""
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        octets = b""
    if octets.hex() != text:
        raise Wrong(f"{text[:16]}… is not of the form that the ledger writes")
    return octets


def _text(parts: Mapping[str, bytes], name: str) -> str:
    return parts[name].decode("utf-8", "replace")


def _hash_in(line: str) -> bytes:
    octets = _decoded(line)
    if len(octets) != HASH_BYTES:
        raise Wrong(f"{line!r} is no hash")
    return octets


# Tiles: the whole ledger

Reader = Callable[[str], bytes]


def verify_tiles(
    read: Reader, terms: Terms, report: Report, apart: "Apart | None" = None
) -> Checkpoint:
    """Check the whole ledger from its static files; return its checkpoint.

    Args:
        apart: gives parts that were checked by themselves; this process does all unless given.

    Raises:
        Wrong: something does not hold.
        Unreadable: a file is missing.
    """
    if not terms.keys:
        raise Unreadable("the whole ledger is checked with --key only")
    newest = checkpoint_from(read("checkpoint").decode(), terms.keys, "the checkpoint")
    report.holds(f"the ledger's key has signed {newest.size} leaves of {newest.origin}")
    kept = terms.kept_checkpoint(report)
    if kept and kept.size > newest.size:
        raise Wrong(f"the ledger has {newest.size} leaves, and had {kept.size}: it was cut")
    scan = Scan(kept)
    with (apart or alone)(newest.size, kept.size if kept else 0) as parts:
        scan.add_all(read, newest.size, parts)
    if scan.tree.root() != newest.root:
        raise Wrong("the leaves are not those that the checkpoint was signed over")
    report.holds("the leaves are those that were signed, in order, none missing")
    _check_upper_tiles(read, scan.tree.tiles)
    for source, seq in sorted(scan.logs.seq.items()):
        report.holds(f"{source}: events 1 to {seq}, without a gap")
    if kept:
        report.holds(f"it is the same ledger as the checkpoint that you kept, of {kept.size}")
    report.note("what it states of the ends of all cases lies elsewhere: fsck compares that")
    report.holds(f"{len(scan.chains.last)} petitions and other streams, each an unbroken chain")
    return newest


@dataclass
class Scan:
    """Goes through the whole ledger, a tile at a time.

    Leaves of the usual form are not read as JSON, which takes longer than everything else: a tile
    of them is taken apart at once. Whatever is odd about one, it is read, and judged, in the way
    that explains itself.
    """

    kept: Checkpoint | None
    chains: Chains = field(default_factory=Chains)
    logs: Logs = field(default_factory=Logs)
    tree: Growing = field(default_factory=Growing)

    def add(self, first: int, hashes: Sequence[bytes], entries: Sequence[bytes]) -> None:
        """Check the leaves of one tile, each against its hash, its log and its chain.

        Raises:
            Wrong: one does not hold.
        """
        found = list(map(leaf_hash, entries))
        usual = _usual(entries) if found == hashes else []
        ends, seqs = self.chains.last, self.logs.seq
        for at, (_, petition, count, prev, seq, source) in enumerate(usual):
            before, end = ends.get(petition) or self._end_before(petition, count, prev)
            seq_before = seqs.get(source) or self._seq_before(source, seq)
            if count == str(before + 1) and prev == end.hex() and seq == str(seq_before + 1):
                ends[petition], seqs[source] = (before + 1, found[at]), seq_before + 1
            else:
                self._add_odd(first + at, entries[at], hashes[at])
        for at in range(len(usual), len(entries)):
            self._add_odd(first + at, entries[at], hashes[at])
        self._grow(first, hashes)

    def add_all(self, read: Reader, size: int, parts: "Parts") -> None:
        """Go through all tiles, those of parts that hold by themselves and fit aside.

        A part that does not is gone through here, behind those before it: what is said to be wrong
        is what one process finds first.

        Raises:
            Wrong: something does not hold.
        """
        for stretch, part in zip(stretches_of(size), parts, strict=False):
            if part is None or not self.join(*part):
                for tile in stretch:
                    self.add(tile * TILE, *_tile_at(read, tile, size))

    def join(
        self,
        ends_before: Mapping[str, tuple[int, bytes]],
        seqs_before: Mapping[str, int],
        ends: Mapping[str, tuple[int, bytes]],
        seqs: Mapping[str, int],
        grown: Sequence[tuple[int, bytes | Sequence[bytes]]],
    ) -> bool:
        """Go on behind a part that was checked by itself; False where that does not fit.

        Args:
            ends_before, seqs_before, grown: see `Part`.

        Raises:
            Wrong: the leaves are not those that were kept.
        """
        last, known = self.chains.last, self.logs.seq
        fits = all(last.get(name, NO_END) == end for name, end in ends_before.items())
        if not fits or any(known.get(name, 0) != seq for name, seq in seqs_before.items()):
            return False
        last.update(ends)
        known.update(seqs)
        for first, each in grown:
            if isinstance(each, bytes):
                self.tree.add_tile(each)
            else:
                self._grow(first, each)
        return True

    def _end_before(self, _petition: str, _count: str, _prev: str) -> tuple[int, bytes]:
        """Return the end of a chain before its first leaf here."""
        return NO_END

    def _seq_before(self, _source: str, _seq: str) -> int:
        """Return the last event of a log before its first leaf here."""
        return 0

    def _add_odd(self, position: int, entry: bytes, hash_: bytes) -> None:
        leaf = Leaf.read(position, entry)
        if leaf.hash != hash_:
            raise Wrong(f"leaf {position}, {leaf.name}, was changed in the files")
        self.logs.add(leaf)
        self.chains.add(leaf)

    def _grow(self, first: int, hashes: Sequence[bytes]) -> None:
        kept = self.kept
        if kept and self._reaches_kept(first, hashes):
            root = self.tree.root_with(hashes[: kept.size - first])
            if root != kept.root:
                raise Wrong(
                    f"the first {kept.size} leaves are not those that you kept: it was forked"
                )
        if len(hashes) == TILE:
            self.tree.add_tile(folded(hashes))
            return
        for hash_ in hashes:
            self.tree.add(hash_)

    def _reaches_kept(self, first: int, hashes: Sequence[bytes]) -> bool:
        return self.kept is not None and first < self.kept.size <= first + len(hashes)


@dataclass
class Part(Scan):
    """A stretch of the ledger that a process checks by itself.

    It takes what its first leaves say of what came before, and whoever joins the parts compares
    that with what did. Odd leaves are not judged here: the part is given up, and gone through again
    behind those before it, by one process, which says what is wrong and where.

    Attributes:
        ends_before, seqs_before: of each case and each log, before its first leaf here.
        grown: first leaf of each tile, with the root over it, or its hashes where those are needed.
    """

    ends_before: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    seqs_before: dict[str, int] = field(default_factory=dict)
    grown: list[tuple[int, bytes | Sequence[bytes]]] = field(default_factory=list)

    def plain(self) -> tuple[Any, ...]:
        """Return what `join` takes."""
        return self.ends_before, self.seqs_before, self.chains.last, self.logs.seq, self.grown

    def _end_before(self, petition: str, count: str, prev: str) -> tuple[int, bytes]:
        return self.ends_before.setdefault(petition, (int(count) - 1, bytes.fromhex(prev)))

    def _seq_before(self, source: str, seq: str) -> int:
        return self.seqs_before.setdefault(source, int(seq) - 1)

    def _add_odd(self, position: int, _entry: bytes, _hash: bytes) -> None:
        raise Wrong(f"leaf {position} is odd")

    def _grow(self, first: int, hashes: Sequence[bytes]) -> None:
        whole = len(hashes) == TILE and not self._reaches_kept(first, hashes)
        self.grown.append((first, folded(hashes) if whole else hashes))


TILES_PER_PART: Final = 64
PARTS_PER_PROCESS: Final = 2
PART_ONLY: Final = "--part"
LENGTH_BYTES: Final = 8
Parts = Iterator[tuple[Any, ...] | None]
# Gives, of a ledger so long, in order: each part that was checked by itself, None for one that is
# left to this process.
Apart = Callable[[int, int], AbstractContextManager[Parts]]


@contextmanager
def alone(_size: int, _kept_size: int) -> Iterator[Parts]:
    """Leave all parts to this process."""
    yield repeat(None)


def stretches_of(size: int) -> list[range]:
    """Return the tiles of each part."""
    tiles = -(-size // TILE)
    starts = range(0, tiles, TILES_PER_PART)
    return [range(start, min(start + TILES_PER_PART, tiles)) for start in starts]


def part_of(read: Reader, stretch: range, size: int, kept_size: int) -> tuple[Any, ...] | None:
    """Check a part by itself; None where there is anything about it that is to be explained."""
    part = Part(Checkpoint("", kept_size, b"", ""))
    try:
        for tile in stretch:
            part.add(tile * TILE, *_tile_at(read, tile, size))
    except Exception:  # noqa: BLE001 - whatever it is, the first process meets it again and says so
        return None
    return part.plain()


@dataclass(frozen=True)
class Processes:
    """Checks parts in processes, each of them this file as a program of its own.

    Attributes:
        jobs: how many at most; a short ledger is not worth their start.
    """

    place: str
    jobs: int

    @contextmanager
    def __call__(self, size: int, kept_size: int) -> Iterator[Parts]:
        """Give the parts of a ledger."""
        parts = len(stretches_of(size))
        jobs = min(self.jobs, parts // PARTS_PER_PROCESS)
        if jobs < 2:  # noqa: PLR2004 - one process is this one
            yield repeat(None)
            return
        given = (self.place, size, kept_size, jobs)
        command = [sys.executable, "-P", __file__, PART_ONLY, *map(str, given)]
        processes = [
            subprocess.Popen([*command, str(job)], stdout=subprocess.PIPE)  # noqa: S603 - this file
            for job in range(jobs)
        ]
        try:
            yield (_received(processes[at % jobs]) for at in range(parts))
        finally:
            for process in processes:
                process.kill()
                process.communicate()


def _received(process: "subprocess.Popen[bytes]") -> tuple[Any, ...] | None:
    length = int.from_bytes(_read(process.stdout, LENGTH_BYTES), "big")
    try:
        part: tuple[Any, ...] | None = marshal.loads(_read(process.stdout, length))  # noqa: S302 - of our own process
    except (EOFError, ValueError, TypeError):
        return None  # it was ended
    return part


def _read(stream: Any, length: int) -> bytes:
    """Read so many octets of a pipe; fewer where it ends."""
    pieces = []
    while length and (piece := stream.read(length)):
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _check_apart(place: str, size: int, kept_size: int, jobs: int, job: int) -> None:
    read = reader_of(place)
    for stretch in stretches_of(size)[job::jobs]:
        part = marshal.dumps(part_of(read, stretch, size, kept_size))
        sys.stdout.buffer.write(len(part).to_bytes(LENGTH_BYTES, "big") + part)
        sys.stdout.buffer.flush()


# All of a leaf, its petition, its count there, the hash before, its count in its log, and the log.
USUAL: Final = re.compile(
    r'(\{"at":"[^"]*","payload_sha256":"[^"]{64}","petition":"([^"]{36})","petition_seq":([0-9]+)'
    r',"prev":"([^"]*)","seq":([0-9]+),"source":"([^"]*)","type":"[^"]*","v":1\})'
)


CONTROLS: Final = bytes(range(0x20))


def _usual(entries: Sequence[bytes]) -> Sequence[tuple[str, ...]]:
    """Take leaves apart whose texts JSON writes as they are; none where one of them is odd."""
    octets = b"".join(entries)
    if not octets.isascii() or b"\\" in octets or octets.translate(None, CONTROLS) != octets:
        return []
    found = USUAL.findall(octets.decode())
    # As long as these, one after the other, they are these, and nothing stands between them.
    same = list(map(len, entries)) == [len(leaf[0]) for leaf in found]
    return found if same else []


def _tile_at(read: Reader, tile: int, size: int) -> tuple[list[bytes], list[bytes]]:
    """Return the hashes and the leaves of a tile.

    Raises:
        Wrong: they are not as many as the tile has.
    """
    width = min(TILE, size - tile * TILE)
    hashes, there = _part_of_tile(read, "tile/0", tile, width)
    if len(hashes) == there * HASH_BYTES:
        hashes = hashes[: width * HASH_BYTES]
    content, there = _part_of_tile(read, "tile/entries", tile, width)
    entries = list(_entries(content))
    if entries and not content[: len(content) - len(entries[-1])].endswith(_length(entries[-1])):
        raise Wrong(f"the tile of the leaves from {tile * TILE} ends within a leaf")
    if len(entries) == there:
        entries = entries[:width]
    if len(hashes) != width * HASH_BYTES or len(entries) != width:
        raise Wrong(f"the tile of the leaves from {tile * TILE} has not {width} of them")
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)], entries


def _length(leaf: bytes) -> bytes:
    """Return what stands before a leaf in a tile."""
    return len(leaf).to_bytes(2, "big")


def _part_of_tile(read: Reader, folder: str, tile: int, width: int) -> tuple[bytes, int]:
    """Return a tile and its width: the whole one where it has taken the place of a part."""
    whole = f"{folder}/{_grouped(tile)}"
    if width == TILE:
        return read(whole), TILE
    try:
        return read(f"{whole}.p/{width}"), width
    except OSError:
        with suppress(OSError):
            return read(whole), TILE
        raise


def _check_upper_tiles(read: Reader, hashes: Sequence[bytes]) -> None:
    """Check the tiles over the lowest ones, from which others read their proofs.

    Args:
        hashes: the roots over the tiles of 256 leaves.

    Raises:
        Wrong: one is not over what lies below it.
    """
    level = 1
    while hashes:
        tiles = [hashes[at : at + TILE] for at in range(0, len(hashes), TILE)]
        for index, expected in enumerate(tiles):
            found, there = _part_of_tile(read, f"tile/{level}", index, len(expected))
            hashes_there = found[: len(expected) * HASH_BYTES]
            if len(found) != there * HASH_BYTES or hashes_there != b"".join(expected):
                raise Wrong(f"tile {index} of level {level} is not over the leaves below it")
        hashes = [folded(each) for each in tiles if len(each) == TILE]
        level += 1


def _entries(content: bytes) -> Iterator[bytes]:
    at, end = 0, len(content)
    while at < end - 1:
        start = at + 2
        at = start + (content[at] << 8 | content[at + 1])
        yield content[start:at]
    if at == end - 1:
        yield b""  # cut off within a length


def _grouped(index: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def reader_of(place: str) -> Reader:
    """Return what reads the files of a folder or of a web address."""
    if "://" not in place:
        return lambda path: (Path(place) / path).read_bytes()
    if not place.startswith(("https://", "http://")):
        raise Unreadable(f"{place} is neither a folder nor a web address")

    def fetch(path: str) -> bytes:
        with urlopen(f"{place.rstrip('/')}/{path}", timeout=30) as answer:  # noqa: S310 - checked above
            content: bytes = answer.read()
        return content

    return fetch


# The program


def keys_from(given: Sequence[str], kind: bytes = b"\x01") -> list[Key]:
    """Return the keys given as lines, or as files with lines.

    Raises:
        Unreadable: one is neither.
    """
    lines: list[str] = []
    for each in given:
        if "+" in each and not _is_file(each):
            lines.append(each)
            continue
        written = [line for line in text_in(Path(each)).splitlines() if line.strip()]
        if not written:
            raise Unreadable(f"there is no key in {each}")
        lines += written
    return [Key.read(line, kind) for line in lines]


def _is_file(name: str) -> bool:
    """Tell whether there is such a file; a key can be longer than the name of any."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def text_in(file: Path) -> str:
    """Return the text of a file.

    Raises:
        Unreadable: there is none, or it is no text.
    """
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Unreadable(f"{file} is no text") from error


def verify(
    place: str,
    terms: Terms,
    say: Callable[[str], None],
    remember: Path | None = None,
    jobs: int = 1,
) -> int:
    """Check a bundle, receipts or a whole ledger; say what holds, and return the exit status.

    Args:
        remember: where the checkpoint of the whole ledger is kept, once all of it holds.
        jobs: how many processes share the work on a whole ledger.
    """
    report = Report(say)
    report.line(f"Checking {place}")
    try:
        kind = _kind_of(place)
        _check_asked(terms, remember, kind)
        if kind == "receipt":
            _check_receipt_at(Path(place), terms, report)
        elif kind == "receipts":
            verify_receipts(Path(place), terms, report)
        elif kind == "bundle":
            _tell(verify_bundle(Path(place).read_bytes(), terms, report), report)
        else:
            newest = verify_tiles(reader_of(place), terms, report, Processes(place, jobs))
            if remember:
                _keep(remember, newest)
    except Wrong as wrong:
        report.line(f"  WRONG  {wrong}")
        report.line("It does not hold.")
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a forged file leads to, it is not accepted
        report.line(f"It could not be read: {type(error).__name__}, {error}")
        return 2
    if report.unproven:
        report.line("What is shown holds. It is not shown to be all: see LACKS.")
        return 3
    report.line("All of it holds.")
    return 0


def _kind_of(place: str) -> str:
    """Return what there is to check: receipt, receipts, bundle or ledger."""
    if place.endswith(RECEIPT):
        return "receipt"
    if _is_file(place):
        return "bundle"
    folder = Path(place)
    is_ledger = "://" in place or (folder / "checkpoint").exists()
    return "receipts" if not is_ledger and any(folder.glob(f"*{RECEIPT}")) else "ledger"


def _check_asked(terms: Terms, remember: Path | None, kind: str) -> None:
    if kind != "bundle" and (terms.case or terms.absent or terms.stated_since):
        raise Unreadable("--case, --absent and --stated-since are for the bundle of a case")
    if remember and kind != "ledger":
        raise Unreadable("--remember is for the whole ledger; compare this with --checkpoint")


def _tell(events: Sequence[Mapping[str, Any]], report: Report) -> None:
    for event in events:
        at, who = event.get("recordedtime"), event.get("actor")
        report.line(f"    {at}  {event['type']}  by {who}")


def _keep(file: Path, checkpoint: Checkpoint) -> None:
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(checkpoint.note, encoding="utf-8", newline="\n")
    draft.replace(file)


def kept_in(checkpoint: Path | None, remember: Path | None) -> str:
    """Return the checkpoint that the reader has kept, in either way; empty where there is none.

    Raises:
        Unreadable: in both, and not the same; or one that was asked for is not there. Only what is
            to be remembered may not be there yet.
    """
    files = [checkpoint] if checkpoint else []
    if remember and (remember.exists() or remember.is_symlink()):
        files.append(remember)
    notes = {text_in(each) for each in files}
    if not all(notes):
        raise Unreadable(f"there is no checkpoint in {' or '.join(map(str, files))}")
    if len(notes) > 1:
        raise Unreadable("give one checkpoint that you kept, not two")
    return notes.pop() if notes else ""


def instant_in(text: str) -> datetime | None:
    """Return an instant given as RFC 3339 has it; None where there is none.

    Raises:
        Unreadable: it is another text, or has no offset.
    """
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{text!r} is no instant such as 2026-11-26T09:00:00+08:00") from error
    if instant.tzinfo is None:
        raise Unreadable(f"{text!r} has no offset such as +08:00")
    return instant


def cores() -> int:
    """Return how many processes can run at the same time here."""
    return os.cpu_count() or 1


def main(arguments: Sequence[str]) -> int:
    """Run the program; return its exit status."""
    parser = argparse.ArgumentParser(description="Check a case or the whole ledger of Shouwen.")
    parser.add_argument(
        "place", help="bundle, receipt or folder of receipts, ledger's folder or address"
    )
    parser.add_argument("--key", action="append", default=[], help="public key, or file with keys")
    parser.add_argument(
        "--old-key",
        action="append",
        default=[],
        help="public key that signed before, good for older checkpoints only",
    )
    parser.add_argument("--checkpoint", type=Path, help="file with a checkpoint that you kept")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        help="public key of a witness who must have signed that checkpoint",
    )
    parser.add_argument("--case", default="", help="number of the case that it must be")
    parser.add_argument("--absent", default="", help="number or id that it must show absent")
    parser.add_argument(
        "--stated-since", default="", help="instant, before which the ends must not be stated"
    )
    parser.add_argument("--remember", type=Path, help="file that keeps the last good checkpoint")
    parser.add_argument(
        "--jobs", type=int, default=cores(), help="processes that share a whole ledger"
    )
    given = parser.parse_args(arguments)
    try:
        kept = kept_in(given.checkpoint, given.remember)
        witnesses, old_keys = keys_from(given.witness, COSIGNS), keys_from(given.old_key)
        since = instant_in(given.stated_since)
        keys = keys_from(given.key)
        terms = Terms(keys, kept, witnesses, given.case, old_keys, given.absent, since)
    except (Unreadable, ValueError) as error:
        parser.error(printable(str(error)))
    return verify(given.place, terms, print, given.remember, given.jobs)


if __name__ == "__main__":
    if sys.argv[1:2] == [PART_ONLY]:
        _check_apart(sys.argv[2], *map(int, sys.argv[3:]))
    else:
        sys.exit(main(sys.argv[1:]))
