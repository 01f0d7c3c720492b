"""The main job on petitions that ship with the project: registered, received, raced for, closed."""

import csv
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from chassis.messaging.calling import RpcCaller
from shouwen.embedded import Embedded, embedded
from shouwen.hosting import SERVICES, host, migrate_all

SAMPLES: Final = Path(__file__).parent / "samples"
BATCH: Final = 20
DOCUMENT: Final = "海信函〔2026〕12号"
ROWS_SHOWN: Final = 8

Row = Mapping[str, str]


def read(name: str) -> list[Row]:
    """Return the rows of a sample file."""
    with (SAMPLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def registration(row: Row, numbers: Mapping[str, str]) -> dict[str, Any]:
    """Return a sample row as the arguments of `intake.register`."""
    representatives = json.loads(row["representatives"] or "[]")
    given = {
        "request_id": f"demo-{row['key']}-register",
        "office": row["office"],
        "channel": row["channel"],
        "petition_class": row["class"],
        "category": row["category"],
        "title": row["title"],
        "body": row["body"],
        "place": row["place"],
        "occurred_at": row["occurred_at"],
        "petitioner": {
            "name": row["petitioner_name"],
            "phone": row["petitioner_phone"],
            "id_number": row["petitioner_id_number"],
            "address": row["petitioner_address"],
        },
        "representatives": representatives,
        "headcount": max(int(row["headcount"] or 1), 1),
        "accused": [row["accused"]] if row["accused"] else [],
        "external_number": row["external_number"],
    }
    if row["agent_name"]:
        given["agent"] = {"name": row["agent_name"]}
    if row["repeat_of"]:
        given["repeat_of"] = numbers[row["repeat_of"]]
    return given


@dataclass
class Visitor:
    """Everybody in the demo: calls services as whoever is needed."""

    installation: Embedded
    callers: dict[tuple[str, str, str], RpcCaller] = field(default_factory=dict)

    def call(self, who: str, role: str, at: str, method: str, /, **arguments: Any) -> Any:
        """Call a method as somebody of an office."""
        service, _, name = method.partition(".")
        return self._caller(who, role, at).call(service, name, **arguments)

    def _caller(self, who: str, role: str, office: str) -> RpcCaller:
        key = who, role, office
        if key not in self.callers:
            token = self.installation.issuer.issue(who, [role], office)
            uri = self.installation.surroundings.amqp_uri
            self.callers[key] = RpcCaller(uri, lambda: token, timeout_s=30)
        return self.callers[key]


@dataclass
class Demo:
    """One run; each step prints what a visitor wants to see."""

    visitor: Visitor
    console: Console
    rows: Sequence[Row]
    numbers: dict[str, str] = field(default_factory=dict)

    def set_rosters(self) -> None:
        """Put leaders on duty, today as well, except at the offices whose lists stay open."""
        today = self.visitor.installation.surroundings.clock().astimezone().date().isoformat()
        lines: dict[str, dict[str, str]] = {}
        for row in read("roster"):
            lines.setdefault(row["office"], {})[row["day"]] = row["leader"]
        for office, days in lines.items():
            if not office.endswith("-03"):
                days.setdefault(today, next(iter(days.values())))
            self.visitor.call(
                f"D{office}",
                "office_head",
                office,
                "responsibility.set_roster",
                request_id=f"demo-roster-{office}",
                office=office,
                lines=[{"day": day, "leader": leader} for day, leader in days.items()],
                document=DOCUMENT,
            )

    def register_all(self) -> None:
        """Register and receive everything, with a progress bar."""
        with Progress(console=self.console) as progress:
            task = progress.add_task("登记 registering", total=len(self.rows))
            for row in self.rows:
                self._register(row)
                progress.advance(task)

    def _register(self, row: Row) -> None:
        clerk = f"K{row['office']}"
        answer = self.visitor.call(
            clerk, "clerk", row["office"], "intake.register", **registration(row, self.numbers)
        )
        self.numbers[row["key"]] = answer["number"]
        if row["received_by"]:
            self.visitor.call(
                clerk,
                "clerk",
                row["office"],
                "responsibility.receive",
                request_id=f"demo-{row['key']}-receive",
                number=answer["number"],
                leader=row["received_by"],
                received_at=row["received_at"],
            )

    def owner_of(self, key: str) -> Any:
        """Return who owns the petition of a sample row."""
        return self.visitor.call(
            "A1", "auditor", "", "responsibility.owner_of", number=self.numbers[key]
        )

    def show_owners(self) -> None:
        """Print who owns what and why."""
        table = Table(title="谁首接,谁负责到底 · who owns what, and why")
        for column in ("number", "title", "channel", "owner", "why"):
            table.add_column(column)
        for row in self.rows[:ROWS_SHOWN]:
            owned = self.owner_of(row["key"])
            table.add_row(
                owned["number"],
                row["title"][:16],
                row["channel"],
                owned["owner"] or "—",
                _why(owned),
            )
        self.console.print(table)

    def race(self) -> None:
        """Let two leaders receive one petition at the same moment."""
        row = next(r for r in self.rows if not self.owner_of(r["key"])["owner"])
        number, region = self.numbers[row["key"]], row["office"][:6]
        leaders = [r["staff_number"] for r in read("leaders") if r["role"] == "leader"]
        rivals = [leader for leader in leaders if leader[1:7] == region][:2]

        def receive(leader: str) -> Any:
            return self.visitor.call(
                leader,
                "leader",
                row["office"],
                "responsibility.receive",
                request_id=f"demo-race-{leader}",
                number=number,
            )

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(receive, rivals))
        self.console.print(f"\n[bold]Race[/] for {number}: {' and '.join(rivals)} at once")
        for leader, answer in zip(rivals, answers, strict=True):
            said = "owns it" if answer["standing"] == "first" else f"is told: {answer['owner']}"
            self.console.print(f"  {leader} {said}")

    def close_and_repeat(self) -> None:
        """Close a petition, let the petitioner come again, and show whom the repeat finds."""
        row = self._owned_rows()[0]
        owned = self.owner_of(row["key"])
        self._close(owned)
        again = {
            **registration(row, self.numbers),
            "request_id": "demo-again-register",
            "channel": "online",
        }
        again.pop("repeat_of", None)
        answer = self.visitor.call(
            f"K{row['office']}",
            "clerk",
            row["office"],
            "intake.register",
            **{**again, "repeat_of": owned["matter"]},
        )
        found = self.visitor.call(
            "A1", "auditor", "", "responsibility.owner_of", number=answer["number"]
        )
        self.console.print(
            f"\n[bold]Repeat[/] {answer['number']} of {owned['matter']}, which was closed:"
            f"\n  open again ({found['state']}), and its owner is still {found['owner']}"
        )

    def _close(self, owned: Mapping[str, Any]) -> None:
        now = self.visitor.installation.surroundings.clock().isoformat()
        self.visitor.call(
            owned["owner"],
            "leader",
            owned["office"],
            "responsibility.close",
            request_id=f"demo-close-{owned['number']}",
            number=owned["number"],
            outcome="settled",
            reply_document=DOCUMENT,
            follow_up_visit_at=now,
            evaluation_asked_at=now,
        )

    def succeed(self) -> None:
        """Let a leader leave the post."""
        row = self._owned_rows()[1]
        owned, office = self.owner_of(row["key"]), row["office"]
        leaders = [r["staff_number"] for r in read("leaders") if r["role"] == "leader"]
        to = next(s for s in leaders if s[1:7] == office[:6] and s != owned["owner"])
        after = self.visitor.call(
            f"D{office}",
            "office_head",
            office,
            "responsibility.succeed",
            request_id="demo-succession",
            number=owned["number"],
            to=to,
            ground="left_post",
            document=DOCUMENT,
        )
        chain = " → ".join(link["owner"] for link in after["chain"])
        self.console.print(f"\n[bold]Succession[/] of {owned['number']}: {chain} ({DOCUMENT})")

    def _owned_rows(self) -> list[Row]:
        first = [row for row in self.rows if not row["repeat_of"]]
        return [row for row in first[:60] if self.owner_of(row["key"])["owner"]]

    def replay(self) -> None:
        """Print the history of the closed and reopened case."""
        number = self.numbers[self._owned_rows()[0]["key"]]
        history = self.visitor.call("A1", "auditor", "", "audit.replay", number=number)
        self.console.print(f"\n[bold]History[/] of {number}, from four logs")
        for entry in history["entries"]:
            place = f"{entry['source']}/{entry['position']}"
            self.console.print(f"  {place:22} {entry['type']:26} {entry['actor']}")

    def check_owners(self) -> bool:
        """Check that every petition has exactly one owner or waits in exactly one open list."""
        answers = [self.owner_of(key) for key in self.numbers]
        waiting = set(self._open_numbers())
        wrong = [a["number"] for a in answers if (a["owner"] is None) != (a["matter"] in waiting)]
        counts = Counter(answer["state"] for answer in answers)
        self.console.print(
            f"\n[bold]Check[/] {len(answers)} petitions: {counts['owned']} owned,"
            f" {counts['closed']} closed, {counts['awaited']} in open lists, {len(wrong)} wrong"
        )
        return not wrong

    def _open_numbers(self) -> Iterator[str]:
        for office in read("offices"):
            page = self.visitor.call(
                "A1",
                "auditor",
                "",
                "responsibility.open_list",
                office=next(iter(office.values())),
                limit=200,
            )
            yield from (item["number"] for item in page["items"])


def _why(owned: Mapping[str, Any]) -> str:
    first = owned["first_contact"]
    if first is None:
        return "waits in the open list"
    return {
        "reception": "received the petitioner first",
        "open_list": "took it from the open list",
        "roster": f"on duty on {owned['evidence'].get('roster_day')}",
    }[first["ground"]]


def run() -> int:
    """Run the demo and return the exit status."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="shouwen-demo-") as folder:
        installation = embedded(Path(folder))
        migrate_all(installation.surroundings.database_url)
        running = host(installation.surroundings, *SERVICES)
        running.start()
        visitor = Visitor(installation)
        try:
            good = _show(Demo(visitor, console, read("petitions")))
        finally:
            for caller in visitor.callers.values():
                caller.close()
            running.stop()
    console.print(
        "\nTry next: [bold]make up[/], then in another terminal"
        " [bold].venv/bin/shouwen call intake.health[/]"
    )
    return 0 if good else 1


def _show(demo: Demo) -> bool:
    demo.set_rosters()
    demo.register_all()
    demo.show_owners()
    demo.race()
    demo.close_and_repeat()
    demo.succeed()
    demo.replay()
    return demo.check_owners()
