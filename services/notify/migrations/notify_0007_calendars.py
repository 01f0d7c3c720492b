"""By which calendar of working days a term is planned, for when another takes its place."""

import json
from typing import Final

from alembic import op
from sqlalchemy import text

revision = "notify_0007"
down_revision = "notify_0006"

PAGE: Final = 1_000


def upgrade() -> None:
    op.execute("ALTER TABLE term_plan ADD COLUMN calendar TEXT NOT NULL DEFAULT ''")
    # What has ended is not planned anew: of most of what was ever planned nobody asks any more.
    if latest := _latest_of(_running()):
        op.get_bind().execute(
            text("UPDATE term_plan SET calendar = :calendar WHERE id = :id"),
            [{"id": id_, "calendar": calendar} for id_, calendar in latest.items()],
        )
    op.execute("CREATE INDEX term_plan_calendar ON term_plan (calendar, id) WHERE next_at <> ''")


def _running() -> set[str]:
    return set(op.get_bind().execute(text("SELECT id FROM term_plan WHERE runs = 1")).scalars())


def _latest_of(plans: set[str]) -> dict[str, str]:
    """Return the calendar by which each of these was planned last."""
    latest, after = {}, 0
    while facts := _made_after(after):
        for position, state in facts:
            after, made = position, json.loads(bytes(state))
            plan = f"{made['petition_id']}/{made['term']}"
            if plan in plans:
                latest[plan] = made["calendar"]
    return latest


def _made_after(position: int) -> list[tuple[int, bytes]]:
    found = op.get_bind().execute(
        text(
            "SELECT position, state FROM event_log WHERE topic = 'reminders.plan_made.v1'"
            " AND position > :after ORDER BY position LIMIT :most"
        ),
        {"after": position, "most": PAGE},
    )
    return [(position, state) for position, state in found.fetchall()]
