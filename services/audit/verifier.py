"""Checks what the ledger of Shouwen hands out, without trusting whoever handed it out.

One file, to be taken away: it needs Python 3.11 and `cryptography`, and nothing else of Shouwen.

    python verifier.py case.shouwen.zip --key KEY [--checkpoint OLD]
    python verifier.py FOLDER_OR_URL    --key KEY [--checkpoint OLD] [--remember FILE]

The first form checks the bundle of one case, the second one the whole ledger from its tiles. KEY is
the ledger's public key, `name+hash+base64`, as you were given it by somebody you trust, or a file
with such lines. OLD is a checkpoint that you kept from an earlier visit: the ledger must have grown
out of it. FILE holds the last checkpoint that this program found good: it is compared with, and
then written anew. Whoever runs this daily from elsewhere is a witness.

Exit status: 0 all holds, 1 something does not, 2 it could not be read.

Standards: RFC 6962 (tree), RFC 8785 (canonical JSON), C2SP signed-note, tlog-checkpoint,
tlog-tiles, tlog-proof.
"""

import argparse
import binascii
import hmac
import io
import json
import sys
import zipfile
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
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
HEADS_TYPE: Final = "case_heads.recorded.v1"
LEAF_MEMBERS: Final = frozenset(
    ("at", "payload_sha256", "petition", "petition_seq", "prev", "seq", "source", "type", "v")
)
BEGINNING: Final = (1980, 1, 1, 0, 0, 0)


class Wrong(Exception):  # noqa: N818 - it says what is the case
    """Something does not hold; the message says what, and at which event."""


class Unreadable(Exception):  # noqa: N818 - it says what is the case
    """It is not of the form that this program checks."""


