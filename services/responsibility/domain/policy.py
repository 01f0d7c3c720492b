"""Rules that a province may set otherwise, as tables."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from statute.workdays import newest_calendar

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

# Somebody stands before the petitioner: the reception decides, not the roster (rule 1). Every
# other channel has no reception, so the leader on duty is the first contact (rule 5).
CHANNELS_WITH_RECEPTION: Final = frozenset({"visit", "reception_day"})

# Raised at another office, or on a platform: when it came to this one is not stated.
CHANNELS_FROM_ELSEWHERE: Final = frozenset({"transfer", "feed"})

# Clocks of offices differ a little; a time beyond this is a mistake.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)

# What must have happened before the owner closes, and the field that states it. Default policy,
# not verified against a published text; the checks and the double verification come with the
# whole course of the petition.
CLOSING_CONDITIONS: Final[Mapping[str, str]] = {
    "reply_document": "the written reply has not been delivered",
    "follow_up_visit_at": "the petitioner has not been visited after the reply",
    "evaluation_asked_at": "the petitioner has not been asked for an evaluation",
}

# Which of these must not lie before the reply on record, nor before the matter was reopened.
AFTER_THE_REPLY: Final = ("follow_up_visit_at", "evaluation_asked_at")

# A matter that was withdrawn or routed elsewhere ends without them.
OUTCOMES_WITHOUT_CONDITIONS: Final = frozenset({"withdrawn", "routed_elsewhere"})

# The same facts and grounds after re-review: registered only. The number is from memory.
NOT_ACCEPTED_AGAIN: Final = "Art 36"

# The ground of a succession by which a contested first contact was put right.
DISPUTE_UPHELD: Final = "dispute_upheld"

# An answer that is due later than that is a slip of the pen.
REPORT_WITHIN: Final = timedelta(days=730)

# The class of petitions whose material is sealed from registration on (Arts 27 to 30).
SEALED: Final = "accusation"

# Classes of petitions: what one owes to the petitioner more than those before it. An appeal has the
# terms of a handling; an accusation is kept from everybody who has nothing to do with it.
CLASSES: Final = ("suggestion", "appeal", SEALED)

# The one term that runs from the receipt, and before there is a course.
FIRST_STEP: Final = "first_step"

# Takes the step of a course that rests on his number and query code.
PETITIONER: Final = "petitioner"
# Why a course goes on by itself; the document beside it is the number of the repeat.
A_REPEAT_JOINED: Final = "a repeat joined"

# Buck-passing (推诿): passed on to another unit more often than that. The number is not verified.
PASSED_ON_AT_MOST: Final = 2
PASSING_ON: Final = frozenset({"transfer", "assign", "settle_competence"})


def class_of_all(classes: Iterable[str]) -> str:
    """Return the class of a matter by those of its petitions: none of them loses anything by it."""
    return max(classes, key=CLASSES.index, default="")


def day_of(at: datetime) -> date:
    """Return the day in Shanghai on which an instant falls."""
    return at.astimezone(SHANGHAI).date()


def receipt_of(
    channel: str,
    raised_at: datetime | None,
    registered_at: datetime,
    received_at: datetime | None = None,
) -> datetime | None:
    """Return when an office received a petition (收到), as far as that is stated.

    It does so when it is raised, unless another time is stated, or it was raised elsewhere. Nobody
    receives a petition after he has registered it, whosever clock is ahead; and a day before all
    calendars of working days is a slip of the pen.
    """
    here = channel not in CHANNELS_FROM_ELSEWHERE
    stated = received_at or (raised_at if here else None)
    if stated is None:
        return None
    if day_of(stated) < newest_calendar().first:
        return None
    return min(stated, registered_at)
