"""The ledger: every event of every log, once, in order, under signatures that grow."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from chassis.messaging.inbox import Inbox
from contracts.envelope import CloudEvent
from services.audit.application.ledger import Ledger
from services.audit.domain.damage import LedgerDamaged
from services.audit.domain.leaves import Leaf, leaf_of
from services.audit.gateways.signing import signers_from
from services.audit.readmodels.calendars import PUBLISHED
from services.audit.readmodels.entering import canonical, enter
from services.audit.readmodels.evidence import EvidenceTables
from services.audit.verifier import Report, Terms, kept_in, parts_of, verify, verify_bundle
from statute.workdays import WorkCalendar, newest_calendar
from tests.builders import NOON, cloud_event, number, petition_id, registered
from tests.unit.audit.desk import Desk, inbox_of
from tests.unit.audit.ledgers import ORIGIN, LedgerDesk, attempts, case, keys_text, said
from tests.unit.stores import SourceLog, delete_rows, rows

QUIET: list[str] = []
EXAMPLE = Path("contracts/examples/events/calendar.imported.v1.json")


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:
    return LedgerDesk(desk, tmp_path / "ledger")


def report() -> Report:
    return Report(QUIET.append)


class TestEntering:
    def test_each_event_is_a_leaf_in_the_order_of_its_source(self, ledger: LedgerDesk):
        """Chained with what the ledger has of the same petition."""
        ledger.take_in(registered(1), *attempts(2))
        leaves = [leaf_of(part) for part in ledger.parts()]
        assert [(leaf.source, leaf.seq, leaf.petition_seq) for leaf in leaves] == [
            ("intake", 1, 1),
            ("notify", 1, 2),
            ("notify", 2, 3),
        ]
        assert {leaf.petition for leaf in leaves} == {petition_id()}

    def test_an_event_that_is_parked_is_a_leaf_all_the_same(self, ledger: LedgerDesk):
        """The ledger does not depend on whether we can read it; nothing waits behind it either."""
        data = {"petition_id": petition_id(), "number": number()}
        ledger.take_in(cloud_event("notify", 1, "future.thing.v9", data), *attempts(1, first=2))
        assert len(rows(ledger.desk.application, "parked_event")) == 2
        assert [leaf_of(part).seq for part in ledger.parts()] == [1, 2]
        inbox_of(ledger.desk.application, ledger.desk.log).redrive()
        assert len(ledger.parts()) == 2

    def test_what_comes_again_after_a_loss_is_no_second_leaf(self, ledger: LedgerDesk):
        ledger.take_in(*case())
        before = ledger.parts()
        for table in ("timeline", "matter", "applied_position"):
            delete_rows(ledger.desk.application, table)
        ledger.take_in(*attempts(1, first=6))
        assert ledger.parts()[:-1] == before

    def test_what_comes_again_as_another_event_is_told_of(self, ledger: LedgerDesk):
        """Somebody has changed the log of a service since."""
        ledger.take_in(registered(1))
        delete_rows(ledger.desk.application, "applied_position")
        delete_rows(ledger.desk.application, "timeline")
        delete_rows(ledger.desk.application, "matter")
        forged = SourceLog([registered(1, actor="K330424099")])
        with capture_logs() as lines:
            inbox_of(ledger.desk.application, forged).catch_up()
        assert "event_contradicts_ledger" in [line["event"] for line in lines]
        assert "K330424099" not in str(ledger.parts())

    def test_leaves_that_were_cut_off_are_not_made_again(self, ledger: LedgerDesk):
        """Nothing new is entered over a hole: it stops, and says so."""
        ledger.take_in(*case())
        ledger.change("DELETE FROM ledger_leaf WHERE source = 'notify' AND seq > 2")
        with pytest.raises(LedgerDamaged, match="notify 3 is not in the ledger"):
            ledger.take_in(*attempts(1, first=6))

    @pytest.mark.parametrize("odd", ["x" * 70_000, "a\0b", "信访😀", ":size"])
    def test_an_event_about_anything_is_entered(self, ledger: LedgerDesk, odd: str):
        """A service that was broken into does not stop the ledger; whatever it says is bound."""
        data = {"petition_id": odd, "number": number()}
        event = cloud_event("notify", 1, "reminder.delivered.v1", data)
        ledger.desk.application.log_of_events.transact(
            lambda transaction: enter(transaction, [event, *attempts(1, first=2)])
        )
        ledger.sign()
        assert ledger.verified()[0] == 0

    @given(
        text=st.text(st.characters(exclude_categories=["Cs"])),
        count=st.integers(-(2**53) + 1, 2**53 - 1),
        flag=st.booleans() | st.none(),
    )
    def test_an_event_is_written_as_the_standard_has_it(self, text, count, flag):
        """RFC 8785, by a library that knows all of it."""
        data = {"petition_id": "", "b": text, "a": [count, flag], "c": {"z": 1, "y": text}}
        event = cloud_event("notify", 1, "reminder.delivered.v1", data, actor=text)
        assert canonical(event) == rfc8785.dumps(msgspec.to_builtins(event))
        leaf = Leaf("notify", abs(count), text, 1, text, text, "f" * 64, text)
        assert leaf.encoded() == rfc8785.dumps(leaf._asdict())


class TestCheckpoints:
    def test_there_is_one_for_each_growth(self, ledger: LedgerDesk):
        for at in range(1, 4):
            ledger.take_in(*attempts(1, first=at))
            ledger.sign()
            ledger.sign()
        assert [row[0] for row in rows(ledger.desk.application, "ledger_checkpoint")] == [1, 2, 3]

    def test_the_files_hold_what_was_signed(self, ledger: LedgerDesk):
        """For anybody with the public key, at any size."""
        ledger.take_in(*case(events=300))
        ledger.sign()
        status, text = ledger.verified()
        assert status == 0, text
        assert "notify: events 1 to 300, without a gap" in text

    def test_the_files_grow_with_it(self, ledger: LedgerDesk):
        for at in range(12):
            ledger.take_in(*attempts(47, first=1 + 47 * at))
            ledger.sign()
            assert ledger.verified()[0] == 0
        assert sorted(path.name for path in (ledger.folder / "tile/0").iterdir()) == [
            "000",
            "001",
            "002.p",
        ]

    def test_files_that_were_lost_are_written_anew(self, ledger: LedgerDesk):
        """They follow from the tables."""
        ledger.take_in(*case(events=300))
        ledger.sign()
        for path in sorted(ledger.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        ledger.sign()
        assert ledger.verified()[0] == 0

    def test_a_witness_remembers_the_last_good_one(self, ledger: LedgerDesk, tmp_path: Path):
        """Compared with and written anew each time; a ledger that was cut is not remembered."""
        kept = tmp_path / "kept"
        for at in range(1, 4):
            ledger.take_in(*attempts(2, first=2 * at - 1))
            ledger.sign()
            terms = Terms(ledger.terms.keys, kept_in(None, kept))
            assert verify(str(ledger.folder), terms, QUIET.append, kept) == 0
            assert kept.read_text() == ledger.note()
        ledger.change("DELETE FROM ledger_leaf WHERE position > 2")
        ledger.change("DELETE FROM ledger_checkpoint WHERE size > 2")
        cut = LedgerDesk(ledger.desk, tmp_path / "cut")
        cut.sign()
        terms, before = Terms(ledger.terms.keys, kept_in(None, kept)), kept.read_text()
        assert verify(str(cut.folder), terms, QUIET.append, kept) == 1
        assert kept.read_text() == before

    def test_keys_change_with_both_signing_for_a_while(self, ledger: LedgerDesk, tmp_path: Path):
        """Who holds the old key goes on; so does who was given the new one."""
        ledger.take_in(*case())
        ledger.sign()
        both = signers_from(ORIGIN, keys_text("2", "1"))
        changed = LedgerDesk(ledger.desk, ledger.folder, both)
        changed.take_in(*attempts(1, first=6))
        changed.sign()
        for key in changed.terms.keys:
            assert said(str(ledger.folder), Terms([key]))[0] == 0
        new = LedgerDesk(ledger.desk, ledger.folder, both[:1])
        new.take_in(*attempts(1, first=7))
        new.sign()
        assert new.verified()[0] == 0
        assert ledger.verified()[0] == 1

    def test_the_public_halves_of_old_keys_are_kept(self, ledger: LedgerDesk):
        """What they signed is to be read when nobody has the private ones any more."""
        ledger.take_in(*case())
        ledger.sign()
        new = LedgerDesk(ledger.desk, ledger.folder, signers_from(ORIGIN, keys_text("2")))
        audited = Ledger(new.log, new.trees, EvidenceTables(), new.keys)
        assert audited.keys() == [*new.keys, *ledger.keys]
        new.take_in(*attempts(1, first=6))
        new.sign()
        new.sign()
        assert audited.keys() == [*new.keys, *ledger.keys]


class TestWhatCannotBe:
    def test_a_tree_with_a_hole_is_not_signed(self, ledger: LedgerDesk):
        """It is said, and everything else goes on."""
        ledger.take_in(*case(events=300))
        ledger.change("DELETE FROM ledger_leaf WHERE position = 7")
        with capture_logs() as lines:
            ledger.sign()
            ledger.sign()
        assert [line["event"] for line in lines] == ["ledger_damaged"]
        assert ledger.note() == ""

    @pytest.mark.parametrize("text", ["", "nonsense", "a\nb\nc\n", "\n\n\n", "x\n99\ny\n\n"])
    def test_a_published_checkpoint_that_is_none_of_ours_stops_the_signing(
        self, ledger: LedgerDesk, text: str
    ):
        """Only an empty folder is begun anew."""
        ledger.take_in(*case())
        ledger.folder.mkdir()
        (ledger.folder / "checkpoint").write_text(text)
        with capture_logs() as lines:
            ledger.sign()
        complaints = ["published_checkpoint_not_on_record"] if text else []
        assert [line["event"] for line in lines] == complaints
        assert bool(ledger.note()) is not bool(text)

    def test_a_folder_that_cannot_be_written_stops_no_signature(self, ledger: LedgerDesk):
        """The files follow when it can be."""
        ledger.folder.write_text("a file in the place of the folder")
        ledger.take_in(*case())
        with capture_logs() as lines:
            ledger.sign()
        assert [line["event"] for line in lines] == ["ledger_not_published"]
        assert ledger.note()
        ledger.folder.unlink()
        ledger.sign()
        assert ledger.verified()[0] == 0


class TestBundle:
    def test_shows_a_case_by_itself(self, ledger: LedgerDesk):
        """Other cases around it."""
        ledger.take_in(*case(2, position=1, events=3))
        ledger.sign()
        ledger.take_in(registered(2), *attempts(20, first=4))
        ledger.state_heads()
        events = verify_bundle(ledger.bundle(), ledger.terms, report())
        assert events[0]["type"] == "petition.registered.v1"
        assert len(events) == 21

    def test_says_that_its_end_is_not_proven_before_ends_were_stated(self, ledger: LedgerDesk):
        ledger.take_in(*case())
        ledger.sign()
        QUIET.clear()
        verify_bundle(ledger.bundle(), ledger.terms, report())
        assert any("its end is not proven" in line for line in QUIET)

    def test_of_a_matter_has_its_repeats(self, ledger: LedgerDesk):
        ledger.take_in(registered(1), registered(2, 2, original=1))
        ledger.state_heads()
        events = verify_bundle(ledger.bundle(2), ledger.terms, report())
        assert [event["data"]["number"] for event in events] == [number(1), number(2)]

    def test_grows_out_of_the_checkpoint_that_somebody_kept(self, ledger: LedgerDesk):
        ledger.take_in(*case())
        ledger.sign()
        kept = ledger.note()
        ledger.take_in(*attempts(200, first=6))
        ledger.state_heads()
        bundle = ledger.bundle(known_size=6)
        verify_bundle(bundle, Terms(ledger.terms.keys, kept), report())

    def test_holds_whatever_offset_a_time_was_stated_with(self, ledger: LedgerDesk):
        """The same instant in Shanghai and in UTC."""
        ledger.take_in(registered(1, time=NOON.astimezone(ZoneInfo("Asia/Shanghai"))))
        ledger.sign()
        assert verify_bundle(ledger.bundle(), ledger.terms, report())[0]["time"].endswith("Z")

    def test_is_on_record(self, ledger: LedgerDesk):
        ledger.take_in(*case())
        ledger.sign()
        ledger.bundle()
        assert ledger.desk.facts()[-1].entries == 6


def test_any_order_of_delivery_gives_gapless_leaves(desk: Desk, tmp_path: Path):
    """Messages twice and with holes: the order of each source is that of its log."""
    ledger = LedgerDesk(desk, tmp_path)
    log = SourceLog([registered(at, at) for at in range(1, 30)])
    inbox: Inbox = inbox_of(desk.application, log)
    for start, stop in ((5, 9), (0, 3), (7, 20), (29, 12)):
        inbox.receive(log.events[start:stop] or log.events[:1])
    inbox.catch_up()
    assert [leaf_of(part).seq for part in ledger.parts()] == list(range(1, 30))


class TestCalendarsInABundle:
    """By which an auditor counts the terms of a case again."""

    @staticmethod
    def counted(position: int, version: str) -> CloudEvent:
        data = {"petition_id": petition_id(), "number": number(), "due": {"calendar": version}}
        return cloud_event("responsibility", position, "term.begun.v1", data)

    @staticmethod
    def imported(position: int, version: str) -> CloudEvent:
        data = {
            "petition_id": "",
            "version": version,
            "first": "2026-01-01",
            "last": "2027-12-31",
            "holidays": ["2027-01-01"],
            "make_up_days": [],
            "document": "国办发明电〔2026〕9号",
        }
        type_ = "calendar.imported.v1"
        return cloud_event("responsibility", position, type_, data, subject=PUBLISHED)

    def test_are_looked_for_where_responsibility_states_them(self):
        example = msgspec.json.decode(EXAMPLE.read_bytes())
        assert example["subject"] == PUBLISHED

    def test_are_those_that_its_terms_name(self, ledger: LedgerDesk):
        """The shipped one and an imported one, day by day, and no other."""
        ledger.take_in(
            registered(1),
            self.imported(1, "cn-2027"),
            self.imported(2, "cn-2028"),
            self.counted(3, "cn-2026"),
            self.counted(4, "cn-2027"),
        )
        ledger.state_heads()
        bundle = ledger.bundle()
        shipped, imported = json.loads(parts_of(bundle)["calendars.json"])
        assert WorkCalendar.from_json(json.dumps(shipped)) == newest_calendar()
        assert imported == {
            "version": "cn-2027",
            "first": "2026-01-01",
            "last": "2027-12-31",
            "holidays": ["2027-01-01"],
            "make_up_days": [],
        }
        assert verify_bundle(bundle, ledger.terms, report())

    def test_of_a_case_without_terms_are_none(self, ledger: LedgerDesk):
        ledger.take_in(registered(1))
        ledger.sign()
        assert parts_of(ledger.bundle())["calendars.json"] == b"[]"

    def test_that_are_not_known_yet_are_told_of(self, ledger: LedgerDesk):
        ledger.take_in(registered(1), self.counted(1, "cn-2099"))
        ledger.state_heads()
        QUIET.clear()
        verify_bundle(ledger.bundle(), ledger.terms, report())
        assert any("the calendar cn-2099, which is not here" in line for line in QUIET)
