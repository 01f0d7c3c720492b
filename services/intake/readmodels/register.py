"""Registered petitions as they are found and listed; their content is not here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final

from chassis.eventstore.instants import text_of
from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.paging import POSITION_BITS, Key, key_of, page_of
from chassis.eventstore.transaction import Questions, Row, Writing
from chassis.jurisdiction import is_above
from services.intake.application.ports import MarkedMatter
from services.intake.domain.petition import Petition
from statute.parties import Parties

COLUMNS: Final = (
    "petition_id",
    "number",
    "office",
    "region",
    "channel",
    "petition_class",
    "category",
    "headcount",
    "occurred_at",
    "registered_at",
    "registered_by",
    "sealed",
    "matter_id",
    "matter_number",
    "external_number",
    "position",
    "revision",
    "content_version",
    "corrected_at",
    "withdrawn_at",
)
_POSITION: Final = COLUMNS.index("position")
# Behind every position of a log: a search begins with the newest.
BEFORE_ALL: Final = 2**POSITION_BITS - 1
# The state of a matter of which nobody has told yet.
UNTOLD: Final = "registered"
_SELECT: Final = (
    f"SELECT {', '.join('p.' + column for column in COLUMNS)},"  # noqa: S608 - our own columns
    f" COALESCE(g.state, '{UNTOLD}'), COALESCE(g.changed_at, p.registered_at),"
    " COALESCE(g.owner, ''), COALESCE(k.sealed, p.sealed), COALESCE(k.kept_out, '')"
    " FROM petition p LEFT JOIN progress g ON g.number = p.matter_number"
    " LEFT JOIN matter_sight k ON k.number = p.matter_number"
)
# The index holds repeats only, so each question has to say that it wants no others.
_BEHIND: Final = (
    "WITH RECURSIVE behind(petition_id, number, sealed) AS ("
    "SELECT petition_id, number, sealed FROM petition WHERE repeats_id = ? AND repeats_id <> ''"
    " UNION SELECT p.petition_id, p.number, p.sealed FROM petition p"
    " JOIN behind b ON p.repeats_id = b.petition_id WHERE p.repeats_id <> ''"
    ") SELECT number, sealed FROM behind ORDER BY number"
)
# The fields of a `MarkedMatter`: found by the petition p, with r its first.
_MATTER: Final = (
    "r.petition_id, r.number, r.position, r.office, COALESCE(k.kept_out, ''), p.petition_id,"
    " p.number, p.parted_from || ' ' || r.parted_from"
)
# Beside those of `COLUMNS`; `sealed` is that of the matter.
_MORE: Final = ("state", "changed_at", "owner", "sealed", "kept_out")
_FILTERS: Final[Mapping[str, str]] = {
    "office": "p.office = ?",
    "region": "p.region = ?",
    "channel": "p.channel = ?",
    "petition_class": "p.petition_class = ?",
    "category": "p.category = ?",
    # Not by COALESCE: the planner knows how many matters stand in which state, and no expression.
    "state": "g.state = ?",
    "external_number": "p.external_number = ?",
    "registered_from": "p.registered_at >= ?",
    "registered_until": "p.registered_at < ?",
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What a searcher may see.

    Attributes:
        regions: leading digits of the regions whose petitions are shown; empty for all.
        subject, head_of: sealed matters are shown to who registered them, to the office's head
            and to who owns them.
        auditing: sealed matters are listed too.
        office: of the searcher; a party to a sealed matter, or to his office, is never shown it.
    """

    regions: str
    subject: str
    head_of: str
    auditing: bool
    office: str = ""

    def shows(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a row is none that the searcher is kept out of."""
        parties = Parties.written(row["kept_out"])
        return not (row["sealed"] and parties.include(self.subject, self.office))

    def finds(self, row: Mapping[str, Any]) -> bool:
        """Tell whether he is shown a petition in a search.

        What is sealed to those who are named, and where its office is a party to the heads above.
        """
        if not self.shows(row):
            return False
        office, named = row["office"], {row["registered_by"], row["owner"]}
        known = self.auditing or self.subject in named or self.head_of == office
        parties = Parties.written(row["kept_out"])
        in_place = is_above(self.head_of, office) and parties.include(office)
        return not row["sealed"] or known or in_place


class RegisterTables:
    """The tables `petition` and `matter_sight` (from events), `matter_mark`, `number_serial`."""

    tables: ClassVar = ("petition", "matter_sight")

    def apply(self, transaction: Writing, event: Any, recorded: RecordedEvent) -> None:
        if isinstance(event, Petition.Registered):
            self._add(transaction, event, recorded)
        elif isinstance(event, Petition.RepeatLinked):
            _join_sights(transaction, event.number, event.repeats_number)
            _move(transaction, event, event.repeats, event.repeats_number)
            _revise(transaction, event, {"repeats_id": event.named or event.repeats})
        elif isinstance(event, Petition.RepeatUnlinked):
            _part_sights(transaction, event)
            parted_from = _parted_from(transaction, event)
            _move(transaction, event, event.petition_id, event.number)
            _revise(transaction, event, {"repeats_id": "", "parted_from": parted_from})
        elif isinstance(event, Petition.RepeatDeclined):
            _revise(transaction, event, {})
        elif isinstance(event, Petition.PartyNamed):
            _keep_out_now(transaction, event, event.kept_out)
            _revise(transaction, event, {"content_version": event.content_version})
        elif isinstance(event, Petition.Corrected):
            _correct(transaction, event, recorded)
        elif isinstance(event, Petition.Withdrawn):
            _revise(transaction, event, {"withdrawn_at": text_of(recorded.recorded_at)})

    @staticmethod
    def _add(transaction: Writing, event: Petition.Registered, recorded: RecordedEvent) -> None:
        transaction.insert(
            "petition",
            {
                "petition_id": event.petition_id,
                "number": event.number,
                "office": event.office,
                "region": event.region,
                "channel": event.channel,
                "petition_class": event.petition_class,
                "category": event.category,
                "headcount": event.headcount,
                "occurred_at": text_of(event.timestamp),
                "registered_at": text_of(recorded.recorded_at),
                "registered_by": recorded.actor,
                "sealed": int(event.sealed),
                "matter_id": event.repeats or event.petition_id,
                "matter_number": event.repeats_number or event.number,
                "external_number": event.external_number,
                "repeats_id": event.named or event.repeats or "",
                "position": recorded.id,
            },
        )
        if event.kept_out:
            matter = event.repeats_number or event.number
            _keep_out(transaction, matter, event.kept_out, sealed=event.sealed)

    @staticmethod
    def made_by(event: Any) -> Iterable[Made]:
        if isinstance(event, Petition.Registered):
            yield Made("petition", {"petition_id": event.petition_id})
            if event.kept_out:
                yield Made("matter_sight", {"number": event.repeats_number or event.number})
        elif isinstance(event, Petition.PartyNamed) or _seals(event):
            yield Made("matter_sight", {"number": event.matter_number})

    def find(self, transaction: Questions, number: str) -> Mapping[str, Any] | None:
        """Return the row of a petition, or None."""
        rows = transaction.query(f"{_SELECT} WHERE p.number = ?", (number,))
        return _row(rows[0]) if rows else None

    def search(
        self,
        transaction: Questions,
        filters: Mapping[str, Any],
        sight: Sight,
        limit: int,
        cursor: str,
    ) -> tuple[list[Mapping[str, Any]], str]:
        """Return a page, newest first, and the cursor of the next.

        Args:
            filters: name of a filter to its value; None filters nothing.
        """
        wanted = {name: _plain(value) for name, value in filters.items() if value is not None}
        clauses, params = _conditions(wanted)
        seen, seen_params = _seen(sight)
        where = " AND ".join(["p.position < ?", *clauses, *seen])

        def rows_behind(behind: Key | None, count: int) -> list[Row]:
            (before,) = behind or (BEFORE_ALL,)
            return transaction.query(
                f"{_SELECT} WHERE {where} ORDER BY p.position DESC LIMIT ?",
                (before, *params, *seen_params, count),
            )

        rows, next_cursor = page_of(
            rows_behind,
            lambda row: sight.finds(_row(row)),
            lambda row: (row[_POSITION],),
            key_of(cursor, (int,)),
            limit,
        )
        return [_row(row) for row in rows], next_cursor

    def matters_marked(
        self, transaction: Questions, marks: Iterable[str]
    ) -> dict[str, MarkedMatter]:
        """Return mark to the matter that has it, of those of the marks that are known."""
        wanted = sorted(set(marks))
        if not wanted:
            return {}
        rows = transaction.query(
            f"SELECT m.mark, {_MATTER}"  # noqa: S608 - placeholders
            " FROM matter_mark m JOIN petition p ON p.petition_id = m.petition_id"
            " JOIN petition r ON r.petition_id = p.matter_id"
            " LEFT JOIN matter_sight k ON k.number = r.number"
            f" WHERE m.mark IN ({', '.join('?' for _ in wanted)})",
            wanted,
        )
        return {mark: MarkedMatter(*matter) for mark, *matter in rows}

    def standing_of(
        self, transaction: Questions, petition_ids: Iterable[str]
    ) -> dict[str, Mapping[str, Any]]:
        """Return petition_id to what a candidate is, and the matter it belongs to."""
        wanted = sorted(petition_ids)
        rows = transaction.query(
            "SELECT p.petition_id, p.office, p.category, p.petition_class,"  # noqa: S608 - placeholders
            f" COALESCE(k.sealed, p.sealed), {_MATTER}"
            " FROM petition p JOIN petition r ON r.petition_id = p.matter_id"
            " LEFT JOIN matter_sight k ON k.number = r.number"
            f" WHERE p.petition_id IN ({', '.join('?' for _ in wanted)})",
            wanted,
        )
        return {
            petition_id: {
                "petition_id": petition_id,
                "office": office,
                "category": category,
                "petition_class": petition_class,
                "sealed": bool(sealed),
                "matter": MarkedMatter(*matter),
            }
            for petition_id, office, category, petition_class, sealed, *matter in rows
        }

    def behind(self, transaction: Questions, petition_id: str) -> list[str]:
        """Return the numbers of what repeats a petition, and what repeats those, in order."""
        return _behind(transaction, petition_id)

    def mark_matter(self, transaction: Writing, mark: str, petition_id: str, number: str) -> None:
        """Keep the mark of a petition; it leads to whatever matter the petition belongs to."""
        row = {"mark": mark, "petition_id": petition_id, "number": number}
        transaction.insert("matter_mark", row)

    def forget_marks(self, transaction: Writing, marks: Iterable[str], petition_id: str) -> None:
        """Let a petition be found by marks no more."""
        for mark in marks:
            transaction.write(
                "DELETE FROM matter_mark WHERE mark = ? AND petition_id = ?", (mark, petition_id)
            )

    def next_serials(
        self, transaction: Writing, counts: Mapping[str, int], day: date
    ) -> dict[str, int]:
        """Take serials of a day, so many for each region; return the first of each."""
        if not counts:
            return {}
        rows = transaction.query(
            "SELECT region, last FROM number_serial"  # noqa: S608 - placeholders
            f" WHERE day = ? AND region IN ({', '.join('?' for _ in counts)})",
            (day.isoformat(), *counts),
        )
        taken: dict[str, int] = dict(rows)
        for region, count in counts.items():
            transaction.write(
                "INSERT INTO number_serial (region, day, last) VALUES (?, ?, ?)"
                " ON CONFLICT (region, day) DO UPDATE SET last = excluded.last",
                (region, day.isoformat(), taken.get(region, 0) + count),
            )
        return {region: taken.get(region, 0) + 1 for region in counts}


def _move(transaction: Writing, event: Any, matter_id: str, matter_number: str) -> None:
    """Let a petition, and what repeats it, belong to another matter.

    What repeats it is what the log says, not `along`: that is what this table had when the clerk
    decided, and it may have lost rows.
    """
    for number in (event.number, *_behind(transaction, event.petition_id)):
        changes = {"matter_id": matter_id, "matter_number": matter_number}
        transaction.update("petition", "number", number, changes)


def _behind(questions: Questions, petition_id: str) -> list[str]:
    return [number for number, _sealed in questions.query(_BEHIND, (petition_id,))]


def _sealed_in(questions: Questions, petition_id: str) -> dict[str, bool]:
    """Return number to whether it is an accusation, of a petition and of what repeats it."""
    itself = "SELECT number, sealed FROM petition WHERE petition_id = ?"
    rows = [query for sql in (itself, _BEHIND) for query in questions.query(sql, (petition_id,))]
    return {number: bool(sealed) for number, sealed in rows}


def _parted_from(questions: Questions, event: Petition.RepeatUnlinked) -> str:
    """Return the ids of all petitions that one was linked to by mistake, in writing."""
    rows = questions.query(
        "SELECT parted_from, repeats_id FROM petition WHERE petition_id = ?", (event.petition_id,)
    )
    before, named = rows[0] if rows else ("", event.repeats)
    return " ".join(sorted({*before.split(), named, event.repeats}))


def _row(row: tuple[Any, ...]) -> Mapping[str, Any]:
    return dict(zip((*COLUMNS, *_MORE), row, strict=True))


def _keep_out(
    transaction: Writing, matter: str, marks: Iterable[str], *, sealed: bool = False
) -> None:
    """Keep parties out of a matter, and seal it where it is to be sealed."""
    was_sealed, parties = _sight_of(transaction, matter) or (
        _sealed_from_the_start(transaction, matter),
        Parties(),
    )
    row = {
        "number": matter,
        "sealed": int(was_sealed or sealed),
        "kept_out": parties.joined_by(marks).in_writing,
    }
    transaction.put("matter_sight", row, key="number")


def _keep_out_now(
    transaction: Writing, event: Any, marks: Sequence[str], *, sealed: bool = False
) -> None:
    """Keep parties out of the matter that a petition belongs to by now.

    The one that the fact names is that which it was linked to: it may have left that since.
    """
    matter = _matter_of(transaction, event.number)
    _keep_out(transaction, matter, marks, sealed=sealed)
    if event.matter_number != matter:
        # Whoever looks for lost rows looks for one of that number.
        _keep_out(transaction, event.matter_number, ())


def _sight_of(questions: Questions, matter: str) -> tuple[bool, Parties] | None:
    rows = questions.query("SELECT sealed, kept_out FROM matter_sight WHERE number = ?", (matter,))
    return (bool(rows[0][0]), Parties.written(rows[0][1])) if rows else None


def _join_sights(transaction: Writing, later: str, matter: str) -> None:
    """Keep the parties of a matter out of the one that it is merged into."""
    sight = _sight_of(transaction, later)
    if sight is not None:
        sealed, parties = sight
        _keep_out(transaction, matter, parties.marks, sealed=sealed)


def _part_sights(transaction: Writing, event: Petition.RepeatUnlinked) -> None:
    """Let the parties that leaving petitions name go with them, and the seal where they bear it.

    Each of the two is sealed by its own petitions only: of one that is in the other nothing shows.
    """
    matter = _matter_of(transaction, event.number)
    sight = _sight_of(transaction, matter)
    if sight is None:
        return
    _, parties = sight
    going = _sealed_in(transaction, event.petition_id)
    whole = _sealed_in(transaction, _first_of(transaction, matter))
    staying = {number: its for number, its in whole.items() if number not in going}
    leaving = parties.named_in(going)
    _put_sight(transaction, event.number, leaving, going)
    _put_sight(transaction, matter, parties.without(leaving), staying)


def _put_sight(
    transaction: Writing, matter: str, parties: Parties, sealed: Mapping[str, bool]
) -> None:
    row = {
        "number": matter,
        "sealed": int(any(sealed.values())),
        "kept_out": parties.in_writing,
    }
    transaction.put("matter_sight", row, key="number")


def _first_of(questions: Questions, matter: str) -> str:
    rows = questions.query("SELECT petition_id FROM petition WHERE number = ?", (matter,))
    return str(rows[0][0])


def _matter_of(questions: Questions, number: str) -> str:
    """Return the number of the matter that a petition belongs to by now."""
    rows = questions.query("SELECT matter_number FROM petition WHERE number = ?", (number,))
    return str(rows[0][0])


def _sealed_from_the_start(questions: Questions, matter: str) -> bool:
    rows = questions.query("SELECT sealed FROM petition WHERE number = ?", (matter,))
    return bool(rows and rows[0][0])


def _revise(transaction: Writing, event: Any, changes: Mapping[str, Any]) -> None:
    """Change the row of a petition, and count that it was."""
    transaction.write(
        "UPDATE petition SET revision = revision + 1 WHERE petition_id = ?", (event.petition_id,)
    )
    if changes:
        transaction.update("petition", "petition_id", event.petition_id, changes)


def _seals(event: Any) -> bool:
    corrected = isinstance(event, Petition.Corrected)
    return corrected and event.sealed and "petition_class" in event.after


def _correct(transaction: Writing, event: Petition.Corrected, recorded: RecordedEvent) -> None:
    after = {name: value for name, value in event.after.items() if name != "received_at"}
    if "occurred_at" in after:
        after["occurred_at"] = text_of(datetime.fromisoformat(after["occurred_at"]))
    at = text_of(recorded.recorded_at)
    changes = {"sealed": int(event.sealed), "content_version": event.content_version}
    _revise(transaction, event, {**after, **changes, "corrected_at": at})
    if _seals(event):
        _keep_out_now(transaction, event, (), sealed=True)


def _plain(value: Any) -> Any:
    return text_of(value) if isinstance(value, datetime) else value


def _conditions(wanted: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    untold = wanted.get("state") == UNTOLD
    asked = {name: value for name, value in wanted.items() if not (untold and name == "state")}
    clauses = [_FILTERS[name] for name in asked]
    if untold:
        clauses.append(f"(g.state IS NULL OR g.state = '{UNTOLD}')")
    return clauses, list(asked.values())


def _seen(sight: Sight) -> tuple[list[str], list[Any]]:
    clauses, params = ["p.region LIKE ?"], [f"{sight.regions}%"]
    if not sight.auditing:
        clauses.append(
            "(COALESCE(k.sealed, p.sealed) = 0"
            " OR p.registered_by = ? OR p.office = ? OR g.owner = ?"
            " OR COALESCE(k.kept_out, '') <> '')"
        )
        params += [sight.subject, sight.head_of, sight.subject]
    return clauses, params
