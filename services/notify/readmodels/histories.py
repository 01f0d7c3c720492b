"""What happened to one reminder, as it is shown: its facts, read from the log."""

from collections.abc import Iterator, Sequence
from typing import Any

from chassis.eventstore.facts import state_of
from chassis.eventstore.instants import text_of
from chassis.eventstore.log import EventLog, RecordedEvent
from services.notify.domain.reminders import PetitionReminders


def entries_of(facts: Sequence[RecordedEvent], reminder_id: str) -> list[dict[str, Any]]:
    """Return the facts about a reminder, oldest first, among those of its petition."""
    return list(_entries(facts, reminder_id))


def facts_of(log: EventLog, petition_id: str) -> Sequence[RecordedEvent]:
    """Return the facts of the reminders of a petition, oldest first."""
    return log.select_recorded_of(PetitionReminders.create_id(petition_id))


def _entries(facts: Sequence[RecordedEvent], reminder_id: str) -> Iterator[dict[str, Any]]:
    for fact in facts:
        state = state_of(fact)
        concerned = {state.get("reminder_id"), *state.get("told", {}).values()}
        if reminder_id in concerned:
            yield {
                "at": text_of(fact.recorded_at),
                "type": fact.topic,
                "by": fact.actor,
                "attempt": state.get("attempt", 0),
                "channel": state.get("channel", ""),
                "outcome": state.get("outcome") or state.get("reason") or state.get("kind", ""),
            }
