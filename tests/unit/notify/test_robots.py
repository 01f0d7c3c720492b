"""The channels of others: signatures that others verify, answers read to the end, no way inside."""

import base64
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from chassis.eventstore.instants import utc_now
from services.notify.application.ports import OK, Endpoint, Outcome, Reach
from services.notify.domain.planning import Hours
from services.notify.gateways import guard
from services.notify.gateways.channels import Webhook
from services.notify.gateways.directory import Directory, Means
from services.notify.gateways.endpoints import Endpoints
from services.notify.gateways.guard import GuardedTransport, _is_public
from services.notify.gateways.mail import Mail, MailServer
from services.notify.gateways.posting import Poster, asked_to_wait
from services.notify.gateways.robots import DingTalk, Feishu, WeCom
from services.notify.gateways.robots import Robot as Robot_
from services.notify.gateways.sms import Sms, SmsGateway
from services.notify.gateways.webhooks import SignedWebhook
from tests.builders import HUANG, NOON, SHEN, TAO, Clock, number, told
from tests.unit.notify.desk import Desk, FakeChannel
from tests.unit.notify.receivers import (
    DROP,
    FAIL,
    LOSE,
    ODD,
    RESET,
    SLOW,
    TAKE,
    TOO_MANY,
    Post,
    Robot,
    encrypted,
    post,
    robot,
)

SECRET = "SEC9f8b1c"
LOOPBACK = ("127.0.0.1",)
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def receiver() -> Iterator[Robot]:
    with robot() as made:
        yield made


@pytest.fixture
def mailbox() -> Iterator[Post]:
    with post() as made:
        yield made


def poster(**limits: float) -> Poster:
    return Poster(LOOPBACK, **limits)


def openssl_hmac(key: str, message: str) -> str:
    """HMAC-SHA-256 by somebody else's program, in base64."""
    done = subprocess.run(
        ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt",
         f"hexkey:{key.encode().hex()}", "-binary"],
        input=message.encode(), capture_output=True, check=True,
    )  # fmt: skip
    return base64.b64encode(done.stdout).decode()


class TestSignatures:
    def test_of_dingtalk(self, receiver: Robot, clock: Clock):
        """In the address: milliseconds, and the secret as the key of both."""
        endpoint = Endpoint("dingtalk", receiver.url, SECRET)
        assert DingTalk(endpoint, poster(), clock).tell(told()) == OK
        asked = parse_qs(urlsplit(receiver.requests[0][0]).query)
        timestamp = str(int(NOON.timestamp() * 1000))
        assert asked == {
            "access_token": ["t"],
            "timestamp": [timestamp],
            "sign": [openssl_hmac(SECRET, f"{timestamp}\n{SECRET}")],
        }
        assert receiver.bodies == [{"msgtype": "text", "text": {"content": told().sentence}}]

    def test_of_feishu(self, receiver: Robot, clock: Clock):
        """In the body: seconds, and both as the key of an empty message."""
        receiver.good = b'{"code": 0, "msg": "success"}'
        endpoint = Endpoint("feishu", receiver.url, SECRET)
        assert Feishu(endpoint, poster(), clock).tell(told()) == OK
        timestamp = str(int(NOON.timestamp()))
        (body,) = receiver.bodies
        assert body == {
            "timestamp": timestamp,
            "sign": openssl_hmac(f"{timestamp}\n{SECRET}", ""),
            "msg_type": "text",
            "content": {"text": told().sentence},
        }

    def test_of_a_standard_webhook(self, receiver: Robot):
        """Their own library accepts it, and no other body."""
        endpoint = Endpoint("webhook", receiver.url, SIGNING)
        assert SignedWebhook(endpoint, poster(), utc_now).tell(told()) == OK
        _, headers, body = receiver.requests[0]
        verified = Verifier(SIGNING).verify(body.decode(), headers)
        assert verified["number"] == number()
        with pytest.raises(WebhookVerificationError):
            Verifier(SIGNING).verify(body.decode() + " ", headers)

    @pytest.mark.parametrize("kind", [DingTalk, WeCom, Feishu])
    def test_are_left_out_without_a_secret(self, receiver: Robot, clock: Clock, kind):
        """WeCom has none: its address is its secret."""
        receiver.good = b'{"errcode": 0, "code": 0}'
        assert kind(Endpoint(kind.name, receiver.url), poster(), clock).tell(told()) == OK
        assert "sign" not in str(receiver.requests)


