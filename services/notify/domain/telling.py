"""Who is told of what, what came of it, and for whom it is needed no more."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid5

from services.notify.domain.held import Held
from services.notify.domain.planning import OFFICE_HOURS
from services.notify.domain.policy import ATTEMPTS_LEAST, GIVEN_UP_AFTER, TOLD_AGAIN
from services.notify.domain.refusals import NotGivenUp
from services.notify.domain.reminder import Occasion, Reminder
from statute.parties import Parties
from statute.workdays import WorkCalendar

# Who is told under it has not been told, and may be yet.
UNTOLD: Final = frozenset({"planned", "given_up"})


class Telling(Held):
    """Each reminder from its plan to its end."""

    def plan(self, recipient: str, reason: str, due_at: datetime, occasion: Occasion) -> None:
        """Plan a reminder; the same one is planned once, and a party is told nothing."""
        reminder_id = str(uuid5(self.id, f"{recipient}/{reason}/{occasion.id}"))
        if reminder_id in self.reminders or reminder_id in self.withheld:
            return
        if self.keeps_out(recipient):
            self._record_withholding(timestamp=occasion.at, reminder_id=reminder_id, reason=reason)
        else:
            self._record_plan(
                timestamp=occasion.at,
                reminder_id=reminder_id,
                recipient=recipient,
                reason=reason,
                due_at=due_at,
            )

    def is_planned(self, recipient: str, reason: str) -> bool:
        """Tell whether somebody is going to be told for a reason already."""
        return any(
            each.state == "planned" and (each.recipient, each.reason) == (recipient, reason)
            for each in self.reminders.values()
        )

    def cancel(
        self,
        why: str,
        at: datetime,
        *,
        about: str = "",
        recipient: str = "",
        term: str = "",
        sparing: str = "",
    ) -> None:
        """Cancel what is planned or given up, all of it or that of one reason, recipient or term.

        What was given up could be delivered again, and is needed no more than what is planned.

        Args:
            recipient: he, and who is told as his deputy.
            sparing: a reason for which somebody is told all the same.
        """
        for reminder in list(self.reminders.values()):
            whose = {"", reminder.recipient, reminder.beside}
            meant = about in {"", reminder.reason} and recipient in whose
            if term:
                meant = meant and reminder.point is not None and reminder.point.term == term
            if reminder.state in UNTOLD and meant and reminder.reason != sparing:
                self._record_cancellation(
                    timestamp=at, reminder_id=reminder.reminder_id, reason=why
                )

    def keep_out(self, marks: Iterable[str], at: datetime) -> None:
        """Tell the parties to what is sealed nothing any more; `marks` are those of all of them."""
        parties = Parties(frozenset(marks))
        if parties == self.parties:
            return
        self._record_parties(timestamp=at, kept_out=sorted(parties.marks))
        for recipient in sorted({each.recipient for each in self.reminders.values()}):
            if self.keeps_out(recipient):
                self.cancel("kept_out", at, recipient=recipient)

    def reclassify(self, petition_class: str, at: datetime) -> None:
        """Tell of it as of a petition of another class; what becomes sealed stays in its office."""
        if petition_class == self.petition_class:
            return
        self._record_class(timestamp=at, petition_class=petition_class)
        of_terms = [each for each in self.reminders.values() if each.point is not None]
        for recipient in sorted({each.recipient for each in of_terms}):
            if self.sealed and self._is_outside(recipient):
                self.cancel("sealed", at, recipient=recipient)

    def acknowledge(self, reminder_id: str, at: datetime) -> None:
        """Record that its recipient has taken note; what was not delivered yet need not be."""
        if self.reminders[reminder_id].state in {"planned", "delivered", "given_up"}:
            self._record_acknowledgement(timestamp=at, reminder_id=reminder_id)

    def redrive(self, reminder_id: str, at: datetime) -> None:
        """Deliver a reminder again that was given up.

        Raises:
            NotGivenUp: it was not.
        """
        reminder = self.reminders[reminder_id]
        if reminder.state != "given_up":
            raise NotGivenUp(reminder_id=f"is {reminder.state}")
        if self.keeps_out(reminder.recipient):
            raise NotGivenUp(reminder_id="is for one who is told nothing any more")
        self._record_redrive(timestamp=at, reminder_id=reminder_id)

    def record_attempts(
        self,
        reminder_id: str,
        attempt: int,
        outcomes: Mapping[str, str],
        again_at: datetime,
        again_after: timedelta,
        calendar: WorkCalendar,
        at: datetime,
        *,
        complete: bool,
    ) -> None:
        """Record one round of attempts.

        Nothing happens when another process made the same attempt. Where the reminder was
        cancelled meanwhile, or its recipient has taken note, that he was told is on record.

        Args:
            attempt: number of the round, from 1.
            outcomes: channel to `ok` or a short word on the failure.
            again_at: when what failed is tried again.
            again_after: when a reminder about an untaken petition is due again.
            calendar: of the days on which that is.
            complete: it was delivered over every way that it has to go.
        """
        reminder = self.reminders[reminder_id]
        if attempt <= reminder.attempts:
            return
        goes_on = reminder.state == "planned"
        for channel, outcome in outcomes.items():
            self._record_attempt(
                timestamp=at,
                reminder_id=reminder_id,
                attempt=attempt,
                channel=channel,
                outcome=outcome,
                again_at=again_at,
            )
        if not goes_on:
            return
        failed = [outcome for outcome in outcomes.values() if outcome != "ok"]
        if complete:
            self._record_delivery(timestamp=at, reminder_id=reminder_id, attempts=attempt)
            self._plan_again(reminder, again_after, calendar, at)
        elif failed and _tried_enough(reminder, at):
            self._record_giving_up(
                timestamp=at, reminder_id=reminder_id, attempts=attempt, outcome=failed[-1]
            )
            self._plan_again(reminder, again_after, calendar, at)

    def _plan_again(
        self, reminder: Reminder, again_after: timedelta, calendar: WorkCalendar, at: datetime
    ) -> None:
        """Go on reminding until somebody takes the petition (rule 5), or the recusal is made.

        Times that have passed meanwhile are left out: nobody is told five times at once. Nor at
        night, or on a day that is not worked.
        """
        if reminder.reason in TOLD_AGAIN:
            passed = max((at - reminder.due_at) // again_after, 0)
            due_at = OFFICE_HOURS.first_from(reminder.due_at + (passed + 1) * again_after, calendar)
            again = Occasion(f"{reminder.reminder_id}/{due_at.isoformat()}", at)
            self.plan(reminder.recipient, reminder.reason, due_at, again)


def _tried_enough(reminder: Reminder, at: datetime) -> bool:
    often = reminder.attempts - reminder.given_up_at >= ATTEMPTS_LEAST
    return often and reminder.tried_from is not None and at - reminder.tried_from >= GIVEN_UP_AFTER
