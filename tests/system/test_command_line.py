"""`shouwen` as its user has it: a folder, two terminals, no server."""

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from chassis.environment import Variables
from contracts.failures import Failure
from shouwen.calling import connected
from shouwen.gateway import SOCKET
from tests.system.running_platform import ROOT, wait_until

REAL = ROOT.parent / "shared" / "data" / "messages.csv"
OFFICE = "330424-01"
HEADINGS = ("编号", "标题", "内容", "类别", "时间", "信访人", "信访形式", "性质")


@dataclass
class Terminal:
    """A folder with an installation in it, and the commands typed there."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SHOUWEN_")}
        plain = {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"}
        return {**kept, **plain, "SHOUWEN_LEDGER_HEADS_EVERY_S": "0.5"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "shouwen", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run a command to its end; return exit status, output and errors."""
        process = self.start(*words)
        output, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors
        return process.returncode, output, errors

    def call(self, method: str, given: Any, *options: str) -> Any:
        status, output, errors = self.run("call", method, json.dumps(given), *options)
        assert status == 0, errors
        return json.loads(output)

    @contextmanager
    def up(self) -> Iterator[None]:
        """Keep `shouwen up` running in the other terminal; Ctrl-C ends it in good order."""
        process = self.start("up")
        try:
            wait_until((self.folder / ".shouwen" / SOCKET).exists)
            wait_until(self._answers)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        assert process.returncode == 0

    def _answers(self) -> bool:
        try:
            return bool(self.ask("audit.health")["ok"])
        except Failure:
            return False

    def shows_all_of(self, number: str) -> bool:
        """Tell whether the end of a case is stated: before, it cannot be shown."""
        self.run("export", number, "early.zip")
        return self.run("verify", "early.zip", "--key", self.key)[0] == 0

    @property
    def key(self) -> str:
        """The ledger's public key, which an auditor brings along."""
        key: str = self.ask("audit.checkpoint")["keys"][0]
        return key

    def ask(self, method: str, **given: Any) -> Any:
        """Ask what runs in the other terminal, without a program of its own for it."""
        variables = Variables({"SHOUWEN_HOME": str(self.folder / ".shouwen")})
        service, _, name = method.partition(".")
        return connected(variables, "A1", ["auditor"], "")(service, name, given)

    def count(self) -> int:
        return int(self.ask("intake.health")["head"])


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path_factory.mktemp("town"))
    with terminal.up():
        yield terminal


def rows(count: int, prefix: str) -> list[tuple[str, ...]]:
    return [
        (f"{prefix}{n}", f"标题{n}", f"内容{n}", "城乡建设", "2026-10-09 09:30:00", f"{prefix}{n}",
         "call", "appeal")
        for n in range(count)
    ]  # fmt: skip


def write_csv(path: Path, lines: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *lines])
    return path


def write_xlsx(path: Path, lines: Sequence[Sequence[str]]) -> Path:
    book = Workbook()
    for line in [HEADINGS, *lines]:
        book.active.append(list(line))
    book.save(path)
    return path


