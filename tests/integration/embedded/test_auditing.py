"""What an auditor asks of running services beside a case: absence, persons, counties, proofs."""

import uuid
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import eventlet
import pytest

from chassis.environment import Variables
from contracts.failures import Failure
from services.audit.verifier import (
    COSIGNS,
    Key,
    Report,
    Terms,
    Wrong,
    manifest_of,
    packed,
    parts_of,
    verify,
    verify_bundle,
    verify_receipt,
)
from shouwen.opening import opened
from tests.integration.embedded.conftest import (
    OFFICE,
    Town,
    asked,
    registration,
    running_town,
)

UNKNOWN = "XF-330424-20261123-000017-X"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of its own, whose ends are stated every half second."""
    settings = Variables({"SHOUWEN_LEDGER_HEADS_EVERY_S": "0.5"})
    with running_town(tmp_path_factory.mktemp("audited"), settings) as made:
        yield made


def terms(town: Town) -> Terms:
    return Terms([Key.read(line) for line in asked(town, "audit.checkpoint")["keys"]])


def heard(what: Any, *arguments: Any) -> list[str]:
    lines: list[str] = []
    what(*arguments, Report(lines.append))
    return lines


def until(what: Any) -> Any:
    with eventlet.Timeout(20):
        while not (found := what()):
            eventlet.sleep(0.05)
    return found


@pytest.mark.parametrize(
    "named", [{"number": UNKNOWN}, {"petition_id": str(uuid.uuid4())}], ids=["number", "id"]
)
def test_that_there_is_no_such_case_is_taken_away(town: Town, named: dict[str, str]):
    """And verified by the same program as a case is."""
    town.register()

    def shown() -> Any:
        try:
            return asked(town, "audit.absence", **named)
        except Failure as failure:
            if failure.code != "history_incomplete":
                raise
            return None

    content = b64decode(until(shown)["content"])
    (absent,) = [
        line for line in heard(verify_bundle, content, terms(town)) if "there is no case" in line
    ]
    assert next(iter(named.values())) in absent


def test_of_a_case_that_there_is_no_absence_is_shown(town: Town):
    made = town.register()
    for named in ({"number": made["number"]}, {"petition_id": made["petition_id"]}):
        with pytest.raises(Failure, match="petition_on_record"):
            asked(town, "audit.absence", **named)


@pytest.mark.parametrize(
    ("method", "given"), [("audit.deeds", {"actor": "K1"}), ("audit.feed", {})]
)
def test_the_name_of_no_event_is_refused(town: Town, method: str, given: dict[str, str]):
    """It would be answered with nothing, for ever."""
    with pytest.raises(Failure, match="bad_value") as refused:
        asked(town, method, **given, types=["case.closed.v1", "case.close.v1"])
    assert refused.value.fields == {"types": "no event is called case.close.v1"}


def test_what_a_person_did_and_saw(town: Town):
    clerk = town.caller("K77", ["clerk"])
    number = clerk.call("intake", "register", **registration())["number"]
    clerk.call("intake", "petition", number=number, content=True)
    asked(town, "audit.replay", number=number)
    done = asked(town, "audit.deeds", actor="K77")["items"]
    assert [each["type"] for each in done] == ["petition.registered.v1", "content.read.v1"]
    seen = asked(town, "audit.looks", number=number)["items"]
    assert [(each["type"], each["actor"]) for each in seen] == [
        ("content.read.v1", "K77"),
        ("case.replayed.v1", "A1"),
    ]
    assert [each["type"] for each in asked(town, "audit.looks", actor="K77")["items"]] == [
        "content.read.v1"
    ]


def test_a_county_as_it_stands_and_as_it_stood(town: Town):
    number = town.register()["number"]
    before = asked(town, "audit.standings", region=OFFICE[:6])["as_of"]
    town.caller("L9", ["leader"]).call(
        "responsibility", "receive", request_id=str(uuid.uuid4()), number=number
    )
    now = {each["number"]: each for each in asked(town, "audit.standings")["items"]}
    then = asked(town, "audit.standings", region="3304", as_of=before)["items"]
    (stood,) = [each for each in then if each["number"] == number]
    assert (now[number]["state"], now[number]["owner"]) == ("owned", "L9")
    assert stood["owner"] is None


def test_a_receipt_stands_for_itself(town: Town):
    town.register()
    size = until(lambda: asked(town, "audit.checkpoint")["size"])
    items = asked(town, "audit.receipts", positions=[0, size - 1])["items"]
    for item in items:
        leaf = item["leaf"].encode()
        assert heard(verify_receipt, item["proof"].encode(), leaf, terms(town))
        with pytest.raises(Wrong):
            heard(verify_receipt, item["proof"].encode(), leaf[:-2] + b"2}", terms(town))
    with pytest.raises(Failure, match="checkpoint_unknown"):
        asked(town, "audit.receipts", positions=[1_000_000])


def test_the_folder_witness_of_the_embedded_installation_has_signed(town: Town):
    """Beside the ledger's own files; the verifier takes it for the checkpoint that was kept."""
    town.register()
    home: Path = town.installation.surroundings.home
    note = until(lambda: (p := home / "ledger/checkpoint.witnessed").exists() and p.read_text())
    witness = Key.read((home / "witness/key.public").read_text().strip(), COSIGNS)
    lines: list[str] = []
    given = Terms(terms(town).keys, note, [witness])
    assert verify(str(home / "ledger"), given, lines.append) == 0, lines
    assert any("file-witness has witnessed" in line for line in lines)


