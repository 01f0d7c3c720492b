"""What is taken away of one case: its events and leaves, and what shows them to be all."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.audit.domain.heads import End


@dataclass(frozen=True, slots=True)
class Proven:
    """One event with its leaf.

    Attributes:
        position: index of the leaf in the tree.
        path: of the leaf, to the root of the checkpoint.
        event: in canonical form.
    """

    position: int
    leaf: bytes
    path: Sequence[bytes]
    event: bytes


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The end of one chain, or its absence.

    Attributes:
        ends: of all chains that share its leaf in the tree of heads.
        path: of that leaf.
    """

    petition: str
    ends: Sequence[End]
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Heads:
    """The fact that states the root over the ends, and the ends of the case."""

    stated: Proven
    chains: Sequence[ChainEnd]


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """Everything that a bundle is made of.

    Attributes:
        facts: in the order of the ledger.
        note: the checkpoint to which all paths lead.
        note_before: an older one, empty where there is none.
        growth: proof that the one grew out of the other.
        heads: None while no root over the ends is under the checkpoint.
    """

    number: str
    size: int
    facts: Sequence[Proven]
    note: str
    note_before: str
    growth: Sequence[bytes]
    heads: Heads | None