class TestLongTexts:
    LINE = f"信访事项 {number()} 的办理期限已于2026年12月24日届满，逾期11个工作日，请督促。"

    def said(self, receiver: Robot, kind: type[Robot_], sentence: str, link: str = "") -> str:
        receiver.good = b'{"errcode": 0, "code": 0}'
        told_ = told(sentence=sentence, link=link)
        assert kind(Endpoint(kind.name, receiver.url), poster(), utc_now).tell(told_) == OK
        (body,) = receiver.bodies
        return (body.get("text") or body["content"]).get("content") or body["content"]["text"]

    def test_lose_their_last_lines_at_wecom(self, receiver: Robot):
        """It takes 2,048 bytes; whole lines, what was left out, and the link."""
        lines = ["您有30条信访提醒：", *[f"{n}. {self.LINE}" for n in range(1, 21)]]
        link = "https://xf.example/"
        text = self.said(receiver, WeCom, "\n".join(lines), link)
        assert 1_700 < len(text.encode()) <= 2048
        *shown, cut, last = text.split("\n")
        assert (cut, last) == ("（下略，请登录平台查看）", link)
        assert shown == lines[: len(shown)]

    @pytest.mark.parametrize("kind", [DingTalk, Feishu])
    def test_are_whole_elsewhere(self, receiver: Robot, kind: type[Robot_]):
        """They take twenty kilobytes."""
        text = "\n".join([self.LINE] * 21)
        assert self.said(receiver, kind, text) == text

    @pytest.mark.parametrize("kind", [DingTalk, WeCom, Feishu])
    @pytest.mark.parametrize("character", ["信", "𠮷", "a"])
    def test_of_one_line_end_somewhere(self, receiver: Robot, kind: type[Robot_], character: str):
        """Never within a character."""
        text = self.said(receiver, kind, character * 20_000)
        assert len(text.encode()) <= kind.text_max
        assert set(text.split("\n")[0]) == {character}

    def test_that_just_fit_are_whole(self, receiver: Robot):
        """To the byte."""
        assert self.said(receiver, WeCom, "a" * 2048) == "a" * 2048


class TestAnswers:
    @pytest.mark.parametrize(
        ("mood", "outcome"),
        [
            (TAKE, OK),
            (ODD, Outcome("code_310000")),
            (FAIL, Outcome("http_500")),
            (TOO_MANY, Outcome("http_429", timedelta(seconds=120))),
            (DROP, Outcome("RemoteProtocolError")),
            (RESET, Outcome("RemoteProtocolError")),
            (SLOW, Outcome("ReadTimeout")),
        ],
    )
    def test_are_read_to_the_end(self, receiver: Robot, clock: Clock, mood: str, outcome: Outcome):
        """HTTP 200 says nothing yet; whoever asks to be left alone is."""
        receiver.moods = [mood]
        channel = DingTalk(Endpoint("dingtalk", receiver.url), poster(timeout_s=0.2), clock)
        assert channel.tell(told()) == outcome

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"errcode": "0"}', b"\xff"])
    def test_without_a_code_are_failures(self, receiver: Robot, clock: Clock, body: bytes):
        """A proxy that answers in the robot's place delivers nothing."""
        receiver.good = body
        channel = WeCom(Endpoint("wecom", receiver.url), poster(), clock)
        assert channel.tell(told()) == Outcome("no_code")

    def test_that_too_many_came_ask_for_a_minute(self, receiver: Robot, clock: Clock):
        """WeCom's 45009 is its way of saying 429."""
        receiver.good = b'{"errcode": 45009}'
        channel = WeCom(Endpoint("wecom", receiver.url), poster(), clock)
        assert channel.tell(told()) == Outcome("code_45009", timedelta(minutes=1))

    @pytest.mark.parametrize(
        "said", ["-5", "soon", "9" * 40, "Mon, 99 Foo", "Thu, 01 Jan 1970 00:00:00 GMT"]
    )
    def test_that_ask_for_nonsense_are_taken_for_little_or_an_hour(self, said: str):
        """Nobody keeps a reminder back for ever."""
        response = httpx.Response(429, headers={"retry-after": said})
        assert timedelta(0) <= asked_to_wait(response) <= timedelta(hours=1)


