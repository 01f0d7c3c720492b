"""What one person stated about himself, and what becomes of it, stops nobody else."""

from dataclasses import replace
from datetime import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.failures import Failure
from contracts.rpc.notify import SetPreferences
from services.notify.application.digesting import Digests
from services.notify.application.ports import CasesAway, Endpoint
from services.notify.application.preferring import Preferring, Stated
from services.notify.domain.planning import instant
from services.notify.domain.preferences import Preferences
from services.notify.gateways.cases import ResponsibilityCases
from services.notify.gateways.directory import Directory, Means
from services.notify.gateways.endpoints import Endpoints
from services.notify.gateways.mail import Mail, MailServer
from services.notify.gateways.posting import Poster
from services.notify.readmodels.reminders import ReminderTable
from services.notify.service import ADDRESSES, _stated
from tests.builders import DAY, HUANG, SHEN, TODAY, Clock, number, petition_id, told
from tests.unit.notify.desk import Desk, FakeChannel, deliveries
from tests.unit.notify.test_digests import MORNING, FakeCases, NothingKept
from tests.unit.notify.test_responses import command
from tests.unit.notify.test_robots import no_hours

TAKEN = "ownership.taken.v1"
MAIL = ADDRESSES["mail"]


def tell_two(desk: Desk) -> None:
    """Let two leaders each take a petition."""
    desk.tell(TAKEN)
    desk.tell(TAKEN, petition_id=petition_id(2), number=number(2), owner=SHEN)


class TestAChannelThatDies:
    @pytest.mark.parametrize("death", [IndexError("[0]"), AttributeError("x"), TypeError()])
    def test_is_a_failed_attempt_of_one_reminder(
        self, desk: Desk, channel: FakeChannel, death: Exception
    ):
        """On record by its name, and tried again; everybody else is told in the same round."""
        channel.outcomes = [death]
        tell_two(desk)
        assert desk.deliver() == 2
        assert channel.recipients == [HUANG, SHEN]
        failed = next(row for row in desk.listed() if row["recipient"] == HUANG)
        assert (failed["state"], failed["last_outcome"]) == ("planned", type(death).__name__)

    def test_is_an_outcome_of_a_test_message(self, desk: Desk, channel: FakeChannel):
        """He learns what is wrong with what he stated."""
        mail = FakeChannel("mail", endpoint="mail/1", outcomes=[IndexError()])
        ways = deliveries(desk.application, [channel], [mail, channel]).ways
        preferring = Preferring(desk.application, ways, desk.deliveries.pace, NothingKept())
        assert preferring.try_out(HUANG)[0] == {"channel": "mail", "outcome": "IndexError"}


class TestAnotherKey:
    """Under which nothing opens that was kept under the one before."""

    @pytest.fixture
    def mail(self) -> MailServer:
        return MailServer("127.0.0.1", 9, encrypted=False, sender="a@b.cn")

    def directory(self, desk: Desk, channel: FakeChannel, key: bytes, mail: MailServer):
        means = Means([channel], Poster(), desk.clock, Endpoints(key), mail)
        return Directory(desk.application.log_of_events, means, no_hours)

    def keep(self, desk: Desk, *endpoints: Endpoint) -> None:
        with desk.application.log_of_events.writing() as transaction:
            Endpoints(b"k" * 32).keep(transaction, HUANG, endpoints)

    def test_stops_nobody(self, desk: Desk, channel: FakeChannel, mail: MailServer):
        """The file has both, and who is not reached is not taken for told."""
        self.keep(desk, Endpoint("wecom", "https://robots.example/x"))
        ways = self.directory(desk, channel, b"n" * 32, mail)
        desk.deliveries = replace(desk.deliveries, ways=ways)
        tell_two(desk)
        desk.deliver()
        assert channel.recipients == [HUANG, SHEN]
        rows = {row["recipient"]: (row["state"], row["last_outcome"]) for row in desk.listed()}
        assert rows == {HUANG: ("planned", "unreadable"), SHEN: ("delivered", "ok")}

    def test_is_named_by_a_test_message(self, desk: Desk, channel: FakeChannel, mail: MailServer):
        """Of each channel by its own name: people state their preferences again."""
        self.keep(desk, Endpoint("mail", "a@b.cn"), Endpoint("webhook", "https://huang.example/"))
        ways = self.directory(desk, channel, b"n" * 32, mail)
        preferring = Preferring(desk.application, ways, desk.deliveries.pace, NothingKept())
        assert preferring.try_out(HUANG) == [
            {"channel": "mail", "outcome": "unreadable"},
            {"channel": "own_webhook", "outcome": "unreadable"},
        ]

    @pytest.mark.parametrize("stored", [b"", b"short", bytes(200)])
    def test_is_like_a_row_that_was_damaged(
        self, desk: Desk, channel: FakeChannel, mail: MailServer, stored: bytes
    ):
        """Whatever stands there, the other channel of his is taken."""
        self.keep(desk, Endpoint("wecom", "https://robots.example/x"), Endpoint("mail", "a@b.cn"))
        log = desk.application.log_of_events
        with log.writing() as transaction:
            transaction.execute("UPDATE endpoint SET sealed = ? WHERE kind = 'wecom'", (stored,))
        _, own = self.directory(desk, channel, b"k" * 32, mail).of([HUANG])[HUANG].ways
        assert [each.name for each in own.channels] == ["wecom", "mail"]
        assert own.channels[0].tell(told()).word == "unreadable"