class TestCalls:
    def test_register_receive_and_replay(self, running: Terminal) -> None:
        petition = running.call(
            "intake.register",
            {
                "request_id": "typed-by-hand-1",
                "office": OFFICE,
                "channel": "visit",
                "petition_class": "appeal",
                "category": "城乡建设",
                "title": "电梯停运",
                "body": "电梯停运三周。",
                "occurred_at": "2026-10-09T09:30:00+08:00",
                "petitioner": {"name": "沈某"},
            },
            "--role=clerk",
            f"--office={OFFICE}",
        )
        number = petition["number"]
        received = running.call(
            "responsibility.receive",
            {"request_id": "typed-by-hand-2", "number": number},
            "--role=leader",
            "--as=L1",
            f"--office={OFFICE}",
        )
        assert (received["standing"], received["owner"]) == ("first", "L1")
        status, output, _ = running.run("replay", number)
        assert status == 0
        for fact in ("petition.registered.v1", "ownership.taken.v1"):
            assert fact in output

    def test_an_auditor_takes_away_what_he_asks_for(self, running: Terminal) -> None:
        """A case with its content, a report with receipts; who did and saw what, how all stands."""
        given = {
            "request_id": "typed-by-hand-3",
            "office": OFFICE,
            "channel": "visit",
            "petition_class": "appeal",
            "category": "城乡建设",
            "title": "河道淤塞",
            "body": "河道淤塞两年。",
            "occurred_at": "2026-10-09T09:30:00+08:00",
            "petitioner": {"name": "沈某"},
        }
        made = running.call(
            "intake.register", given, "--role=clerk", "--as=K3", f"--office={OFFICE}"
        )
        number = made["number"]
        running.call(
            "responsibility.receive",
            {"request_id": "typed-by-hand-4", "number": number},
            "--role=leader",
            "--as=L3",
            f"--office={OFFICE}",
        )
        wait_until(lambda: running.shows_all_of(number))
        exported = running.run("export", number, "case.zip", "--content", f"--office={OFFICE}")
        assert exported[0] == 0, exported
        assert running.run("verify", "case.zip")[0] == 3
        status, output, _ = running.run("verify", "case.zip", "--key", running.key)
        assert (status, "is the one that was put on record" in output) == (0, True), output
        seen = self.listed(running, "looks", "--by", "head")
        assert [each["type"] for each in seen] == ["case.exported.v1", "content.read.v1"]
        assert {"petition.registered.v1"} == {
            each["type"] for each in self.listed(running, "deeds", "K3")
        }
        stands = {
            each["number"]: each for each in self.listed(running, "standings", "--region=3304")
        }
        assert (stands[number]["state"], stands[number]["owner"]) == ("owned", "L3")
        # On the clock of the statements: it was raised at half past nine on that day.
        later = "--occurred-since=2026-10-09T10:00:00+08:00"
        assert self.listed(running, "deeds", "K3", later) == []
        earlier = "--occurred-until=2026-10-09T09:00:00+08:00"
        assert number not in {each["number"] for each in self.listed(running, "standings", earlier)}
        status, _, errors = running.run("absence", number, "absent.zip")
        assert (status, errors.count("petition_on_record")) == (1, 1)
        status, note, _ = running.run("checkpoint")
        assert status == 0
        (running.folder / "kept").write_text(note)
        size = note.split("\n")[1]
        status, _, errors = running.run("export", number, "kept.zip", "--since", size)
        assert status == 0, errors
        status, output, _ = running.run(
            "verify", "kept.zip", "--checkpoint", "kept", "--key", running.key
        )
        assert (status, "the checkpoint that you kept" in output) == (0, True), output
        today = datetime.now().astimezone().date()
        days = [f"--from={today - timedelta(days=1)}", f"--to={today + timedelta(days=1)}"]
        status, output, errors = running.run("report", "all.html", *days, "--proofs")
        assert status == 0, errors
        for by in ("office", "unit"):
            status, output, errors = running.run(
                "report", f"{by}.csv", *days, f"--by={by}", "--each=month"
            )
            assert (status, f"by {by}" in output) == (0, True), errors
        assert OFFICE in (running.folder / "office.csv").read_text("utf-8-sig")
        for wrong in ("--by=nobody", "--each=decade"):
            assert running.run("report", "none.csv", *days, wrong)[0] == 2
        receipt = min((running.folder / "all.proofs").glob("*.tlog-proof"))
        for place in ("all.proofs", f"all.proofs/{receipt.name}"):
            status, output, _ = running.run("verify", place, "--key", running.key)
            assert (status, "the ledger that the key has signed" in output) == (0, True), output

    @staticmethod
    def listed(running: Terminal, *words: str) -> Any:
        status, output, errors = running.run(*words)
        assert status == 0, errors
        return json.loads(output)

    def test_a_refusal_is_told_with_its_code_and_status_1(self, running: Terminal) -> None:
        status, output, errors = running.run(
            "call", "intake.register", '{"title": "x"}', "--role=clerk", f"--office={OFFICE}"
        )
        assert (status, output) == (1, "")
        assert "bad_value" in errors
        assert "is missing" in errors

    def test_without_a_token_is_refused(self, running: Terminal) -> None:
        status, _, errors = running.run("call", "intake.search")
        assert status == 1
        assert "token_missing" in errors

    def test_a_signed_token_is_accepted(self, running: Terminal) -> None:
        status, token, _ = running.run("token", "A1", "--role", "auditor")
        assert status == 0
        assert token.count(".") == 2
        status, _, errors = running.run("token", "A1", "--role", "emperor")
        assert status == 2
        assert "emperor" in errors


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["call", "intake.nothing"], "intake.register"),
            (["call", "intake.health", "{"], "JSON"),
            (["serve", "kitchen"], "responsibility"),
            (["import", "nowhere.csv"], "nowhere.csv"),
            (["fly"], "fly"),
        ],
    )
    def test_is_answered_with_what_there_is_and_status_2(
        self, terminal: Terminal, words: list[str], said: str
    ) -> None:
        status, _, errors = terminal.run(*words)
        assert status == 2
        assert said in errors

    def test_a_call_with_nothing_running_says_what_to_start(self, terminal: Terminal) -> None:
        status, _, errors = terminal.run("call", "intake.health")
        assert status == 1
        assert "shouwen up" in errors

    def test_a_table_without_a_needed_column_is_told(self, terminal: Terminal) -> None:
        (terminal.folder / "short.csv").write_text("标题,内容\na,b\n")
        status, _, errors = terminal.run("import", "short.csv")
        assert status == 2
        assert "--map" in errors

    def test_a_service_without_its_servers_says_which_variable(self, terminal: Terminal) -> None:
        status, output, errors = terminal.run("serve", "intake")
        assert (status, output) == (2, "")
        assert "SHOUWEN_SERVICE_TOKEN" in errors


