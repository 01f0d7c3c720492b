"""Which petitions were linked to which by mistake: they are not linked again without a clerk."""

import json
from typing import Any

from alembic import op
from sqlalchemy import text

revision = "intake_0006"
down_revision = "intake_0005"


def upgrade() -> None:
    op.execute("ALTER TABLE petition ADD COLUMN parted_from TEXT NOT NULL DEFAULT ''")
    undone: dict[str, set[str]] = {}
    rows = op.get_bind().execute(
        text("SELECT state FROM event_log WHERE topic = 'repeat.unlinked.v1' ORDER BY position")
    )
    for (state,) in rows:
        fact: dict[str, Any] = json.loads(bytes(state))
        undone.setdefault(fact["petition_id"], set()).add(fact["repeats"])
    for petition_id, parted_from in undone.items():
        op.get_bind().execute(
            text("UPDATE petition SET parted_from = :ids WHERE petition_id = :id"),
            {"ids": " ".join(sorted(parted_from)), "id": petition_id},
        )
