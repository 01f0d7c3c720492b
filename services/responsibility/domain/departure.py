"""What goes with a petition that leaves a matter (分案)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.responsibility.domain.evidence import Claim, Link
from statute.parties import Parties


@dataclass(frozen=True)
class PassedOn:
    """A succession or recusal of a matter, by which another that was part of it is held too."""

    previous_owner: str
    link: Link


@dataclass(frozen=True)
class Met:
    """Who came to a matter by a petition that leaves it.

    Attributes:
        link: since when, and by which petition.
        evidence: what decided it, where it was the first contact of the whole.
        claim: as which it is on record, where the whole had an owner already.
        followed: by whom the whole was held afterwards.
    """

    link: Link
    evidence: Mapping[str, Any]
    claim: Claim | None
    followed: Sequence[PassedOn]


@dataclass(frozen=True)
class Departure:
    """What goes with a petition that leaves a matter.

    Attributes:
        numbers: its own first, then those of what repeats it; `named` those that each repeats.
        met: who received them, or owned what is part of them, in the order of the record.
        acting: who holds the matter that it leaves, if he did something in it since the petition
            came; else None.
        on_duty: who was on duty for one of them that nobody received, when it was registered, in
            the order of the record.
        withdrawn: those of the numbers that were withdrawn.
        parties: whom these petitions name.
        classes: number to the class of that petition; empty where it is not on record.
    """

    numbers: Sequence[str]
    named: Sequence[str]
    met: Sequence[Met]
    acting: Link | None
    withdrawn: Sequence[str]
    parties: Parties
    classes: Mapping[str, str]
    on_duty: Sequence[Met] = ()

    @property
    def upheld(self) -> set[str]:
        """Who contested one of these petitions, and was found to be right."""
        claims = [met.claim for met in self.met if met.claim is not None]
        return {claim.leader for claim in claims if claim.ruling == "upheld"}
