"""The main job on petitions that ship with the project: registered, received, raced for, closed."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.cells import set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chassis.environment import Variables
from chassis.messaging.calling import RpcCaller
from contracts.fields import CHANNELS
from services.audit.settings import HEADS_EVERY_S
from shouwen.deadline_tables import day_in_words
from shouwen.demo_course import Course
from shouwen.demo_evidence import Evidence
from shouwen.demo_reminders import RECEIVER, Reminding
from shouwen.embedded import Embedded, embedded
from shouwen.histories import history_table
from shouwen.hosting import SERVICES, host, migrate_all
from shouwen.sampling import People, Row, read, registration

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
DOCUMENT: Final = "海信函〔2026〕12号"
SHOWN_OF_EACH_GROUND: Final = 3
TITLE_CELLS: Final = 27
RIVALS: Final = 2
LOG_PAGE: Final = 1_000

ALLOWED_HOSTS: Final = "SHOUWEN_NOTIFY_ALLOWED_HOSTS"
AUDITOR: Final = ("A1", "auditor", "")


@dataclass
class Visitor:
    """Everybody in the demo: calls services as whoever is needed."""

    installation: Embedded
    callers: dict[tuple[str, str, str], RpcCaller] = field(default_factory=dict)

    def call(self, who: str, role: str, at: str, method: str, /, **arguments: Any) -> Any:
        """Call a method as somebody of an office."""
        service, _, name = method.partition(".")
        return self._caller(who, role, at).call(service, name, **arguments)

    def now(self) -> datetime:
        """Return the present, as the services have it."""
        return self.installation.surroundings.clock()

    def close(self) -> None:
        """Stop listening for answers."""
        for caller in self.callers.values():
            caller.close()

    def _caller(self, who: str, role: str, office: str) -> RpcCaller:
        key = who, role, office
        if key not in self.callers:
            token = self.installation.issuer.issue(who, [role], office)
            uri = self.installation.surroundings.amqp_uri
            self.callers[key] = RpcCaller(uri, lambda: token, timeout_s=30)
        return self.callers[key]


@dataclass
class Demo:
    """One run; each step says what it shows and prints what a visitor wants to see.

    Attributes:
        numbers: key of each sample row to the number that it was given.
    """

    visitor: Visitor
    console: Console
    rows: Sequence[Row]
    people: People = field(default_factory=People)
    numbers: dict[str, str] = field(default_factory=dict)
    steps: int = 0

    def play(self) -> bool:
        """Run all steps; True when every petition has exactly one owner in the end."""
        self.set_rosters()
        self.register_all()
        self.show_owners()
        self.race()
        self.close_and_repeat()
        self.succeed()
        self.follow_course()
        self.remind()
        self.replay()
        good = self.check_owners()
        return self.take_evidence() and good

    def set_rosters(self) -> None:
        """Put leaders on duty, today as well, except at the offices whose lists stay open."""
        self._step(
            "Duty roster 值守", "who answers at each office for what no leader received in person"
        )
        today = self.visitor.now().astimezone(SHANGHAI).date().isoformat()
        lines: dict[str, dict[str, str]] = {}
        for row in read("roster"):
            lines.setdefault(row["office"], {})[row["day"]] = row["leader"]
        for office, days in lines.items():
            if not office.endswith("-03"):
                days.setdefault(today, next(iter(days.values())))
            self.visitor.call(
                self.people.head_of(office),
                "office_head",
                office,
                "responsibility.set_roster",
                request_id=f"demo-roster-{office}",
                office=office,
                lines=[{"day": day, "leader": leader} for day, leader in days.items()],
                document=DOCUMENT,
            )
        self._say(f"{sum(map(len, lines.values()))} days at {len(lines)} offices in 5 counties")

    def register_all(self) -> None:
        """Register everything and record who received it, with a progress bar."""
        self._step(
            "Registration 登记",
            "a number, a query code; text and persons are encrypted at once",
        )
        columns = (
            TextColumn("    {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console) as progress:
            for row in progress.track(self.rows, description="登记 registering"):
                self._register(row)

    def _register(self, row: Row) -> None:
        office = row["office"]
        clerk = self.people.clerk_of(office)
        answer = self.visitor.call(
            clerk, "clerk", office, "intake.register", **registration(row, self.numbers)
        )
        self.numbers[row["key"]] = answer["number"]
        if row["received_by"]:
            self.visitor.call(
                clerk,
                "clerk",
                office,
                "responsibility.receive",
                request_id=f"demo-{row['key']}-receive",
                number=answer["number"],
                leader=row["received_by"],
                received_at=row["received_at"],
            )

    def show_owners(self) -> None:
        """Print who owns what and why: some of each ground, and how many there are of each."""
        self._step(
            "Owners 首问责任领导",
            "谁第一个接待，谁负责到底: the first on record owns it until it is closed",
        )
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
        for heading in ("petition 信访事项", "owner", "why"):
            table.add_column(heading, no_wrap=True)
        by_why: dict[str, list[tuple[Row, Any]]] = {}
        for row in self.rows:
            owned = self._owned(row)
            by_why.setdefault(_why(owned), []).append((row, owned))
        for of_one_kind in by_why.values():
            for row, owned in of_one_kind[:SHOWN_OF_EACH_GROUND]:
                self._add_owned(table, row, owned)
        self.console.print(Padding(table, (0, 0, 0, 4)), highlight=False)
        counts = (f"{len(of_one_kind)} {why}" for why, of_one_kind in by_why.items())
        self._say(f"in all: {', '.join(counts)}")

    def _add_owned(self, table: Table, row: Row, owned: Mapping[str, Any]) -> None:
        owner = self.people.named(owned["owner"]) if owned["owner"] else "—"
        table.add_row(owned["number"], f"[bold]{owner}[/]", _why(owned))
        table.add_row(
            f"[dim]{escape(_shortened(row['title'], TITLE_CELLS))}[/]",
            "",
            f"[dim]{CHANNELS[row['channel']]} {row['channel'].replace('_', ' ')}[/]",
        )

    def race(self) -> None:
        """Let two leaders receive one petition at the same moment."""
        self._step(
            "Race 首接之争",
            "two leaders receive one petition at once; the record keeps one owner",
        )
        row = next(row for row in self.rows if not self._owned(row)["owner"])
        number, office = self.numbers[row["key"]], row["office"]
        rivals = self.people.leaders_of(office)[:RIVALS]

        def receive(leader: str) -> Any:
            return self.visitor.call(
                leader,
                "leader",
                office,
                "responsibility.receive",
                request_id=f"demo-race-{leader}",
                number=number,
            )

        with ThreadPoolExecutor(RIVALS) as pool:
            answers = list(pool.map(receive, rivals))
        self._say(number)
        for leader, answer in zip(rivals, answers, strict=True):
            said = (
                "is first 首接, and owns it"
                if answer["standing"] == "first"
                else f"is told the owner: {self.people.named(answer['owner'])}"
            )
            self._say(f"  {self.people.named(leader)} {said}")

    def close_and_repeat(self) -> None:
        """Close a petition, let the petitioner come to another office, show whom he is led to."""
        self._step(
            "Repeat 重复信访",
            "closed, raised again elsewhere: it goes back to its owner",
        )
        row = self._first_owned("visit")
        owned = self._owned(row)
        self._close(owned)
        self._say(f"{owned['number']} closed 办结 by {self.people.named(owned['owner'])}")
        office = next(o for o in self.people.offices if _same_county(o, row) and o != row["office"])
        again = self._register_again(row, office)
        self._say(f"{again['number']} raised again at {office}, recognised 同人同事")
        leader = self.people.leaders_of(office)[0]
        told = self.visitor.call(
            leader,
            "leader",
            office,
            "responsibility.receive",
            request_id="demo-again-receive",
            number=again["number"],
        )
        self._say(
            f"  {self.people.named(leader)} receives it and is told"
            f" the owner: {self.people.named(told['owner'])}"
        )
        self._say(f"  the matter is {self._owned(row)['state']} again 重新办理")

    def _register_again(self, row: Row, office: str) -> Any:
        """Register the same words of the same person; nobody says that it is a repeat."""
        answer = self.visitor.call(
            self.people.clerk_of(office),
            "clerk",
            office,
            "intake.register",
            **{
                **registration(row, self.numbers),
                "request_id": "demo-again-register",
                "office": office,
                "occurred_at": self.visitor.now().isoformat(),
            },
        )
        self.numbers["again"] = answer["number"]
        return answer

    def _close(self, owned: Mapping[str, Any]) -> None:
        now = self.visitor.now().isoformat()
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
        self._step(
            "Succession 继任",
            "a leader leaves the post: only so, or by recusal 回避, does it move",
        )
        row = self._first_owned("letter")
        owned, office = self._owned(row), row["office"]
        successor = next(
            leader for leader in self.people.leaders_of(office) if leader != owned["owner"]
        )
        after = self.visitor.call(
            self.people.head_of(office),
            "office_head",
            office,
            "responsibility.succeed",
            request_id="demo-succession",
            number=owned["number"],
            to=successor,
            ground="left_post",
            document=DOCUMENT,
        )
        holders = " → ".join(self.people.named(link["owner"]) for link in after["chain"])
        approver = self.people.named(after["chain"][-1]["approver"])
        self._say(f"{owned['number']}  {holders}")
        self._say(f"  approved by {approver}, document {DOCUMENT}")
        self._say(f"  first contact stays: {self.people.named(after['first_contact']['owner'])}")

    def follow_course(self) -> None:
        """Take one petition through its whole course, and explain one of its deadlines."""
        self._step(
            "Course 办理流程",
            "extended, examined again, remanded by a review, checked, closed",
        )
        row = self._rows_owned("visit")[1]
        course = Course(self.visitor.call, self.people, self._owned(row))
        self._say(f"{self.numbers[row['key']]}, {row['class']}")
        course.follow(self._say)
        explained = course.explained("objection")
        self._say(f"[dim]why its unit could object until {explained['state']['due_on']}:[/]")
        for day in explained["days"]:
            self._say(day_in_words(day))

    def remind(self) -> None:
        """Show what a leader reads in the morning, and how one reminder got through."""
        self._step(
            "Reminders 提醒",
            "each term of each petition, told until it is delivered; the owner stays owner",
        )
        owned = self._owned(self._first_owned("visit"))
        office = owned["office"]
        leaders = (each for each in self.people.leaders_of(office) if each != owned["owner"])
        reminding = Reminding(self.visitor.call, owned, self.people.head_of(office), next(leaders))
        for line in reminding.digest(self.visitor.now()).splitlines():
            self._say(line)
        self._say("[dim]another leader receives the petitioner; the owner's receiver is unwell:[/]")
        self.console.print(Padding(reminding.history(), (0, 0, 0, 4)), highlight=False)

    def replay(self) -> None:
        """Print the history of the closed and reopened case."""
        self._step(
            "Replay 回放",
            "the whole course of the repeated case, put together from four logs",
        )
        number = self.numbers[self._first_owned("visit")["key"]]
        history = self.visitor.call(*AUDITOR, "audit.replay", number=number)
        self._say(f"{number}, times in Shanghai")
        self.console.print(history_table(history["entries"], self.people.titled))

    def check_owners(self) -> bool:
        """Check that every petition has one owner, or waits in an open list, by two ways."""
        self._step(
            "Check 核对",
            "every petition has exactly one owner, or waits in one open list 待接清单",
        )
        answers = [self._owner_of(number) for number in self.numbers.values()]
        counts = Counter(answer["state"] for answer in answers)
        waiting = Counter(self._open_numbers())
        holders, events = self._recounted()
        wrong = [
            answer["number"]
            for answer in answers
            if holders[answer["matter"]] != ([answer["owner"]] if answer["owner"] else [])
            or waiting[answer["matter"]] != (answer["owner"] is None)
        ]
        self._say(
            f"{len(answers)} petitions: {counts['owned'] + counts['closed']} with one owner,"
            f" {counts['awaited']} in an open list, [bold]{len(wrong)} wrong[/]"
        )
        self._say(f"recounted from the {events} events of responsibility's log: the same")
        return not wrong

    def take_evidence(self) -> bool:
        """Take the case away with its proofs, and have it checked; also a copy that was changed."""
        self._step(
            "Evidence 存证",
            "taken away by an auditor; verified without us, offline, by other programs",
        )

        def call(method: str, **arguments: Any) -> Any:
            return self.visitor.call(*AUDITOR, method, **arguments)

        number = self.numbers[self._first_owned("visit")["key"]]
        folder = self.visitor.installation.surroundings.home
        return Evidence(call, folder, self._say).play(number)

    def _open_numbers(self) -> Iterator[str]:
        for office in self.people.offices:
            page = self.visitor.call(*AUDITOR, "responsibility.open_list", office=office, limit=200)
            yield from (item["number"] for item in page["items"])

    def _recounted(self) -> tuple[dict[str, list[str]], int]:
        """Return the holders of each matter by nothing but the log, and how long the log is."""
        holders: dict[str, list[str]] = {}
        after, head = 0, 1
        while after < head:
            page = self.visitor.call(*AUDITOR, "responsibility.log", after=after, limit=LOG_PAGE)
            for event in page["events"]:
                _recount(holders, event["type"], event["data"])
            after, head = after + len(page["events"]), page["head"]
        return holders, head

    def _owner_of(self, number: str) -> Any:
        return self.visitor.call(*AUDITOR, "responsibility.owner_of", number=number)

    def _owned(self, row: Row) -> Any:
        return self._owner_of(self.numbers[row["key"]])

    def _first_owned(self, channel: str) -> Row:
        return self._rows_owned(channel)[0]

    def _rows_owned(self, channel: str) -> list[Row]:
        """Return two rows of a channel that repeat nothing and whose persons are known."""
        found = (
            row
            for row in self.rows
            if row["channel"] == channel
            and not row["repeat_of"]
            and row["petitioner_phone"]
            and row["class"] == "appeal"
            and self._owned(row)["owner"]
        )
        return list(islice(found, 2))

    def _step(self, title: str, meaning: str) -> None:
        self.steps += 1
        self.console.print(f"\n[bold]{self.steps}. {title}[/]", highlight=False)
        self._say(f"[dim]{meaning}[/]")

    def _say(self, line: str) -> None:
        self.console.print(f"    {line}", highlight=False)


def _same_county(office: str, row: Row) -> bool:
    return office[:6] == row["office"][:6]


def _shortened(text: str, cells: int) -> str:
    shortened = set_cell_size(text, cells).rstrip()
    return text if shortened == text else f"{set_cell_size(text, cells - 2).rstrip()}…"


def _recount(holders: dict[str, list[str]], type_: str, data: Mapping[str, Any]) -> None:
    if type_ == "ownership.awaited.v1":
        holders.setdefault(data["number"], [])
    elif type_ == "ownership.taken.v1":
        holders.setdefault(data["number"], []).append(data["owner"])
    elif type_ in {"ownership.succeeded.v1", "ownership.recused.v1"}:
        holders[data["number"]].remove(data["previous_owner"])
        holders[data["number"]].append(data["owner"])


def _why(owned: Mapping[str, Any]) -> str:
    first = owned["first_contact"]
    if first is None:
        return "open list 待接清单"
    return {
        "reception": "received first 首接",
        "open_list": "took it from the open list",
        "roster": "on duty 值守",
    }[first["ground"]]


def run() -> int:
    """Run the demo and return the exit status."""
    console, started = Console(), monotonic()
    with tempfile.TemporaryDirectory(prefix="shouwen-demo-") as folder:
        # The ends of all cases are stated each second, so that nobody has to wait a minute; the
        # receiver of the reminders stands here too, at an address that is not public.
        settings = {**os.environ, HEADS_EVERY_S: "1", ALLOWED_HOSTS: RECEIVER}
        installation = embedded(Path(folder), Variables(settings))
        _greet(console, folder)
        migrate_all(installation.surroundings.database_url)
        running = host(installation.surroundings, *SERVICES)
        running.start()
        visitor = Visitor(installation)
        try:
            good = Demo(visitor, console, read("petitions")).play()
        finally:
            visitor.close()
            running.stop()
    console.print(f"\nDone in {monotonic() - started:.0f} s; nothing is left behind.")
    console.print(_TRY_NEXT, highlight=False)
    return 0 if good else 1


def _greet(console: Console, folder: str) -> None:
    console.print(
        "[bold]Shouwen 首问[/]: 200 made-up petitions 信访事项 go through intake, responsibility,"
        "\nnotify and audit, all in this process: no server, no configuration, no root."
        f"\n[bold yellow]DEVELOPMENT KEY[/] made in {folder}: whoever can read it can act"
        "\nas anybody. It is for trying out, never for real petitions.",
        highlight=False,
        soft_wrap=True,
    )


_TRY_NEXT: Final = """
Try next: [bold]make up[/] keeps the same system running. Then, from another terminal:
  [bold].venv/bin/shouwen call intake.health[/]                    is it well?
  [bold].venv/bin/shouwen import shouwen/samples/petitions.csv[/]  take a table in
  [bold].venv/bin/shouwen call intake.search --role auditor[/]     what is on record
  [bold].venv/bin/shouwen replay NUMBER[/]                         one case's history
  [bold].venv/bin/shouwen --help[/]                                all commands
[bold]make test[/] runs everything on real RabbitMQ and PostgreSQL.
docs/integrate.md shows how your own program calls Shouwen."""
