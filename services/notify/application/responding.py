"""Use cases of whoever was reminded: take note, put off, have it delivered again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.requests import CommandKey
from services.notify.application import Notify
from services.notify.application.ports import Place, Places
from services.notify.domain.refusals import ReminderUnknown
from services.notify.domain.reminders import PetitionReminders


@dataclass(frozen=True, slots=True)
class Command:
    """A command in hand.

    Attributes:
        recipients: whom its sender stands for; None for everybody.
        onlooker: his staff number and office, by which he may be a party to what is sealed.
    """

    by: str
    onlooker: Sequence[str]
    recipients: frozenset[str] | None
    correlation_id: str
    key: CommandKey

    @property
    def provenance(self) -> Provenance:
        """What the command's events go back to."""
        return Provenance(self.by, self.correlation_id, self.key.request_id)


@dataclass(frozen=True)
class Responses:
    """What recipients do about their reminders."""

    notify: Notify
    places: Places

    def acknowledge(self, command: Command, reminder_id: str) -> Answer:
        """Record that the recipient has taken note.

        Raises:
            ReminderUnknown: there is none, or it is somebody else's.
        """
        return self._change(
            command,
            reminder_id,
            lambda reminders: reminders.acknowledge(reminder_id, self.notify.clock()),
        )

    def snooze(self, command: Command, reminder_id: str, until: datetime, reason: str) -> Answer:
        """Let the recipient be told of the term again at an instant, and not before.

        Raises:
            ReminderUnknown, NotOfATerm, BeyondTheTerm.
        """
        return self._change(
            command,
            reminder_id,
            lambda reminders: reminders.snooze(
                reminder_id, until, reason, self.notify.calendar(), self.notify.clock()
            ),
        )

    def redrive(self, command: Command, reminder_id: str) -> Answer:
        """Deliver a reminder again that was given up.

        Raises:
            ReminderUnknown, NotGivenUp.
        """
        return self._change(
            command,
            reminder_id,
            lambda reminders: reminders.redrive(reminder_id, self.notify.clock()),
        )

    def place_of(
        self, reminder_id: str, recipients: frozenset[str] | None, onlooker: Sequence[str]
    ) -> Place:
        """Return where a reminder is on record.

        Raises:
            ReminderUnknown: there is none, it is somebody else's, or of what is sealed and to which
                the onlooker is a party.
        """
        place = self.places.place_of(self.notify.log_of_events, reminder_id)
        if place is None or (recipients is not None and place.recipient not in recipients):
            raise _unknown(recipients)
        if place.parties.include(*onlooker):
            raise _unknown(recipients)
        return place

    def _change(
        self, command: Command, reminder_id: str, change: Callable[[PetitionReminders], None]
    ) -> Answer:
        place = self.place_of(reminder_id, command.recipients, command.onlooker)
        stream = PetitionReminders.create_id(place.petition_id)

        def decide(unit: Unit) -> Answer:
            reminders = unit.find(PetitionReminders, stream)
            if reminders is None or reminder_id not in reminders.reminders:
                raise _unknown(command.recipients)
            change(reminders)
            state = reminders.reminders[reminder_id].state
            return {"reminder_id": reminder_id, "number": reminders.number, "state": state}

        return self.notify.run(command.provenance, decide, command.key, stream)


def _unknown(recipients: frozenset[str] | None) -> ReminderUnknown:
    """Refuse in the same words whether there is none or one is shown none of it."""
    yours = "" if recipients is None else " of yours"
    return ReminderUnknown(reminder_id=f"there is none{yours} with this id")