class TestTheGuard:
    @pytest.mark.parametrize(
        "url",
        [
            "http://127.0.0.1/", "http://localhost/", "http://10.0.0.8/", "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[fe80::1]/",
            "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://2130706433/",
            "http://224.0.0.1/", f"http://{'a' * 70}.example/", "http://100.64.0.1/", "ftp://example.org/",
        ],
    )  # fmt: skip
    def test_lets_nobody_reach_inside(self, url: str):
        """Neither by number, nor by name, nor in the other notation."""
        outcome = Poster().post(url, b"{}")
        assert outcome.word in {"TargetRefused", "ConnectError", "UnsupportedProtocol"}
        if "ftp" not in url and "aaa" not in url:
            assert outcome.word == "TargetRefused"

    def test_a_redirection_is_not_followed(self, receiver: Robot):
        """Also one to where we may go."""
        assert poster().post(receiver.url.replace("/robot", "/"), b"{}") == OK
        assert len(receiver.requests) == 1

    def test_the_address_that_was_checked_is_the_one_called(self, monkeypatch):
        """A name that answers otherwise the second time changes nothing; the host stays named."""
        answers = [[(2, 1, 6, "", ("93.184.215.14", 443))], [(2, 1, 6, "", ("127.0.0.1", 443))]]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: answers.pop(0))
        transport, called = GuardedTransport(), []
        transport._inner = httpx.MockTransport(
            lambda request: called.append(request) or httpx.Response(200)
        )
        httpx.Client(transport=transport).post("https://robots.example/x")
        (request,) = called
        assert request.url.host == "93.184.215.14"
        assert request.headers["host"] == "robots.example"
        assert request.extensions["sni_hostname"] == "robots.example"
        assert len(answers) == 1

    @pytest.mark.parametrize(
        "address",
        [
            "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::",
            "2002:a00:1::", "::127.0.0.1", "::a00:1", "fec0::1", "192.0.0.8", "fd00::1", "2001::1",
            "::ffff:10.0.0.1", "fe80::1%lo",
        ],
    )  # fmt: skip
    def test_knows_the_ways_round(self, address: str):
        """An address of six that leads to one of four, or to a network of somebody's own."""
        assert not _is_public(address)

    @pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "8.8.8.8"])
    def test_lets_what_is_public_pass(self, address: str):
        """Or nobody were told."""
        assert _is_public(address)

    # A handshake that failed leaves its socket to the garbage collector, in eventlet.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_a_certificate_is_checked_for_each_host(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        """Two hosts of one address: what is for the one does not go over the other's connection."""
        with encrypted("a.test", tmp_path) as receiver:
            trusting = ssl.create_default_context(cafile=tmp_path / "a.test.crt")
            monkeypatch.setattr(guard, "authorities", lambda: trusting)
            monkeypatch.setattr(guard, "_is_public", lambda _address: True)
            port = urlsplit(receiver.url).port
            answer = [(2, 1, 6, "", ("127.0.0.1", port))]
            monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_k: answer)
            sender = Poster()
            assert sender.post(f"https://a.test:{port}/", b"{}") == OK
            assert sender.post(f"https://b.test:{port}/", b"{}") == Outcome("ConnectError")
            assert len(receiver.requests) == 1


class TestMail:
    def mail(self, mailbox: Post) -> Mail:
        server = MailServer.from_url(f"smtp://127.0.0.1:{mailbox.port}", "tx@xf.example")
        return Mail(Endpoint("mail", "huang@xf.example"), server)

    def test_carries_the_sentence_and_an_id(self, mailbox: Post):
        """The same id at every attempt."""
        assert [self.mail(mailbox).tell(told()) for _ in range(2)] == [OK, OK]
        first, second = mailbox.messages
        assert first["Message-ID"] == second["Message-ID"] == "<reminder-1@xf.example>"
        assert first["Subject"] == f"信访提醒 {number()}"
        assert first.get_content().strip() == told().sentence

    @pytest.mark.parametrize(
        ("mood", "word"),
        [
            (DROP, "SMTPServerDisconnected"),
            (FAIL, "SMTPRecipientsRefused"),
            (LOSE, "SMTPServerDisconnected"),
        ],
    )
    def test_that_was_not_taken_is_a_failure(self, mailbox: Post, mood: str, word: str):
        """Dropped, refused for the moment, or taken without saying so."""
        mailbox.moods = [mood]
        assert self.mail(mailbox).tell(told()) == Outcome(word)
        assert self.mail(mailbox).tell(told()) == OK

    def test_cannot_smuggle_in_a_header(self, mailbox: Post):
        """A number is made by us; an address with a line break is none."""
        server = MailServer.from_url(f"smtp://127.0.0.1:{mailbox.port}", "tx@xf.example")
        mail = Mail(Endpoint("mail", "a@xf.example\nBcc: b@xf.example"), server)
        assert not mail.tell(told()).ok
        assert mailbox.messages == []


class TestSms:
    def test_is_handed_to_the_gateway(self, receiver: Robot):
        """With the id, so that the gateway can drop repetitions."""
        gateway = SmsGateway(receiver.url, "token-1")
        assert Sms(Endpoint("sms", "15400001234"), gateway, poster()).tell(told()) == OK
        _, headers, body = receiver.requests[0]
        assert headers["authorization"] == "Bearer token-1"
        assert json.loads(body) == {
            "id": "reminder-1",
            "to": "15400001234",
            "text": told().sentence,
        }

    def test_opens_its_host_to_nobody_s_webhook(self, receiver: Robot, desk: Desk, clock: Clock):
        """What the operator allows for text messages is allowed for these alone."""
        means = Means([], Poster(), clock, sms=SmsGateway(receiver.url))
        directory = Directory(desk.application.log_of_events, means, no_hours)
        words = [
            directory.channel_to(Endpoint(kind, address)).tell(told()).word
            for kind, address in (("sms", "15400001234"), ("webhook", receiver.url))
        ]
        assert words == ["ok", "TargetRefused"]


