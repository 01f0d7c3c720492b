"""What is taken away of one case: its events and leaves, and what shows them to be all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from services.audit.domain.heads import End, key_of, key_of_number


@dataclass(frozen=True, slots=True)
class Proven:
    """One event with its leaf.

    Attributes:
        position: index of the leaf in the tree.
        path: of the leaf, to the root of the checkpoint.
        event: in canonical form; empty where it is parked.
    """

    position: int
    leaf: bytes
    path: Sequence[bytes]
    event: bytes


class Sought(NamedTuple):
    """By what a case is looked for.

    Attributes:
        by: `petition` or `number`.
    """

    by: str
    what: str

    @property
    def key(self) -> str:
        """Return the key under which the tree of ends has it."""
        return _KEYS[self.by](self.what)


_KEYS: Final[Mapping[str, Callable[[str], str]]] = {"petition": key_of, "number": key_of_number}


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The end of one chain, or its absence.

    Attributes:
        sought: the petition, or the number, whose key it is.
        ends: of all chains that share its leaf in the tree of heads.
        path: of that leaf.
    """

    sought: "Sought"
    ends: Sequence[End]
    path: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Heads:
    """The fact that states the root over the ends, and the ends of the case."""

    stated: Proven
    chains: Sequence[ChainEnd]


@dataclass(frozen=True, slots=True)
class Growth:
    """The newest checkpoint, and what shows that it grew out of an older one.

    Attributes:
        note: the checkpoint to which all paths lead.
        note_before: an older one, empty where there is none.
        proof: that the one grew out of the other.
    """

    size: int
    note: str
    note_before: str
    proof: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """Everything that a bundle is made of.

    Attributes:
        facts: in the order of the ledger; `petitions`: of each of them, whose it is.
        heads: None while no root over the ends is under the checkpoint.
        calendars: of working days, by which terms of the case were counted.
    """

    number: str
    facts: Sequence[Proven]
    petitions: Sequence[str]
    growth: Growth
    heads: Heads | None
    calendars: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Absence:
    """What shows that there is no such case, up to the size at which the ends were stated."""

    sought: Sought
    growth: Growth
    heads: Heads
    stated_size: int
