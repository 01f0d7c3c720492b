"""What people read: a sentence with the number, the kind, the term. No personal data."""

from services.notify.domain.planning import late_by
from services.notify.domain.policy import SENTENCES
from services.notify.domain.reminders import Reminder
from statute.terms import TERMS


def sentence_of(number: str, reminder: Reminder) -> str:
    """Return what one reminder says."""
    said = {"number": number}
    if point := reminder.point:
        day = point.due_on
        said |= {
            "term": TERMS[point.term].chinese,
            "due_on": f"{day.year}年{day.month}月{day.day}日",
            "late": str(late_by(point.kind)),
        }
    return SENTENCES[reminder.reason].format(**said)