# The tree of RFC 6962


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def root_from_inclusion(index: int, size: int, hash_: bytes, path: Sequence[bytes]) -> bytes:
    """Return the root that a leaf and its path lead to (RFC 9162, 2.1.3.2).

    Raises:
        Wrong: the path is not as long as the path of that leaf.
    """
    if not 0 <= index < size or any(len(each) != HASH_BYTES for each in (hash_, *path)):
        raise Wrong(f"there is no leaf {index} in a ledger of {size}")
    node, last, root = index, size - 1, hash_
    for sibling in path:
        if last == 0:
            raise Wrong(f"the path of leaf {index} is too long")
        if node & 1 or node == last:
            root = sha256(b"\x01" + sibling + root).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = sha256(b"\x01" + root + sibling).digest()
        node, last = node >> 1, last >> 1
    if last:
        raise Wrong(f"the path of leaf {index} is too short")
    return root


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
    """A tree to which leaves are added; keeps one hash for each bit of its size."""

    size: int = 0
    _peaks: list[bytes] = field(default_factory=list)

    def add(self, hash_: bytes) -> None:
        """Add the hash of a leaf."""
        self._peaks.append(hash_)
        size = self.size
        while size & 1:
            right, left = self._peaks.pop(), self._peaks.pop()
            self._peaks.append(node_hash(left, right))
            size >>= 1
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


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
    def read(cls, line: str) -> "Key":
        """Read `name+hash+base64`.

        Raises:
            Unreadable: it is no such key.
        """
        try:
            name, id_, coded = line.strip().split("+", 2)
            octets = b64decode(coded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise Unreadable(f"{line!r} is no public key of a signed note") from error
        expected = sha256(name.encode() + b"\n" + octets).digest()[:4]
        if len(octets) != HASH_BYTES + 1 or octets[:1] != b"\x01" or id_ != expected.hex():
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
    if not separator or not any(_signed_by(key, text, signatures) for key in keys):
        raise Wrong(f"{name} is not signed by the key: it is another's, or was changed")
    lines = text.split("\n")
    form = len(lines) == 4 and lines[1].isascii() and lines[1].isdecimal()  # noqa: PLR2004 - three lines and their end
    root = _decoded(lines[2]) if form else b""
    if len(root) != HASH_BYTES or (lines[1] != "0" and lines[1].startswith("0")):
        raise Wrong(f"{name} is no checkpoint")
    if lines[0] not in {key.name for key in keys}:
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
        if members.keys() != LEAF_MEMBERS or canonical(members) != encoded:
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


def _object(encoded: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(encoded)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"{name} is no JSON") from error
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
    said = (
        event.get("source"),
        int(event.get("sequence", 0)),
        event.get("subject"),
        event.get("type"),
    )
    members = leaf.members
    source = f"/shouwen/{members['source']}"
    if said != (source, members["seq"], members["petition"], members["type"]):
        raise Wrong(f"leaf {leaf.position} says {leaf.name}, its event says otherwise")
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
            raise Wrong(f"{leaf.name} does not follow the leaf before it of petition {petition}")
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
    """What was checked, in plain words."""

    say: Callable[[str], None]

    def holds(self, text: str) -> None:
        """Say what holds."""
        self.say(f"  holds  {text}")

    def note(self, text: str) -> None:
        """Say what the reader has to know."""
        self.say(f"  note   {text}")


def parts_of(content: bytes) -> dict[str, bytes]:
    """Return the files of a bundle, which must be byte for byte as the ledger writes one.

    Raises:
        Unreadable: it is no ZIP file.
        Wrong: a file was changed, or is there that should not be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {each.filename: _stored(archive, each) for each in archive.infolist()}
    except Exception as error:
        raise Unreadable(f"it is no bundle: {error}") from error
    stated = parts.get("manifest", b"")
    listed = {name: each for name, each in parts.items() if name != "manifest"}
    if stated != manifest_of(listed) or packed(parts) != content:
        raise Wrong("the bundle is not as it was exported: " + _differing(listed, stated))
    return parts


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
            archive.writestr(zipfile.ZipInfo(name, BEGINNING), content)
    return output.getvalue()


def _differing(listed: Mapping[str, bytes], stated: bytes) -> str:
    lines = set(stated.split(b"\n"))
    changed = [
        name for name, each in listed.items() if manifest_of({name: each}).strip() not in lines
    ]
    return ", ".join(changed) or "its wrapping"


@dataclass(frozen=True)
class Terms:
    """What the reader brings along: keys that he trusts, and a checkpoint that he kept."""

    keys: Sequence[Key] = ()
    kept: str = ""


def verify_bundle(content: bytes, terms: Terms, report: Report) -> list[dict[str, Any]]:
    """Check the bundle of one case; return its events, in the order of the ledger.

    Raises:
        Wrong: something does not hold.
        Unreadable: it is no bundle.
    """
    parts = parts_of(content)
    report.holds("the file is whole: every part is as it was exported")
    keys = terms.keys or _keys_within(parts, report)
    newest = checkpoint_from(_text(parts, "checkpoint"), keys, "the newer checkpoint")
    report.holds(f"the ledger's key has signed {newest.size} leaves of {newest.origin}")
    _check_growth(parts, keys, newest, terms, report)
    events = _check_case(parts, newest, report)
    _check_heads(parts, newest, report)
    return events


def _keys_within(parts: Mapping[str, bytes], report: Report) -> list[Key]:
    keys = [Key.read(line) for line in _text(parts, "keys").splitlines()]
    report.note("no --key was given: the key is the bundle's own. Compare it with one you trust:")
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
    if not parts.get("checkpoint.before"):
        report.note("there was no older checkpoint yet: nothing to compare this one with")
        older = None
    else:
        older = checkpoint_from(_text(parts, "checkpoint.before"), keys, "the older checkpoint")
        check_consistency(older.size, newest.size, older.root, newest.root, proof)
        report.holds(f"the ledger grew from {older.size} leaves; none of them was changed")
    if terms.kept:
        kept = checkpoint_from(terms.kept, keys, "the checkpoint that you kept")
        _check_kept(kept, [each for each in (older, newest) if each])
        report.holds(f"it is the same ledger as the checkpoint that you kept, of {kept.size}")


def _check_kept(kept: Checkpoint, shown: Sequence[Checkpoint]) -> None:
    same_size = [each for each in shown if each.size == kept.size]
    if not same_size:
        raise Wrong(
            f"the bundle proves nothing about the checkpoint of {kept.size} that you kept;"
            f" ask for one with `--since {kept.size}`"
        )
    if same_size[0].root != kept.root:
        raise Wrong(f"two ledgers of {kept.size} leaves have different roots: it was forked")


def _check_case(
    parts: Mapping[str, bytes], newest: Checkpoint, report: Report
) -> list[dict[str, Any]]:
    encoded = parts["leaves.jsonl"].splitlines()
    bodies = parts["events.jsonl"].split(b"\n")[:-1]
    names = [name for name in parts if name.startswith("proofs/")]
    if not len(encoded) == len(bodies) == len(names):
        raise Wrong(f"{len(bodies)} events, {len(encoded)} leaves, {len(names)} proofs")
    chains, events, before = Chains(), [], -1
    for name, leaf_bytes, body in zip(names, encoded, bodies, strict=True):
        leaf = _proven(parts[name], leaf_bytes, newest)
        if leaf.position <= before:
            raise Wrong(f"{leaf.name} is out of order")
        before = leaf.position
        events.append(check_event(leaf, body))
        chains.add(leaf)
    report.holds(f"{len(events)} events are in the ledger, unchanged, none missing between them")
    return events


def _proven(proof: bytes, encoded: bytes, checkpoint: Checkpoint) -> Leaf:
    """Return a leaf that its receipt shows to be under the checkpoint."""
    position, path = _receipt(proof, checkpoint)
    leaf = Leaf.read(position, encoded)
    if root_from_inclusion(position, checkpoint.size, leaf.hash, path) != checkpoint.root:
        raise Wrong(f"{leaf.name} is not in the ledger at {position}")
    return leaf


def _receipt(proof: bytes, checkpoint: Checkpoint) -> tuple[int, list[bytes]]:
    """Read a C2SP tlog-proof over a checkpoint that was checked before."""
    head, _, note = proof.decode("utf-8", "replace").partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise Wrong("a proof is not of the form tlog-proof@v1")
    if note != checkpoint.note:
        raise Wrong("a proof is of another checkpoint than the bundle's")
    index = lines[1].removeprefix("index ")
    if not (index.isascii() and index.isdecimal()):
        raise Wrong("a proof names no leaf")
    return int(index), [_hash_in(line) for line in lines[2:]]


def _check_heads(parts: Mapping[str, bytes], newest: Checkpoint, report: Report) -> None:
    if "heads.json" not in parts:
        report.note("nothing shows that these are all events of the case: its end is not proven")
        return
    heads = _object(parts["heads.json"], "heads.json")
    if canonical(heads) != parts["heads.json"]:
        raise Wrong("heads.json is not of the form that the ledger writes")
    leaf = _proven(parts["heads.tlog-proof"], parts["heads.leaf"], newest)
    event = check_event(leaf, parts["heads.event"])
    if leaf.members["type"] != HEADS_TYPE:
        raise Wrong(f"{leaf.name} does not state the ends of the cases")
    size, root = event["data"]["size"], _octets(event["data"]["root"])
    ends = {each["petition"]: _end_of(each, root) for each in heads["chains"]}
    stated = _chains_at(parts, size)
    for petition in {**stated, **ends}:
        if stated.get(petition, (0, b"")) != ends.get(petition, (0, b"")):
            raise Wrong(f"petition {petition} had other events at {size} leaves than these")
    report.holds(f"these are all events of the case up to leaf {size - 1}, {event['time']}")


def _chains_at(parts: Mapping[str, bytes], size: int) -> dict[str, tuple[int, bytes]]:
    """Return count and hash of the last leaf of each petition, of the first `size` leaves."""
    last: dict[str, tuple[int, bytes]] = {}
    names = [name for name in parts if name.startswith("proofs/")]
    for name, encoded in zip(names, parts["leaves.jsonl"].splitlines(), strict=True):
        position = int(name.removeprefix("proofs/").removesuffix(".tlog-proof"))
        leaf = Leaf.read(position, encoded)
        if position < size:
            last[leaf.members["petition"]] = (leaf.members["petition_seq"], leaf.hash)
    return last


def _end_of(chain: Mapping[str, Any], root: bytes) -> tuple[int, bytes]:
    """Return count and hash of the last leaf of a petition, as the tree of heads has it.

    The tree has 65,536 leaves; each is the root over the petitions whose key, the hash of the id,
    begins with its number, sorted. All of them are given, so that absence shows as well.
    """
    key = sha256(chain["petition"].encode()).digest()
    bucket = int(key.hex()[:BUCKET_DIGITS], 16)
    entries = [_octets(each) for each in chain["entries"]]
    keys = [entry[:HASH_BYTES] for entry in entries]
    if keys != sorted(set(keys)) or any(
        int(each.hex()[:BUCKET_DIGITS], 16) != bucket for each in keys
    ):
        raise Wrong("the petitions of a bucket are not in order")
    path = [_octets(each) for each in chain["path"]]
    if root_from_inclusion(bucket, BUCKETS, leaf_hash(root_over(entries)), path) != root:
        raise Wrong(f"the end of petition {chain['petition']} is not the one in the ledger")
    found = [entry for entry in entries if entry[:HASH_BYTES] == key]
    return (int.from_bytes(found[0][32:40], "big"), found[0][40:]) if found else (0, b"")


def _octets(text: str) -> bytes:
    """Read hex as the ledger writes it, in small letters."""
    octets = bytes.fromhex(text)
    if octets.hex() != text:
        raise Wrong(f"{text[:16]}… is not of the form that the ledger writes")
    return octets


def _text(parts: Mapping[str, bytes], name: str) -> str:
    if name not in parts:
        raise Wrong(f"the bundle has no {name}")
    return parts[name].decode("utf-8", "replace")


def _hash_in(line: str) -> bytes:
    octets = _decoded(line)
    if len(octets) != HASH_BYTES:
        raise Wrong(f"{line!r} is no hash")
    return octets


# Tiles: the whole ledger

Reader = Callable[[str], bytes]


def verify_tiles(read: Reader, terms: Terms, report: Report) -> Checkpoint:
    """Check the whole ledger from its static files; return its checkpoint.

    Raises:
        Wrong: something does not hold.
        Unreadable: a file is missing.
    """
    if not terms.keys:
        raise Unreadable("the whole ledger is checked with --key only")
    newest = checkpoint_from(read("checkpoint").decode(), terms.keys, "the checkpoint")
    report.holds(f"the ledger's key has signed {newest.size} leaves of {newest.origin}")
    kept = None
    if terms.kept:
        kept = checkpoint_from(terms.kept, terms.keys, "the checkpoint that you kept")
        if kept.size > newest.size:
            raise Wrong(f"the ledger has {newest.size} leaves, and had {kept.size}: it was cut")
    chains, logs, tree = Chains(), Logs(), Growing()
    for leaf in leaves_in(read, newest.size):
        logs.add(leaf)
        chains.add(leaf)
        tree.add(leaf.hash)
        if kept and kept.size == tree.size and kept.root != tree.root():
            raise Wrong(f"the first {kept.size} leaves are not those that you kept: it was forked")
    if tree.root() != newest.root:
        raise Wrong("the leaves are not those that the checkpoint was signed over")
    report.holds("the leaves are those that were signed, in order, none missing")
    for source, seq in sorted(logs.seq.items()):
        report.holds(f"{source}: events 1 to {seq}, without a gap")
    if kept:
        report.holds(f"it is the same ledger as the checkpoint that you kept, of {kept.size}")
    report.holds(f"{len(chains.last)} petitions and other streams, each an unbroken chain")
    return newest


def leaves_in(read: Reader, size: int) -> Iterator[Leaf]:
    """Yield all leaves, each checked against the tile that has its hash."""
    for tile in range(-(-size // TILE)):
        width = min(TILE, size - tile * TILE)
        name = _grouped(tile) + ("" if width == TILE else f".p/{width}")
        hashes = read(f"tile/0/{name}")
        entries = list(_entries(read(f"tile/entries/{name}")))
        if len(hashes) != width * HASH_BYTES or len(entries) != width:
            raise Wrong(f"the tile of the leaves from {tile * TILE} has not {width} of them")
        for at, entry in enumerate(entries):
            leaf = Leaf.read(tile * TILE + at, entry)
            if hashes[at * HASH_BYTES : (at + 1) * HASH_BYTES] != leaf.hash:
                raise Wrong(f"leaf {leaf.position}, {leaf.name}, was changed in the files")
            yield leaf


def _entries(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 2], "big")
        yield content[at + 2 : at + 2 + length]
        at += 2 + length


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


def keys_from(given: Sequence[str]) -> list[Key]:
    """Return the keys given as lines, or as files with lines.

    Raises:
        Unreadable: one is neither.
    """
    lines: list[str] = []
    for each in given:
        lines += Path(each).read_text().splitlines() if Path(each).is_file() else [each]
    return [Key.read(line) for line in lines]


def verify(
    place: str, terms: Terms, say: Callable[[str], None], remember: Path | None = None
) -> int:
    """Check a bundle, a folder or a web address; say what holds, and return the exit status.

    Args:
        remember: where the checkpoint of the whole ledger is kept, once all of it holds.
    """
    report = Report(say)
    say(f"Checking {place}")
    try:
        if Path(place).is_file():
            events = verify_bundle(Path(place).read_bytes(), terms, report)
            for event in events:
                say(f"    {event['recordedtime']}  {event['type']}  by {event['actor']}")
        else:
            newest = verify_tiles(reader_of(place), terms, report)
            if remember:
                _keep(remember, newest)
    except Wrong as wrong:
        say(f"  WRONG  {wrong}")
        say("It does not hold.")
        return 1
    except Exception as error:  # noqa: BLE001 - whatever a forged file leads to, it is not accepted
        say(f"It could not be read: {type(error).__name__}, {error}")
        return 2
    say("All of it holds.")
    return 0


def _keep(file: Path, checkpoint: Checkpoint) -> None:
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(checkpoint.note)
    draft.replace(file)


def kept_in(checkpoint: Path | None, remember: Path | None) -> str:
    """Return the checkpoint that the reader has kept, in either way; empty where there is none.

    Raises:
        Unreadable: in both, and not the same.
    """
    files = [each for each in (checkpoint, remember) if each and each.exists()]
    notes = {each.read_text() for each in files}
    if len(notes) > 1:
        raise Unreadable("give one checkpoint that you kept, not two")
    return notes.pop() if notes else ""


def main(arguments: Sequence[str]) -> int:
    """Run the program; return its exit status."""
    parser = argparse.ArgumentParser(description="Check a case or the whole ledger of Shouwen.")
    parser.add_argument("place", help="bundle of a case, folder with tiles, or web address")
    parser.add_argument("--key", action="append", default=[], help="public key, or file with keys")
    parser.add_argument("--checkpoint", type=Path, help="file with a checkpoint that you kept")
    parser.add_argument("--remember", type=Path, help="file that keeps the last good checkpoint")
    given = parser.parse_args(arguments)
    try:
        terms = Terms(keys_from(given.key), kept_in(given.checkpoint, given.remember))
    except Unreadable as error:
        parser.error(str(error))
    return verify(given.place, terms, print, given.remember)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
