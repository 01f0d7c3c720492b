"""Who takes no part in the handling (回避), and what is put right or taken back of a matter."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.responsibility.domain.evidence import MatterCorrection
from services.responsibility.domain.held import Held
from services.responsibility.domain.policy import FIRST_STEP, SEALED, class_of_all, day_of
from services.responsibility.domain.refusals import PartyToTheMatter
from statute.parties import Parties


class KeptOut(Held):
    """The parties to a matter, its corrections and withdrawals."""

    def check_no_party(self, **named: str | Sequence[str]) -> None:
        """Let no party take part in the handling.

        Args:
            named: field to the staff number or office code in it, or to several.

        Raises:
            PartyToTheMatter: with the fields that name one.
        """
        parties = {
            name: "is a party to the matter; name another who is none"
            for name, who in named.items()
            if self.parties.include(*([who] if isinstance(who, str) else who))
        }
        if parties:
            raise PartyToTheMatter(**parties)

    def keep_out(self, marks: Iterable[str], at: datetime) -> None:
        """Keep parties out of the handling; nothing happens when they are so already."""
        joined = self.parties.joined_by(marks)
        if joined != self.parties:
            self._tell_parties(joined, at)
        self._look_for_recusal(at)

    def _tell_parties(self, parties: Parties, at: datetime) -> None:
        self._record_parties(
            timestamp=at,
            office=self.office,
            sealed=self.sealed,
            kept_out=sorted(parties.marks),
        )

    def _let_parties_go(self, numbers: Sequence[str], at: datetime) -> None:
        """Let those go whom only petitions name that leave."""
        leaving = self.parties.named_in(numbers)
        if leaving.marks:
            self._tell_parties(self.parties.without(leaving), at)

    def _look_for_recusal(self, at: datetime) -> None:
        """Put on record, once, that the owner of an open matter is a party to it.

        The ownership stays: only succession and recusal move it.
        """
        if self.owner is None or self.closed_at is not None:
            return
        told = self.record.recusal_due == self.owner
        if not told and self.parties.include(self.owner, self.record.chain[-1].office):
            self._record_recusal_due(timestamp=at, owner=self.owner, office=self.office)

    def correct(self, correction: MatterCorrection, at: datetime) -> None:
        """Follow a correction of one of its petitions.

        The first petition gives the matter its channel; its class is that of all of its petitions,
        of which any that is an accusation seals it, and stays one. Nothing happens when all is so
        already.
        """
        number, classes = correction.number, self.record.classes
        was = classes.get(number, "")
        wanted = was if was == SEALED else correction.petition_class or was
        channel = (correction.original and correction.channel) or ""
        self._put_right(at, classes | ({number: wanted} if wanted else {}), number, channel)

    def _put_right(
        self, at: datetime, classes: Mapping[str, str], number: str = "", channel: str = ""
    ) -> None:
        """Put on record of which class the matter is by its petitions, and which channel.

        Nothing happens when that is so already, and the petition in hand is of the class on record.

        Args:
            classes: number to class of all of its petitions.
            number: the petition in hand; the first unless given.
            channel: as it is unless given.
        """
        number, channel = number or self.number, channel or self.channel
        petition_class, its = class_of_all(classes.values()), classes.get(number, "")
        is_now = (self.petition_class, self.channel, self.record.classes.get(number, ""))
        if (petition_class, channel, its) == is_now:
            return
        sealing = petition_class != self.petition_class and petition_class == SEALED
        self._record_correction(
            timestamp=at,
            petition_class=petition_class,
            previous_class=self.petition_class,
            channel=channel,
            previous_channel=self.channel,
            corrected_number=number,
            corrected_class=its,
        )
        if sealing and self.parties.marks:
            self._tell_parties(self.parties, at)

    def correct_receipt(
        self, received_at: datetime, at: datetime, due: Mapping[str, Any] | None
    ) -> None:
        """Put on record that its first petition was received at another time, as it is stated now.

        Args:
            due: when the first step is due by that, where no course counts its days; else None.
        """
        self._record_receipt(
            timestamp=at,
            office=self.office,
            received_at=received_at,
            previous_received_at=self.received_at,
            term=FIRST_STEP,
            runs_from=day_of(received_at).isoformat(),
            due=due,
        )

    @property
    def is_withdrawn(self) -> bool:
        """Whether all of its petitions were withdrawn."""
        return set(self.numbers) <= set(self.record.withdrawn)

    def receive_withdrawal(self, withdrawn_number: str, ground: str, at: datetime) -> bool:
        """Put on record that a petition of the matter was withdrawn.

        Returns:
            whether none is left.
        """
        if withdrawn_number not in self.record.withdrawn:
            self._record_withdrawal(timestamp=at, withdrawn_number=withdrawn_number, ground=ground)
        return self.is_withdrawn
