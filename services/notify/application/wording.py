"""What people read: a sentence with the number, the kind, the term. No personal data."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid5

from services.notify.application.ports import Told
from services.notify.domain.planning import late_by
from services.notify.domain.policy import SENTENCES
from services.notify.domain.reminder import Reminder
from statute.terms import REMINDED_TERMS

GATHERED: Final = UUID("c2b7a1de-8d25-5f3a-b0f8-6a3e9d1c7f24")
# The rest is in the list of reminders, and in the digest.
SHOWN_MAX: Final = 20


def sentence_of(number: str, reminder: Reminder) -> str:
    """Return what one reminder says."""
    said = {"number": number}
    if point := reminder.point:
        day = point.due_on
        said |= {
            "term": REMINDED_TERMS[point.term].chinese,
            "due_on": f"{day.year}年{day.month}月{day.day}日",
            "late": str(late_by(point.kind)),
        }
    return SENTENCES[reminder.reason].format(**said)


def gathered(told: Sequence[Told], link: str = "") -> Told:
    """Return several reminders of one recipient as one, the longest due first."""
    first = told[0]
    shown = [f"{place}. {each.sentence}" for place, each in enumerate(told[:SHOWN_MAX], start=1)]
    more = [f"其余{len(told) - SHOWN_MAX}条请登录平台查看。"] if len(told) > SHOWN_MAX else []
    return Told(
        reminder_id=str(uuid5(GATHERED, "/".join(each.reminder_id for each in told))),
        number="",
        recipient=first.recipient,
        reason="gathered",
        sentence="\n".join([f"您有{len(told)}条信访提醒：", *shown, *more]),
        due_at=first.due_at,
        link=link,
    )
