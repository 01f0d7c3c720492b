"""What one person stated about himself, and what becomes of it, stops nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.application.ports import Endpoint
from services.notify.application.preferring import Preferring
from services.notify.gateways.mail import Mail, MailServer
from services.notify.service import ADDRESSES
from tests.builders import HUANG, SHEN, number, petition_id, told
from tests.unit.notify.desk import Desk, FakeChannel, deliveries
from tests.unit.notify.test_ways import NothingKept

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


class TestAnAddressOfMail:
    @pytest.mark.parametrize(
        "address",
        [
            'a@b,"', ';=@>,"', "=?utf-8?q?x?==x@[:?)_", ";:@:x>_]", "a..b@c.cn", ".a@c.cn", "a@b..c",
            "a@b.", "张@b.cn", "a@b@c", "a b@c", "<a>@b", "a@-b", "a@b\n", f"{'a' * 65}@b.cn", "@b", "a@",
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
