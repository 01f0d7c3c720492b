"""Serves notify as a later version would, which tells of planned reminders in another way."""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import sys
from typing import Any, ClassVar

from chassis.environment import Variables
from chassis.messaging.telling import Telling
from chassis.observability import configure_logging
from chassis.runtime.surroundings import surroundings
from contracts.events.notify import ReminderPlannedV1
from services.notify import publishing
from services.notify.domain.reminders import PetitionReminders
from shouwen.hosting import host


class ReminderPlannedV9(ReminderPlannedV1, frozen=True):
    TYPE: ClassVar[str] = "reminder.planned.v9"


if __name__ == "__main__":
    configure_logging(service="notify")
    tellings: Any = publishing.TELLINGS
    tellings[PetitionReminders.Planned] = Telling(ReminderPlannedV9)
    sys.exit(host(surroundings(Variables()), "notify").run())