class TestAnAddressOfMail:
    @pytest.mark.parametrize(
        "address",
        [
            'a@b,"', ';=@>,"', "=?utf-8?q?x?==x@[:?)_", ";:@:x>_]", "a..b@c.cn", ".a@c.cn",
            "a@b..c", "a@b.", "张@b.cn", "a@b@c", "a b@c", "<a>@b", "a@-b", "a@b\n",
            f"{'a' * 65}@b.cn", "@b", "a@",
        ],
    )  # fmt: skip
    def test_that_is_none_is_refused(self, address: str):
        """When it is stated, not when somebody has to be told."""
        assert not MAIL.fullmatch(address)

    @pytest.mark.parametrize(
        "address", ["huang@xf.example", "tao.li+xf@mail.xf-1.gov.cn", "a_b%c-d@10086.cn", "a@b"]
    )
    def test_that_people_have_is_taken(self, address: str):
        """Names with points, numbers, several levels."""
        assert MAIL.fullmatch(address)

    @given(st.from_regex(MAIL, fullmatch=True))
    def test_that_is_taken_is_one_that_a_message_can_go_to(self, address: str):
        """Whatever it is, the message is made, and goes to it alone."""
        mail = Mail(Endpoint("mail", address), MailServer("127.0.0.1", 9, False, "a@b.cn"))
        message = mail._message(told())
        assert [each.addr_spec for each in message["To"].addresses] == [address]
        assert message.as_bytes()


class Refusing(FakeCases):
    """Responsibility, which refuses one leader."""

    def open_of(self, owner: str) -> list[str]:
        if owner == HUANG:
            raise CasesAway("bad_value")
        return super().open_of(owner)


class TestADigestThatIsRefused:
    @pytest.mark.parametrize(
        ("digest", "recipient"),
        [
            ("weekly", "office_head:330424"),
            ("none", "office_head:330424"),
            ("weekly", "office_head:office_head:330424-01"),
            ("weekly", "office_head:330424-01x"),
            ("weekly", HUANG),
            ("weekly", None),
            ("morning", "office_head:330424-01"),
        ],
    )
    def test_by_its_recipient_cannot_be_ordered(self, digest: str, recipient: str | None):
        """An office that is none has no week."""
        with pytest.raises(Failure, match="bad_value"):
            _stated(wanted(digest, recipient))

    @pytest.mark.parametrize(
        ("digest", "recipient"),
        [("weekly", "office_head:330424-01"), ("morning", None), ("none", "office_head:330424-01")],
    )
    def test_by_nobody_can(self, digest: str, recipient: str | None):
        """A head's of his office, a leader's of himself."""
        assert _stated(wanted(digest, recipient)).digest == digest

    def test_is_left_out_with_its_code_and_the_next_is_sent(
        self, desk: Desk, channel: FakeChannel, clock: Clock
    ):
        """What responsibility says of one stops nobody, and is tried again until noon."""
        ways, pace = desk.deliveries.ways, desk.deliveries.pace
        preferring = Preferring(desk.application, ways, pace, NothingKept())
        for who in (HUANG, SHEN):
            preferring.state(command(who, f"request-{who}"), who, Stated([], None, [], "morning"))
        digests = Digests(desk.application, Refusing(), desk.deliveries, ReminderTable())
        clock.now = MORNING
        assert digests.send_due() == 2
        assert channel.recipients == [SHEN]
        clock.now = instant(TODAY + DAY, time(12))
        digests.send_due()
        sent = [f for f in desk.facts() if isinstance(f, Preferences.DigestSent)]
        assert {f.recipient: f.outcomes for f in sent} == {
            SHEN: {"file": "ok"},
            HUANG: {"responsibility": "bad_value"},
        }

    @pytest.mark.parametrize("code", ["bad_value", "internal", "unavailable", "busy"])
    def test_is_one_of_that_recipient_whatever_the_code(self, code: str):
        """Also what responsibility itself did not foresee."""

        class Refuser:
            def call(self, *_asked: object, **_given: object) -> None:
                raise Failure(code)

        refuser: Any = Refuser()
        with pytest.raises(CasesAway, match=code):
            ResponsibilityCases(refuser).running_in("330424-01")


def wanted(digest: str, recipient: str | None) -> SetPreferences:
    asked = {"request_id": "r-000001", "recipient": recipient, "digest": digest}
    return msgspec.convert(asked, SetPreferences)
