"""The preferences of recipients, as delivery asks for them and as they are shown."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Questions, Writing
from services.notify.domain.planning import Hours
from services.notify.domain.preferences import Preferences, hours_told


class PreferenceTable:
    """The table `preference`: one row a recipient who has stated any.

    `digest_at` is when his next digest is due; empty for none.
    """

    tables: ClassVar = ("preference",)

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        del recorded
        if isinstance(event, Preferences.Stated | Preferences.Changed):
            row = {
                "recipient": event.recipient,
                "channels": json.dumps(event.channels),
                "hours": json.dumps(event.hours),
                "deputies": json.dumps(event.deputies),
                "digest": event.digest,
                "digest_at": _text(event.digest_at),
            }
            transaction.put("preference", row, key="recipient")
        elif isinstance(event, Preferences.DigestSent):
            changes = {"digest_at": _text(event.digest_at)}
            transaction.update("preference", "recipient", event.recipient, changes)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, Preferences.Stated):
            yield Made("preference", {"recipient": event.recipient})

    @staticmethod
    def hours_of(questions: Questions, recipients: Iterable[str]) -> Mapping[str, Hours]:
        """Return recipient to his hours, of those who have any."""
        asked = sorted(set(recipients))
        if not asked:
            return {}
        rows = questions.query(
            "SELECT recipient, hours FROM preference WHERE hours <> 'null'"  # noqa: S608 - placeholders
            f" AND recipient IN ({', '.join('?' for _ in asked)})",
            asked,
        )
        return {recipient: hours_told(json.loads(hours)) for recipient, hours in rows}

    @staticmethod
    def view_of(questions: Questions, recipient: str) -> dict[str, Any]:
        """Return the preferences of a recipient as they are shown; none stated are none."""
        rows = questions.query(
            "SELECT channels, hours, deputies, digest FROM preference WHERE recipient = ?",
            (recipient,),
        )
        channels, hours, deputies, digest = rows[0] if rows else ("[]", "null", "[]", "none")
        return {
            "recipient": recipient,
            "channels": json.loads(channels),
            "hours": json.loads(hours),
            "deputies": json.loads(deputies),
            "digest": digest,
        }


def _text(at: datetime | None) -> str:
    return "" if at is None else text_of(at)
