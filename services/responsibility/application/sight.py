"""Who may know of a matter, and who may take a step in it."""

from chassis.eventstore.commands import Command
from chassis.jurisdiction import Actor, is_above
from services.responsibility.application.callers import ReportedReception, Viewer
from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import (
    Hidden,
    OfficeNotAllowed,
    PartyToTheMatter,
    Refusal,
    VersionChanged,
)


def check_sight(viewer: Viewer, ownership: Ownership, course: Course | None, number: str) -> None:
    """Let nobody learn of an accusation but those who have to do with it (Arts 27 to 30).

    They are its office, its owner, and who handles it, but no party, whatever else he is. Where
    the office itself is a party, those above it stand in its place.

    Raises:
        Hidden: as if there were none.
    """
    if not ownership.sealed:
        return
    actor = viewer.actor
    if ownership.parties.include(actor.subject, actor.office):
        raise Hidden(number=number)
    at_work = course.work.involved if course is not None else frozenset()
    has_to_do = {actor.subject, actor.office} & {ownership.office, ownership.owner, *at_work}
    if not (viewer.follows or has_to_do or _stands_in(actor, ownership)):
        raise Hidden(number=number)


def _stands_in(actor: Actor, ownership: Ownership) -> bool:
    return is_above(actor.office, ownership.office) and ownership.parties.include(ownership.office)


def check_no_party(actor: Actor, ownership: Ownership, number: str) -> None:
    """Let no party to a matter take a step in it.

    Raises:
        Hidden: it is sealed, so to him there is none.
        PartyToTheMatter: he may know of it.
    """
    if not ownership.parties.include(actor.subject, actor.office):
        return
    if ownership.sealed:
        raise Hidden(number=number)
    raise PartyToTheMatter(number="its parties take no part in its handling")


def check_receiver(actor: Actor, ownership: Ownership, reported: ReportedReception) -> None:
    """Tell only those who know of the matter that the receiver is a party to it."""
    named = ownership.parties.include(reported.leader, reported.office)
    knows = actor.office == ownership.office or actor.subject == ownership.owner
    if named and ownership.sealed and not (knows or _stands_in(actor, ownership)):
        raise Hidden(number=reported.number)


def not_allowed(ownership: Ownership, number: str, office: str) -> Refusal:
    return Hidden(number=number) if ownership.sealed else OfficeNotAllowed(office=office)


def check_version(command: Command, ownership: Ownership) -> None:
    """Let nobody decide on a state of the matter that is not that of the record any more."""
    if command.expected_version not in {None, ownership.version}:
        raise VersionChanged(expected_version=f"the matter is at version {ownership.version} now")
