"""What an accusation has left is sealed by its own petitions only, and keeps out theirs."""

from collections import defaultdict

from alembic import op
from sqlalchemy import text

revision = "intake_0007"
down_revision = "intake_0006"

OF_MATTERS = (
    "SELECT k.number, k.kept_out, p.number, p.sealed FROM matter_sight k"
    " JOIN petition p ON p.matter_number = k.number"
)
CHANGED = "UPDATE matter_sight SET sealed = :sealed, kept_out = :marks WHERE number = :of"


def upgrade() -> None:
    petitions: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for matter, kept_out, number, sealed in op.get_bind().execute(text(OF_MATTERS)):
        petitions[matter, kept_out][number] = bool(sealed)
    for (matter, kept_out), of_it in petitions.items():
        marks = [mark for mark in kept_out.split() if mark.partition(".")[0] in of_it]
        values = {"sealed": int(any(of_it.values())), "marks": " ".join(marks), "of": matter}
        op.get_bind().execute(text(CHANGED), values)
