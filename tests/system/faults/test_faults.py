"""The guarantees under attack: a sample of the rounds, and the attacks that have a name.

All rounds: `python -m tests.system.faults --rounds 1000`.
"""

import signal
import subprocess
import sys
from random import Random
from uuid import uuid4

import pytest
from kombu.connection import Connection

from shouwen.hosting import SERVICES
from tests.daemons import ServerFailed
from tests.system.faults import logs, nemesis
from tests.system.faults.forging import forge_orphan
from tests.system.faults.installation import wait_until
from tests.system.faults.load import OFFICES, registration
from tests.system.faults.rounds import Campaign

# Each fault once and some twice; the broker takes ten seconds to start, so it crashes only once.
SAMPLE = (
    *["none", "kill", "restart", "freeze", "postgres", "cut", "half_open", "slow"] * 2,
    *["refuse", "disk", "clock", "mixed"] * 3,
    "broker_crash",
    "broker_loss",
    "read_models",
)


def registered(campaign: Campaign, count: int) -> list[str]:
    """Put petitions on record; return their numbers."""
    rng, office = Random(str(uuid4())), OFFICES[0]
    items = [registration(rng, office) for _ in range(count)]
    campaign.asked.update(item["request_id"] for item in items)
    call = campaign.callers.call("intake.register_many", ("K1", "clerk", office), items=items)
    return [item["petition"]["number"] for item in call.answer["registered"]]


def received(campaign: Campaign, number: str) -> str:
    """Let a leader receive a petition; return who owns it now."""
    who = ("L01", "leader", OFFICES[0])
    call = campaign.callers.call(
        "responsibility.receive", who, request_id=str(uuid4()), number=number
    )
    return str(call.answer["owner"])


def dead(campaign: Campaign, service: str) -> dict[str, int]:
    answer = campaign.callers.ask(f"{service}.parked")
    assert sum(answer["dead_reasons"].values()) == answer["dead_letters"]
    return dict(answer["dead_reasons"])


def send(campaign: Campaign, exchange: str, routing_key: str, body: bytes) -> None:
    with Connection(campaign.installation.rabbit.uri) as connection:
        channel = connection.channel()
        message = channel.prepare_message(body, content_type="application/json")
        channel.basic_publish(message, exchange=exchange, routing_key=routing_key)


def clear_dead_letters(campaign: Campaign) -> None:
    with Connection(campaign.installation.rabbit.uri) as connection:
        for service in SERVICES:
            connection.channel().queue_purge(f"shouwen.{service}.dead")


class TestRounds:
    def test_a_sample_of_them_keeps_every_promise(self, campaign: Campaign):
        """Nothing lost, nothing twice, one owner, gapless, rebuilt alike, audited whole."""
        for number, fault in enumerate(SAMPLE, start=1):
            campaign.run_round(number, fault)
        campaign.check_all()


class TestLoss:
    def test_of_the_broker_with_all_queues_full(self, campaign: Campaign):
        """Everything comes back by itself from the logs."""
        campaign.await_quiet()
        followers = [each for each in campaign.installation.instances.values()
                     if each.service != "intake"]  # fmt: skip
        for each in followers:
            each.send(signal.SIGSTOP)
        numbers = registered(campaign, 300)
        wait_until(lambda: _published(campaign), 30, "intake published all it has")
        campaign.installation.rabbit.reset()
        for each in followers:
            each.send(signal.SIGCONT)
        campaign.await_services()
        campaign.await_quiet()
        assert received(campaign, numbers[-1])
        campaign.await_quiet()
        campaign.check_all()

    @pytest.mark.parametrize("service", SERVICES)
    def test_of_the_read_models_of_one_service(self, campaign: Campaign, service: str):
        """Everything comes back by itself from the logs."""
        received(campaign, registered(campaign, 5)[0])
        campaign.await_quiet()
        heads = logs.heads_of(campaign.installation)
        campaign.await_quiet()
        before = logs.tables_of(campaign.installation, heads)
        nemesis.lose_tables(campaign.installation, service)
        wait_until(
            lambda: logs.tables_of(campaign.installation, heads) == before, 30, "all is back"
        )
        campaign.await_quiet()
        assert logs.tables_of(campaign.installation, heads) == before
        campaign.check_all(rebuild=False)


