"""Own facts as the messages that others read; the only place that sees both."""

from collections.abc import Mapping
from typing import Final

from chassis.messaging.telling import Telling
from contracts.events import notify as told
from services.notify.domain.calendars import Calendars
from services.notify.domain.preferences import Preferences
from services.notify.domain.reminders import PetitionReminders

TELLINGS: Final[Mapping[type, Telling]] = {
    PetitionReminders.Begun: Telling(told.RemindersBegunV1),
    PetitionReminders.PlanMade: Telling(told.RemindersPlanMadeV1),
    PetitionReminders.PlanDropped: Telling(told.RemindersPlanDroppedV1),
    PetitionReminders.FellDue: Telling(told.RemindersFellDueV1),
    PetitionReminders.Planned: Telling(told.ReminderPlannedV1),
    PetitionReminders.Attempted: Telling(told.ReminderAttemptedV1),
    PetitionReminders.Delivered: Telling(told.ReminderDeliveredV1),
    PetitionReminders.Cancelled: Telling(told.ReminderCancelledV1),
    PetitionReminders.KeptOut: Telling(told.RemindersKeptOutV1),
    PetitionReminders.Reclassified: Telling(told.RemindersReclassifiedV1),
    PetitionReminders.OwnerForgotten: Telling(told.RemindersOwnerForgottenV1),
    PetitionReminders.Withheld: Telling(told.ReminderWithheldV1),
    PetitionReminders.GivenUp: Telling(told.ReminderGivenUpV1),
    PetitionReminders.Acknowledged: Telling(told.ReminderAcknowledgedV1),
    PetitionReminders.Snoozed: Telling(told.ReminderSnoozedV1),
    PetitionReminders.Redriven: Telling(told.ReminderRedrivenV1),
    Calendars.Heard: Telling(told.ReminderCalendarHeardV1),
    Calendars.Replaced: Telling(told.ReminderCalendarReplacedV1),
    Preferences.Stated: Telling(told.PreferencesStatedV1),
    Preferences.Changed: Telling(told.PreferencesChangedV1),
    Preferences.DigestSent: Telling(told.DigestSentV1),
}