class TestImport:
    @pytest.mark.parametrize("write", [write_csv, write_xlsx])
    def test_twice_adds_nothing(self, running: Terminal, write: Any) -> None:
        name = f"{write.__name__}.{write.__name__.rpartition('_')[2]}"
        write(running.folder / name, rows(30, write.__name__))
        before = running.count()
        for _ in range(2):
            status, output, _ = running.run("import", name)
            assert status == 0
            assert "30 on record, 0 rejected" in output
            assert running.count() == before + 30

    def test_bad_rows_go_to_a_file_with_the_reason_which_can_be_mended_and_imported(
        self, running: Terminal
    ) -> None:
        lines = [list(row) for row in rows(5, "bad")]
        lines[1][4], lines[3][6] = "昨天", "飞鸽"
        write_csv(running.folder / "mixed.csv", lines)
        status, output, _ = running.run("import", "mixed.csv")
        assert status == 1
        assert "3 on record, 2 rejected" in output
        rejects = running.folder / "mixed.rejects.csv"
        with rejects.open(encoding="utf-8", newline="") as file:
            rejected = list(csv.DictReader(file))
        assert [row["编号"] for row in rejected] == ["bad1", "bad3"]
        assert "occurred_at" in rejected[0]["reject_reason"]
        assert "channel" in rejected[1]["reject_reason"]
        rejects.write_text(
            rejects.read_text().replace("昨天", "2026-10-09").replace("飞鸽", "call")
        )
        status, output, _ = running.run("import", "mixed.rejects.csv")
        assert status == 0
        assert "2 on record, 0 rejected" in output

    def test_broken_off_in_the_middle_is_finished_by_the_next(self, running: Terminal) -> None:
        """kill -9 after some batches; the second run registers the rest and nothing twice."""
        write_csv(running.folder / "long.csv", rows(1500, "long"))
        before = running.count()
        first = running.start("import", "long.csv")
        wait_until(lambda: running.count() > before, pause_s=0)
        first.kill()
        first.communicate(timeout=30)
        assert running.count() < before + 1500
        status, output, _ = running.run("import", "long.csv")
        assert status == 0
        assert "1500 on record, 0 rejected" in output
        assert running.count() == before + 1500

    def test_ctrl_c_with_nothing_running_stops_at_once_and_says_what_next(
        self, terminal: Terminal
    ) -> None:
        """The import hosts the services itself: they end in good order, and soon."""
        write_csv(terminal.folder / "long.csv", rows(3000, "long"))
        first = terminal.start("import", "long.csv")
        wait_until(lambda: registered_in(terminal.folder) > 0)
        first.send_signal(signal.SIGINT)
        output, errors = first.communicate(timeout=5)
        assert first.returncode == 130
        key_made, *said = errors.splitlines()
        assert "development_key_made" in key_made
        assert said == ["Broken off; the same command again goes on where it stopped."]
        assert "Traceback" not in output
        assert 0 < registered_in(terminal.folder) < 3000

    @pytest.mark.skipif(not REAL.exists(), reason="the real messages are not here")
    def test_takes_in_all_real_messages_with_category_and_time(self, terminal: Terminal) -> None:
        """With nothing running: the import hosts the services itself and leaves all on record."""
        status, output, _ = terminal.run("import", str(REAL))
        assert status == 0
        assert "300 on record, 0 rejected" in output
        with terminal.up():
            found = Counter(
                (each["external_number"], each["category"], instant(each["occurred_at"]))
                for each in all_petitions(terminal)
            )
        # The table uses a key twice, for two messages.
        with REAL.open(encoding="utf-8-sig", newline="") as file:
            given = Counter(
                (row["message_id"], row["category"], instant(row["submitted_at"]))
                for row in csv.DictReader(file)
            )
        assert found == given
        assert found.total() == 300


def registered_in(folder: Path) -> int:
    """Return how many facts intake has, whoever hosts it."""
    path = folder / ".shouwen" / "data" / "intake.db"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT max(position) FROM event_log").fetchone()[0]
    except sqlite3.OperationalError:  # its tables are not made yet
        return 0
    return int(found or 0)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def all_petitions(terminal: Terminal) -> Iterator[Any]:
    cursor = ""
    while True:
        page = terminal.ask("intake.search", limit=200, cursor=cursor)
        yield from page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return
