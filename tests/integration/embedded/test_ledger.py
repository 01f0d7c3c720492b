"""The ledger of the running services: evidence by RPC, and all logs compared with it."""

import sqlite3
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import eventlet
import pytest

from chassis.environment import Variables
from contracts.failures import Failure
from services.audit.verifier import Key, Report, Terms, verify, verify_bundle
from shouwen.comparing import Comparison
from tests.integration.embedded.conftest import Town, asked, running_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of its own, whose logs are attacked, and whose ends are stated every half second."""
    settings = Variables({"SHOUWEN_LEDGER_HEADS_EVERY_S": "0.5"})
    with running_town(tmp_path_factory.mktemp("attacked"), settings) as made:
        yield made


def terms(town: Town, kept: str = "") -> Terms:
    return Terms([Key.read(line) for line in asked(town, "audit.checkpoint")["keys"]], kept)


def until(what: Any) -> None:
    with eventlet.Timeout(20):
        while not what():
            eventlet.sleep(0.02)


def compared(town: Town) -> tuple[int, str]:
    lines: list[str] = []
    caller = town.caller("A1", ["auditor"], "")
    comparison = Comparison(
        lambda service, method, given: caller.call(service, method, **given), lines.append
    )
    return comparison.run([]), "\n".join(lines)


def signed_everything(town: Town) -> bool:
    answer = asked(town, "audit.leaves", limit=1)
    return bool(asked(town, "audit.checkpoint")["size"] == answer["size"])


def changed(town: Town, service: str, sql: str) -> None:
    path = town.installation.surroundings.home / "data" / f"{service}.db"
    with sqlite3.connect(path) as file:
        for change in ("UPDATE", "DELETE"):
            file.execute(f"DROP TRIGGER IF EXISTS event_log_refuses_{change}")
        file.execute(sql)


def test_a_registration_is_signed_within_a_second_and_a_half(town: Town):
    """From the answer of intake to a checkpoint that it is under."""
    number = town.register()["number"]
    with eventlet.Timeout(5):
        while not any(number in line for line in types_signed(town)):
            eventlet.sleep(0.02)


def types_signed(town: Town) -> list[str]:
    size = asked(town, "audit.checkpoint")["size"]
    events = asked(town, "intake.log")["events"]
    entered = asked(town, "audit.leaves", limit=500)["leaves"][:size]
    seqs = sum('"source":"intake"' in leaf for leaf in entered)
    return [event["data"]["number"] for event in events[:seqs]]


def test_a_case_is_exported_whole_and_its_end_is_shown(town: Town):
    """By whoever may replay it; the exporting goes on record."""
    number = town.register()["number"]
    town.wait_until_known_everywhere()
    lines: list[str] = []

    def whole() -> bool:
        lines.clear()
        bundle = asked(town, "audit.export", number=number)
        events = verify_bundle(b64decode(bundle["content"]), terms(town), Report(lines.append))
        assert {event["data"]["number"] for event in events} == {number}
        return any("these are all events" in line for line in lines)

    until(whole)
    exported = [each["type"] for each in asked(town, "audit.replay", number=number)["entries"]]
    assert "case.exported.v1" in exported


def test_a_checkpoint_that_was_kept_is_grown_out_of(town: Town):
    until(lambda: asked(town, "audit.checkpoint")["size"])
    kept = asked(town, "audit.checkpoint")
    town.register()
    until(lambda: asked(town, "audit.checkpoint")["size"] > kept["size"])
    answer = asked(town, "audit.checkpoint", known_size=kept["size"])
    assert answer["consistency"]
    folder = str(town.installation.surroundings.home / "ledger")
    assert verify(folder, terms(town, kept["note"]), print) == 0


@pytest.mark.parametrize("path", ["audit.checkpoint", "audit.export"])
def test_a_size_at_which_nothing_was_signed_is_unknown(town: Town, path: str):
    given = {"number": town.register()["number"]} if path == "audit.export" else {}
    until(lambda: asked(town, "audit.checkpoint")["size"])
    with pytest.raises(Failure, match="checkpoint_unknown"):
        asked(town, path, known_size=1_000_000, **given)


class TestAllLogsCompared:
    def test_hold_as_they_are(self, town: Town):
        town.register()
        town.wait_until_known_everywhere()
        until(lambda: signed_everything(town))
        wrong, text = compared(town)
        assert wrong == 0, text
        assert "responsibility: " in text

    def test_an_edited_event_is_found_and_named(self, town: Town):
        """By a superuser of the service's database, after it was entered."""
        town.register()
        until(lambda: signed_everything(town))
        changed(town, "intake", "UPDATE event_log SET actor = 'K330424099' WHERE position = 2")
        wrong, text = compared(town)
        changed(town, "intake", "UPDATE event_log SET actor = 'K1' WHERE position = 2")
        assert (wrong, "intake 2 (petition.registered.v1) was changed" in text) == (1, True), text
        assert compared(town)[0] == 0

    @pytest.mark.parametrize(
        ("service", "damage"),
        [
            ("intake", "state = x'ff' || substr(state, 2)"),
            ("responsibility", "state = x'ff' || substr(state, 2)"),
            ("audit", "state = x'ff' || substr(state, 2)"),
            ("notify", "state = x'ff' || substr(state, 2)"),
            ("notify", "topic = 'x'"),
            ("notify", "recorded_at = 'x' || substr(recorded_at, 2)"),
            ("notify", "event_id = 'zz'"),
            ("notify", "actor = CAST(x'ff' AS TEXT)"),
        ],
    )
    def test_an_event_that_cannot_be_read_is_named_and_hides_nothing(
        self, town: Town, service: str, damage: str
    ):
        """Other services answer, and the log itself on both sides of it."""
        for _ in range(3):
            town.register()
        town.wait_until_known_everywhere()
        until(lambda: signed_everything(town))
        with damaged(town, service, 2, damage), damaged(town, "intake", 3, "actor = 'somebody'"):
            wrong, text = compared(town)
        assert f"  WRONG  {service} 2 (" in text
        assert f" cannot be read in the log of {service}" in text
        assert "  WRONG  intake 3 (" in text
        assert wrong == 2, text

    def test_a_dropped_event_is_found_and_named(self, town: Town):
        """The last one of its log: no gap shows there."""
        town.register()
        town.wait_until_known_everywhere()
        until(lambda: signed_everything(town))
        head = town.heads()["notify"]
        changed(town, "notify", f"DELETE FROM event_log WHERE position = {head}")
        wrong, text = compared(town)
        assert wrong == 1
        assert f"notify {head} (" in text
        assert "is in the ledger and not in the log of notify" in text


@contextmanager
def damaged(town: Town, service: str, position: int, change: str) -> Iterator[None]:
    """Change an event of a log for as long as the block runs."""
    path = town.installation.surroundings.home / "data" / f"{service}.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("DROP TRIGGER IF EXISTS event_log_refuses_UPDATE")
        found = file.execute("SELECT * FROM event_log WHERE position = ?", (position,))
        columns = [column for column, *_ in found.description]
        row = found.fetchone()
        file.execute(f"UPDATE event_log SET {change} WHERE position = {position}")
        yield
        restored = ", ".join(f"{column} = ?" for column in columns)
        file.execute(f"UPDATE event_log SET {restored} WHERE position = {position}", row)


def test_the_key_is_readable_by_its_owner_alone(town: Town):
    path: Path = town.installation.surroundings.home / "keys" / "ledger"
    assert path.stat().st_mode & 0o777 == 0o600