class TestEndpoints:
    def test_are_encrypted_and_bound_to_their_place(self, desk: Desk):
        """Who has the table has no address; a row under another name opens nothing."""
        log, endpoints = desk.application.log_of_events, Endpoints(bytes(32))
        kept = [Endpoint("dingtalk", "https://robots.example/x", SECRET), Endpoint("mail", "a@b")]
        with log.writing() as transaction:
            endpoints.keep(transaction, HUANG, kept)
        assert endpoints.of(log, [HUANG, SHEN]) == {HUANG: kept}
        (sealed,) = log.query("SELECT sealed FROM endpoint WHERE kind = 'dingtalk'")[0]
        assert b"robots" not in bytes(sealed)
        assert SECRET.encode() not in bytes(sealed)
        with log.writing() as transaction:
            transaction.execute("UPDATE endpoint SET recipient = ?", (SHEN,))
        assert endpoints.of(log, [SHEN]) == {SHEN: [Endpoint("dingtalk", ""), Endpoint("mail", "")]}

    def test_are_known_by_what_tells_nothing(self, desk: Desk):
        """Telephones have few enough numbers: a hash without a key would be the number."""
        log, number_ = desk.application.log_of_events, "13805731234"
        ids = []
        for key, who in ((bytes(32), HUANG), (bytes(32), SHEN), (b"n" * 32, TAO)):
            with log.writing() as transaction:
                Endpoints(key).keep(transaction, who, [Endpoint("sms", number_)])
            ids += [each.id for each in Endpoints(key).of(log, [who])[who]]
        assert ids[0] == ids[1] != ids[2]
        plain = sha256(number_.encode()).hexdigest()[:16]
        assert all(id_.startswith("sms/") and plain not in id_ for id_ in ids)

    def test_lead_to_channels_where_something_is_set_up(self, desk: Desk, clock: Clock):
        """Without a mail server nobody is reached by mail."""
        log, endpoints = desk.application.log_of_events, Endpoints(bytes(32))
        kept = [Endpoint("mail", "a@b"), Endpoint("feishu", "https://robots.example/x")]
        with log.writing() as transaction:
            endpoints.keep(transaction, HUANG, kept)
        directory = Directory(log, Means([FakeChannel()], poster(), clock, endpoints), no_hours)
        reach = directory.of([HUANG, SHEN])
        names = {
            who: [[c.name for c in way.channels] for way in r.ways] for who, r in reach.items()
        }
        assert names == {HUANG: [["file"], ["feishu"]], SHEN: [["file"]]}

    def test_of_ones_own_are_none_of_the_installations(self, desk: Desk, clock: Clock):
        """A webhook of each: what came over the one has not come over the other."""
        log, endpoints = desk.application.log_of_events, Endpoints(bytes(32))
        kept = {
            HUANG: [Endpoint("webhook", "https://huang.example/")],
            SHEN: [Endpoint("mail", "a@b"), Endpoint("feishu", "https://robots.example/x")],
        }
        with log.writing() as transaction:
            for who, own in kept.items():
                endpoints.keep(transaction, who, own)
        everything = Webhook("https://all.example/", clock)
        reach = Directory(log, Means([everything], poster(), clock, endpoints), no_hours).of(kept)
        assert names(reach[HUANG]) == [["webhook"], ["own_webhook"]]
        assert [way.gathers for who in (HUANG, SHEN) for way in reach[who].ways] == [
            False,  # a program knows reminders by their ids
            False,
            False,
            True,
        ]


def names(reach: Reach) -> list[list[str]]:
    return [[channel.name for channel in way.channels] for way in reach.ways]


def no_hours(*_asked: object) -> dict[str, Hours]:
    return {}


def test_half_a_mail_of_a_killed_sender_is_none() -> None:
    """The receiver of the rounds takes what came to its end, as any server does."""
    with post() as made:
        for said in (b"DATA\r\nMessage-ID: <half@x>\r\n", b"DATA\r\nSubject: x\r\n\r\n.\r\n"):
            with socket.create_connection(("127.0.0.1", made.port)) as sender:
                assert sender.recv(100).startswith(b"220")
                sender.sendall(said)
    assert [message["Subject"] for message in made.messages] == ["x"]
