"""Petitions that may repeat another, for a clerk to decide on, oldest first."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import Key, key_of, page_of
from chassis.eventstore.transaction import Questions, Row, Writing
from services.intake.domain.petition import Petition
from services.intake.readmodels.register import Sight

COLUMNS: Final = (
    "number",
    "repeat_of",
    "score",
    "text",
    "same_category",
    "place",
    "proposed_at",
    "known_by",
)
DECIDED_BY: Final = (Petition.RepeatLinked, Petition.RepeatDeclined)

# The one proposed may have become a repeat since: shown is the first of its matter.
_OPEN: Final = (
    "SELECT q.number, r.matter_number, q.score, q.text, q.same_category, q.place,"
    " q.proposed_at, q.known_by, COALESCE(k.sealed, p.sealed),"
    " COALESCE(k.kept_out, '') || ' ' || COALESCE(o.kept_out, ''), q.position"
    " FROM repeat_proposal q"
    " JOIN petition p ON p.number = q.number JOIN petition r ON r.number = q.repeat_of"
    " LEFT JOIN matter_sight k ON k.number = p.matter_number"
    " LEFT JOIN matter_sight o ON o.number = r.matter_number"
    " WHERE p.office = ? AND q.position > ?"
    " AND (COALESCE(k.sealed, p.sealed) = 0 OR p.registered_by = ? OR p.office = ?)"
    # What was proposed may have become an accusation since.
    " AND (COALESCE(o.sealed, r.sealed) = 0 OR r.registered_by = ? OR r.office = ?)"
    " ORDER BY q.position LIMIT ?"
)
_SEALED, _KEPT_OUT, _POSITION = 8, 9, 10


class Proposals:
    """The table `repeat_proposal`: what no clerk has decided on yet."""

    tables: ClassVar = ("repeat_proposal",)

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        if isinstance(event, Petition.RepeatProposed):
            transaction.insert("repeat_proposal", _row(event, recorded))
        elif isinstance(event, DECIDED_BY):
            transaction.write("DELETE FROM repeat_proposal WHERE number = ?", (event.number,))

    @staticmethod
    def made_by(_event: Any) -> Iterable[Made]:
        """Return none: a row goes when it was decided on."""
        return ()

    @staticmethod
    def listed(
        transaction: Questions, office: str, sight: Sight, limit: int, cursor: str
    ) -> tuple[list[dict[str, Any]], str]:
        """Return a page of what an office has to decide on, and the cursor of the next."""

        def rows_behind(behind: Key | None, count: int) -> list[Row]:
            (after,), who = behind or (0,), sight.subject
            return transaction.query(
                _OPEN, (office, after, who, sight.head_of, who, sight.office, count)
            )

        rows, next_cursor = page_of(
            rows_behind,
            lambda row: sight.shows({"sealed": row[_SEALED], "kept_out": row[_KEPT_OUT]}),
            lambda row: (row[_POSITION],),
            key_of(cursor, (int,)),
            limit,
        )
        return [_item(row) for row in rows], next_cursor


def _item(row: Row) -> dict[str, Any]:
    item = dict(zip(COLUMNS, row[:_SEALED], strict=True))
    # What was proposed before it was said has none.
    known_by = item.pop("known_by")
    known = {"known_by": known_by} if known_by else {}
    return item | known | {"same_category": bool(item["same_category"])}


def _row(event: Petition.RepeatProposed, recorded: RecordedEvent) -> Mapping[str, Any]:
    like = event.likeness
    return {
        "number": event.number,
        "repeat_of": event.named_number or event.repeats_number,
        "score": like["score"],
        "text": like["text"],
        "same_category": int(like["same_category"]),
        "place": like["place"],
        "known_by": like.get("known_by", ""),
        "proposed_at": text_of(recorded.recorded_at),
        "position": recorded.id,
    }
