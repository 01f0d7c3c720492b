"""Own facts as the messages that others read; the only place that sees both."""

from collections.abc import Mapping
from typing import Final

from chassis.messaging.telling import Telling
from contracts.events import notify as told
from services.notify.domain.reminders import PetitionReminders

TELLINGS: Final[Mapping[type, Telling]] = {
    PetitionReminders.Begun: Telling(told.RemindersBegunV1),
    PetitionReminders.Planned: Telling(told.ReminderPlannedV1),
    PetitionReminders.Attempted: Telling(told.ReminderAttemptedV1),
    PetitionReminders.Delivered: Telling(told.ReminderDeliveredV1),
    PetitionReminders.Cancelled: Telling(told.ReminderCancelledV1),
    PetitionReminders.KeptOut: Telling(told.RemindersKeptOutV1),
    PetitionReminders.Withheld: Telling(told.ReminderWithheldV1),
    PetitionReminders.GivenUp: Telling(told.ReminderGivenUpV1),
}
