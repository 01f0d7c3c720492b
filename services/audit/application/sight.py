"""Who may see which history: what is sealed exists only for those who are named."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from chassis.jurisdiction import Actor, is_above
from services.audit.domain.refusals import OfficeNotAllowed, PetitionUnknown
from services.audit.domain.timeline import Fact
from statute.parties import Parties

REGISTERED = "petition.registered.v1"
NAMED = "party.named.v1"
CORRECTED = "petition.corrected.v1"
MATTER_CORRECTED = "matter.corrected.v1"
KEPT_OUT = "parties.kept_out.v1"
SEALED = "accusation"


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a history; auditors read all.

    Attributes:
        is_program: one of the installation's own, which shows nothing to anybody.
    """

    actor: Actor
    auditing: bool
    is_program: bool = False


def check_reader(reader: Reader, facts: Sequence[Fact], matter: str, number: str) -> None:
    """Let only auditors, and the heads of a matter's offices, read its history.

    Of a sealed matter (Arts 27 to 30) the head of its own office reads, not of one that registered
    a repeat, and nobody else is told that there is one; no party is, whoever he may be. A matter
    that an accusation was part of and has left is open again, but its history tells of that.

    Args:
        facts: of the matter; those that say who may see it are enough.
    """
    offices = {
        str(fact.data["number"]): str(fact.data["office"]) for fact in _of(facts, REGISTERED)
    }
    actor = reader.actor
    if is_sealed(facts):
        marks = chain.from_iterable(
            fact.data.get("kept_out", ()) for fact in _of(facts, REGISTERED, NAMED, KEPT_OUT)
        )
        parties = Parties(frozenset(marks))
        _check_sealed(reader, offices.get(matter, ""), parties, number)
    elif not reader.auditing and not any(map(actor.acts_for, offices.values())):
        raise OfficeNotAllowed(office=", ".join(sorted(set(offices.values()))))


def is_sealed(facts: Sequence[Fact]) -> bool:
    """Tell whether a matter is sealed, by the facts of it that say who may see it."""
    sealed = any(fact.data.get("sealed") for fact in _of(facts, REGISTERED, CORRECTED))
    return sealed or any(map(_of_an_accusation, _of(facts, MATTER_CORRECTED)))


def hidden(reader: Reader, facts: Sequence[Fact]) -> bool:
    """Tell whether an auditor is a party to a sealed matter, of which he learns nothing."""
    try:
        check_reader(reader, facts, "", "")
    except PetitionUnknown:
        return True
    return False


def _check_sealed(reader: Reader, office: str, parties: Parties, number: str) -> None:
    actor = reader.actor
    party = parties.include(actor.subject, actor.office)
    in_place = is_above(actor.office, office) and parties.include(office)
    if party or not (reader.auditing or actor.office == office or in_place):
        raise PetitionUnknown(number=number)


def _of_an_accusation(fact: Fact) -> bool:
    return SEALED in {fact.data["petition_class"], fact.data["previous_class"]}


def _of(facts: Sequence[Fact], *types: str) -> list[Fact]:
    return [fact for fact in facts if fact.type in types]
