"""Repeats as clerks find them: linked, declined and unlinked after registration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.eventstore.application import Answer, Unit
from chassis.eventstore.commands import Command
from chassis.eventstore.instants import instant_of
from chassis.eventstore.log import VersionConflict
from chassis.eventstore.transaction import Questions, Writing
from services.intake.application import Intake, check_sight
from services.intake.application.ports import Reader, Register
from services.intake.domain.numbering import verified
from services.intake.domain.petition import Original, Petition, Proposal
from services.intake.domain.refusals import (
    AlreadyLinked,
    OfficeNotAllowed,
    OriginalLater,
    OriginalUnknown,
    PetitionUnknown,
    RepeatOfItself,
    Sealed,
)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """Why a clerk links or unlinks."""

    reason: str
    document: str = ""


@dataclass(frozen=True)
class Linking:
    """Links between petitions that are on record.

    A link always leads from a later matter to an earlier one, and from first petition to first
    petition: there are no circles, whoever links what at the same time. Beside the first it names
    the petition that is repeated: with that one the repeat leaves, should that one leave. What
    repeats the later one comes along, and leaves with it.
    """

    intake: Intake
    register: Register

    def link(
        self, reader: Reader, command: Command, number: str, of: str, stated: Statement
    ) -> Answer:
        """Link a petition to the matter of an earlier one.

        Raises:
            PetitionUnknown, OriginalUnknown, OfficeNotAllowed, Sealed: not the reader's to link.
            RepeatOfItself, OriginalLater, AlreadyLinked.
        """
        row = self._to_link(reader, number)

        def decide(unit: Unit) -> Answer:
            original, named = self._original(self.intake.log_of_events, reader, row, of)
            along = self.register.behind(self.intake.log_of_events, row["petition_id"])
            petition = self._found(unit, row)
            petition.check_version(command.expected_version)
            proposal = self._confirmed(petition, original)
            self._check_reach(reader, proposal, original)
            if proposal is not None and named.number == original["number"]:
                # The matter that was proposed: the petition of it that this one is like is meant.
                named = proposal.named
            petition.link(
                Original(original["petition_id"], original["number"]),
                along,
                named=named,
                proposal=proposal,
                reason=stated.reason,
                document=stated.document,
                at=self.intake.clock(),
            )

            def check(transaction: Questions) -> None:
                """Hold under the append lock what was decided: somebody may have linked either."""
                now = self.register.find(transaction, named.number)
                _unmoved(now is not None and now["matter_number"] == original["number"])
                _unmoved(along == self.register.behind(transaction, row["petition_id"]))

            unit.preparing.append(check)
            return _answer(petition, along)

        return self.intake.run(command.provenance, decide, command.key)

    def decline(self, reader: Reader, command: Command, number: str, stated: Statement) -> Answer:
        """Put on record that a petition does not repeat the one it was proposed to.

        Raises:
            PetitionUnknown, OfficeNotAllowed, Sealed, ProposalUnknown.
        """
        row = self._to_link(reader, number)

        def decide(unit: Unit) -> Answer:
            petition = self._found(unit, row)
            petition.check_version(command.expected_version)
            petition.decline(stated.reason, self.intake.clock())
            return _answer(petition, [])

        return self.intake.run(command.provenance, decide, command.key)

    def unlink(self, reader: Reader, command: Command, number: str, stated: Statement) -> Answer:
        """Make a petition a matter of its own again; what repeats it goes with it.

        Raises:
            PetitionUnknown, OfficeNotAllowed, Sealed, NotLinked.
        """
        row = self._to_unlink(reader, number)

        def decide(unit: Unit) -> Answer:
            along = self.register.behind(self.intake.log_of_events, row["petition_id"])
            petition = self._found(unit, row)
            petition.check_version(command.expected_version)
            petition.unlink(
                along,
                registered_at=instant_of(row["registered_at"]),
                reason=stated.reason,
                document=stated.document,
                at=self.intake.clock(),
            )

            def check(transaction: Writing) -> None:
                _unmoved(along == self.register.behind(transaction, row["petition_id"]))

            unit.preparing.append(check)
            return _answer(petition, along)

        return self.intake.run(command.provenance, decide, command.key)

    def _to_link(self, reader: Reader, number: str) -> Row:
        """Return the row of a petition whose links the reader decides on."""
        row = self.intake.row_of(verified(number))
        check_sight(reader, row)
        if not reader.actor.acts_for(row["office"]):
            raise OfficeNotAllowed(number=row["office"])
        return row

    def _to_unlink(self, reader: Reader, number: str) -> Row:
        """Return the row of a repeat: its own office undoes the link, or that of its matter."""
        row = self.intake.row_of(verified(number))
        original = self.register.find(self.intake.log_of_events, row["matter_number"]) or row
        if row["sealed"] or not reader.actor.acts_for(original["office"]):
            return self._to_link(reader, number)
        return row

    def _confirmed(self, petition: Petition, original: Row) -> Proposal | None:
        """Return the proposal that a link to a matter confirms, wherever that belongs by now."""
        proposal = petition.proposal
        if proposal is None:
            return None
        like = self.register.find(self.intake.log_of_events, proposal.named.number)
        belongs = like is not None and like["matter_number"] == original["number"]
        return proposal if belongs else None

    @staticmethod
    def _check_reach(reader: Reader, proposal: Proposal | None, original: Row) -> None:
        """Let nobody link to a matter of elsewhere by himself: it may change whose it is."""
        if proposal is None and not reader.actor.acts_for(original["office"]):
            raise OfficeNotAllowed(repeat_of=original["office"])

    @staticmethod
    def _found(unit: Unit, row: Row) -> Petition:
        petition = unit.find(Petition, UUID(row["petition_id"]))
        if petition is None:
            raise PetitionUnknown(number=row["number"])
        return petition

    def _original(
        self, questions: Questions, reader: Reader, row: Row, of: str
    ) -> tuple[Row, Original]:
        """Return the first petition of the matter that another belongs to, and that one."""
        named = self.register.find(questions, verified(of))
        own_office = named is not None and reader.actor.office == named["office"]
        if named is None or (named["sealed"] and not own_office):
            raise OriginalUnknown(repeat_of="is not on record")
        if bool(named["sealed"]) != bool(row["sealed"]):
            raise Sealed(
                repeat_of="one of the two is sealed: its number must not stand in the other"
            )
        if named["sealed"]:
            check_sight(reader, named)
        if of == row["number"]:
            raise RepeatOfItself(repeat_of="is the petition itself")
        original = self.register.find(questions, named["matter_number"]) or named
        if original["number"] == row["number"]:
            raise AlreadyLinked(repeat_of="repeats this petition already", matter=row["number"])
        if original["position"] > row["position"]:
            raise OriginalLater(repeat_of="was registered later: link that one to this")
        return original, Original(named["petition_id"], named["number"])


def _unmoved(holds: bool) -> None:  # noqa: FBT001 - what is checked
    if not holds:
        raise VersionConflict("the matter was linked or joined meanwhile")


def _answer(petition: Petition, along: list[str]) -> Answer:
    return {
        "number": petition.number,
        "repeat_of": petition.repeats_number,
        "along": along,
    }