class TestPoison:
    @pytest.fixture(autouse=True)
    def nobody_died(self, campaign: Campaign):
        """The service stays up."""
        died = list(campaign.installation.deaths)
        yield
        assert campaign.installation.deaths == died
        clear_dead_letters(campaign)
        campaign.await_quiet()
        campaign.check_all()

    def test_events_that_nobody_can_read(self, campaign: Campaign):
        """They are in the dead letters of all who follow, with the reason."""
        send(campaign, "shouwen.events", "intake", b"\xff not json")
        for service in ("responsibility", "audit"):
            wait_until(lambda service=service: dead(campaign, service), 15, "it is parked")
            (reason,) = dead(campaign, service)
            assert reason.startswith("undecodable")
        assert received(campaign, registered(campaign, 1)[0])

    def test_a_request_that_nobody_can_answer(self, campaign: Campaign):
        """nameko's container would die of it, and of its return after the restart."""
        send(campaign, "nameko-rpc", "intake.register", b'{"args": [], "kwargs": {}}')
        wait_until(lambda: dead(campaign, "intake"), 15, "it is parked")
        assert dead(campaign, "intake") == {"no reply_to: nobody to answer": 1}
        assert registered(campaign, 1)

    def test_an_event_of_an_unknown_version(self, campaign: Campaign):
        """A later version publishes; audit parks those petitions and goes on with the others."""
        (older,) = campaign.installation.of("notify")
        older.stop()
        newer = subprocess.Popen(
            [sys.executable, "-m", "tests.system.faults.newer"], env=older.environment
        )
        number = registered(campaign, 1)[0]
        received(campaign, number)
        wait_until(lambda: campaign.callers.ask("audit.parked")["events"], 30, "it is parked")
        parked = campaign.callers.ask("audit.parked")["events"]
        assert parked[0]["reason"] == "UnknownType in reminder.planned.v9"
        newer.terminate()
        assert newer.wait(30) == 0
        older.start()
        campaign.await_services()
        other = registered(campaign, 1)[0]
        assert received(campaign, other)
        campaign.await_quiet()
        subjects = {each["subject"] for each in campaign.callers.ask("audit.parked")["events"]}
        assert subjects == {parked[0]["subject"]}
        campaign.installation.operate("rebuild", "audit")

    def test_an_event_that_no_handler_can_apply(self, campaign: Campaign):
        """Listed and redriven by `shouwen parked`, once what it needs is there."""
        request_id, cause = str(uuid4()), str(uuid4())
        campaign.asked.update({request_id, cause})
        environment = campaign.installation.environment("intake")
        orphan = forge_orphan(environment, 1, cause, request_id)
        parked = wait_until(
            lambda: campaign.callers.ask("responsibility.parked")["events"], 15, "it is parked"
        )
        assert [(each["subject"], each["reason"]) for each in parked] == [
            (orphan.petition_id, "PetitionUnknown in petition.registered.v1")
        ]
        assert received(campaign, registered(campaign, 1)[0]), "the rest goes on"
        with pytest.raises(ServerFailed, match="PetitionUnknown"):
            campaign.installation.operate("parked", "responsibility")
        original = {**registration(Random(1), OFFICES[0]), "request_id": request_id}
        first = campaign.callers.call("intake.register", ("K1", "clerk", OFFICES[0]), **original)
        campaign.await_quiet()
        shown = campaign.installation.operate("parked", "responsibility", "--redrive")
        assert "1 events applied" in shown
        assert "Nothing is parked." in shown
        owner_of = campaign.callers.ask("responsibility.owner_of", number=first.answer["number"])
        assert owner_of["repeats"] == [orphan.number]


def _published(campaign: Campaign) -> bool:
    health = campaign.callers.ask("intake.health")
    return bool(health["published"] == health["head"])