class TestContentBesideTheEvidence:
    def exported(self, town: Town, number: str) -> bytes:
        head = town.caller("D1", ["office_head"])
        bundle = b64decode(head.call("audit", "export", number=number)["content"])
        return opened(bundle, lambda service, method, given: head.call(service, method, **given))

    def test_opens_the_commitments_of_all_its_versions(self, town: Town):
        """Offline, by the salts that stand beside it."""
        number = town.register(title="电梯停运😀", representatives=[{"name": "代表"}])["number"]
        town.caller("K1", ["clerk"]).call(
            "intake", "correct", number=number, request_id=str(uuid.uuid4()),
            title="电梯停运一月", reason="笔误",
        )  # fmt: skip
        town.wait_until_known_everywhere()
        until(lambda: asked(town, "audit.checkpoint")["size"] >= town_size(town))
        bundle = self.exported(town, number)
        lines = heard(verify_bundle, bundle, terms(town))
        assert sum("is the one that was put on record" in line for line in lines) == 2
        assert any("personal data" in line for line in lines)

    def test_that_was_changed_is_named(self, town: Town):
        number = town.register(title="河道淤塞")["number"]
        town.wait_until_known_everywhere()
        until(lambda: asked(town, "audit.checkpoint")["size"] >= town_size(town))
        parts = parts_of(self.exported(town, number))
        parts["content.json"] = parts["content.json"].replace("淤塞".encode(), "通畅".encode())
        del parts["manifest"]
        forged = packed({**parts, "manifest": manifest_of(parts)})
        with pytest.raises(Wrong, match=f"the content of {number}, version 1, is not the one"):
            heard(verify_bundle, forged, terms(town))

    def test_is_not_for_who_may_not_read_it(self, town: Town):
        """An auditor exports the case, and reads no content."""
        number = town.register()["number"]
        with pytest.raises(Failure, match="office_not_allowed"):
            opened(
                b64decode(asked(town, "audit.export", number=number)["content"]),
                lambda service, method, given: asked(town, f"{service}.{method}", **given),
            )


def town_size(town: Town) -> int:
    return int(asked(town, "audit.leaves", limit=1)["size"])


@pytest.mark.parametrize(
    ("method", "asked_for", "end"),
    [
        ("audit.deeds", {"actor": "K77"}, "until"),
        ("audit.looks", {"actor": "K77"}, "until"),
        ("audit.replay", {}, "as_of"),
    ],
)
def test_what_ends_before_it_begins_is_refused(
    town: Town, method: str, asked_for: dict[str, str], end: str
):
    """An empty answer would read as if nothing had happened."""
    asked_for = asked_for or {"number": town.register()["number"]}
    noon, one = "2026-11-24T12:00:00+08:00", "2026-11-24T13:00:00+08:00"
    with pytest.raises(Failure, match="bad_value") as refused:
        asked(town, method, **asked_for, since=one, **{end: noon})
    assert refused.value.fields == {
        end: "lies before the beginning: name 2026-11-24T13:00:00+08:00 or later, or leave one out"
    }
    asked(town, method, **asked_for, since=noon, **{end: one})
