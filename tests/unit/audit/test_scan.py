"""The quick way through a whole ledger says what the slow one says, of anything."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.chains import Bound, chained
from services.audit.domain.merkle import leaf_hash
from services.audit.verifier import Chains, Growing, Leaf, Logs, Scan, Wrong, folded, root_over
from tests.builders import petition_id

ODD = ["", '"', "\\", "\x7f", "\n", "信访😀", "é", "\u2028", '","seq":1', "a b", "x" * 200]
TEXTS = st.sampled_from([petition_id(1), petition_id(2), *ODD]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=12
)
EVENTS = st.lists(
    st.builds(
        lambda source, petition, type_, at: (source, petition, type_, at),
        st.sampled_from(["intake", "notify"]),
        TEXTS,
        TEXTS,
        TEXTS,
    ),
    min_size=1,
    max_size=20,
)


def entered(events: Sequence[tuple[str, str, str, str]]) -> list[bytes]:
    seqs = {"intake": 0, "notify": 0}
    bound = []
    for source, petition, type_, at in events:
        seqs[source] += 1
        bound.append(Bound(source, seqs[source], petition, type_, at, "0" * 64))
    return [each.encoded for each in chained(bound, 0, {})]


def quickly(entries: Sequence[bytes]) -> str:
    """Return why leaves are refused, empty where they are not; with hashes that fit them."""
    scan = Scan(None)
    try:
        scan.add(0, [leaf_hash(each) for each in entries], entries)
    except Wrong as wrong:
        return str(wrong)
    assert scan.tree.root() == root_over(entries)
    return ""


def slowly(entries: Sequence[bytes]) -> str:
    chains, logs = Chains(), Logs()
    try:
        for position, entry in enumerate(entries):
            leaf = Leaf.read(position, entry)
            logs.add(leaf)
            chains.add(leaf)
    except Wrong as wrong:
        return str(wrong)
    return ""


@given(events=EVENTS)
def test_whatever_was_entered_holds(events: Sequence[tuple[str, str, str, str]]):
    entries = entered(events)
    assert quickly(entries) == slowly(entries) == ""


@given(events=EVENTS, data=st.data())
def test_whatever_was_changed_is_refused_for_the_same_reason(
    events: Sequence[tuple[str, str, str, str]], data: st.DataObject
):
    """By somebody who makes all hashes fit: a byte, an order, a leaf taken out."""
    entries = entered(events)
    at = data.draw(st.integers(0, len(entries) - 1))
    place = data.draw(st.integers(0, len(entries[at]) - 1))
    octet = data.draw(st.integers(0, 255) | st.sampled_from(list(b'"\\ 0123456789{},:')))
    changed = entries[at][:place] + bytes([octet]) + entries[at][place + 1 :]
    for forged in (
        [*entries[:at], changed, *entries[at + 1 :]],
        [*entries[:at], *entries[at + 1 :]],
        [*entries[:at], entries[at], *entries[at:]],
        entries[::-1],
    ):
        assert quickly(forged) == slowly(forged)


@given(sizes=st.lists(st.sampled_from([1, 7, 255, 256]), max_size=5))
def test_a_tree_grows_by_tiles_as_it_does_by_leaves(sizes: list[int]):
    tree, leaves = Growing(), [leaf_hash(bytes([at % 251])) for at in range(256 * 5)]
    whole, single = 256 * len(sizes), Growing()
    for start in range(0, whole, 256):
        tree.add_tile(folded(leaves[start : start + 256]))
    for hash_ in leaves[:whole]:
        single.add(hash_)
    for count in sizes:
        assert tree.root_with(leaves[:count]) == single.root_with(leaves[:count])
    assert tree.root() == single.root()
