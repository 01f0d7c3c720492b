"""All four services as they are built, over one random history; nothing between them but calls."""

import shutil
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final, cast

from chassis.environment import Variables
from chassis.messaging.inbox import Inbox
from chassis.messaging.telling import teller
from chassis.runtime.assembly import Assembly
from chassis.runtime.surroundings import Surroundings
from contracts.envelope import CloudEvent
from services.audit import bootstrap as audit
from services.audit.application.ends import HeadsKeeper
from services.audit.application.notary import Notary
from services.audit.application.sight import Reader
from services.audit.domain.timeline import Period
from services.audit.gateways.signing import signers_from
from services.audit.gateways.tilefiles import TileFiles
from services.audit.readmodels.ends import EndTables
from services.audit.readmodels.trees import TreeTables
from services.intake import bootstrap as intake
from services.notify import bootstrap as notify
from services.notify.application.digesting import Digests
from services.notify.application.planning import Plans
from services.notify.application.preferring import Preferring, Stated
from services.responsibility.publishing import TELLINGS
from statute.course import STEPS
from tests.builders import (
    CITY,
    COUNTY,
    HEAD,
    HUANG,
    SAME_COUNTY,
    SHEN,
    TAO,
    TODAY,
    Clock,
    intake_command,
    person,
    raised,
)
from tests.builders import content as content_of
from tests.unit.audit.desk import AUDITOR
from tests.unit.audit.ledgers import ORIGIN, keys_text
from tests.unit.intake.desk import VAULT_KEY
from tests.unit.notify.desk import FakeChannel, deliveries
from tests.unit.notify.test_digests import FakeCases, NothingKept
from tests.unit.notify.test_responses import command
from tests.unit.responsibility import casebook
from tests.unit.responsibility.linked import Counter, inbox_from
from tests.unit.stores import Stores

FOLLOWERS: Final = ("intake", "notify", "audit")
LEADERS: Final = (HUANG, SHEN, TAO)
RECIPIENTS: Final = (*LEADERS, f"office_head:{COUNTY}")
PEOPLE: Final = ("330424195503120013", "330424196001010028", "330424197102030041")
TEXTS: Final = ("外墙渗水两年无人修", "外墙渗水两年仍无人修", "养老金少发三个月", "河道淤塞")
PAUSES: Final = (
    *[timedelta(minutes=7)] * 9,
    *[timedelta(hours=3)] * 3,
    timedelta(days=3),
)
READER: Final = Reader(AUDITOR, auditing=True)

_requests = count(1)


@dataclass
class Logs:
    """Reads the logs of all services, without calls.

    Attributes:
        of: service to what reads its log after a position.
        known_up_to: service to the position behind which nobody is told anything now.
    """

    of: dict[str, Callable[[int, int], Sequence[CloudEvent]]] = field(default_factory=dict)
    known_up_to: Mapping[str, int] = field(default_factory=dict)

    def events_after(self, source: str, position: int, limit: int) -> Sequence[CloudEvent]:
        until = self.known_up_to.get(source, position + limit)
        return self.of[source](position, max(0, min(limit, until - position)))

    def close(self) -> None:
        """They are here; nobody is asked."""


@dataclass
class Follower:
    """One service that follows others."""

    assembly: Assembly
    logs: Logs

    @property
    def inbox(self) -> Inbox:
        return replace(self.assembly.inbox, reader=self.logs)


class County:
    """The services, and whoever works with them."""

    def __init__(self, stores: Stores, home: Path, seed: int) -> None:
        self.clock, self.chance = Clock(), Random(seed)
        self.numbers: list[str] = []
        self.endings = ExitStack()
        around = self._surroundings(stores, home)
        self.intake, self.notify, self.audit = (
            each.build(around) for each in (intake, notify, audit)
        )
        self.counter = Counter(self.intake.intake)
        self.responsibility = casebook.responsibility(
            stores.fresh("responsibility"), self.clock, self.counter
        )
        self.endings.callback(self.responsibility.close)
        self.logs = Logs({"responsibility": self._told})
        self.followers = {name: self._follower(getattr(self, name)) for name in FOLLOWERS}
        self.arrivals = inbox_from(self.counter, self.responsibility)
        self._set_up_notify()
        self._set_up_ledger(home / "ledger")

    def _surroundings(self, stores: Stores, home: Path) -> Surroundings:
        around = Surroundings(
            "memory://county",
            home,
            cast("Any", None),
            lambda _service: "",
            Variables(
                {
                    "SHOUWEN_VAULT_KEY": urlsafe_b64encode(VAULT_KEY).decode(),
                    "SHOUWEN_LEDGER_KEY": keys_text("1"),
                }
            ),
            clock=self.clock,
        )
        (home / "data").mkdir()
        for name in FOLLOWERS:
            made = stores.fresh(name)["SQLITE_DBNAME"]
            shutil.move(made, around.database_url(name).removeprefix("sqlite:///"))
        return around

    def _follower(self, rooms: Any) -> Follower:
        assembly: Assembly = rooms.assembly
        self.logs.of[assembly.service] = lambda at, limit: assembly.events_after(at, limit)[0]
        self.endings.callback(assembly.close)
        return Follower(assembly, self.logs)

    def _told(self, after: int, limit: int) -> Sequence[CloudEvent]:
        tell = teller("responsibility", TELLINGS)
        return [*map(tell, self.responsibility.log_of_events.select_recorded(after, limit))]

    def _set_up_notify(self) -> None:
        self.channel, self.down = FakeChannel(), False
        self.deliveries = deliveries(self.notify.notify, [self.channel])
        ways, pace = self.deliveries.ways, self.deliveries.pace
        self.preferring = Preferring(self.notify.notify, ways, pace, NothingKept())
        self.digests = Digests(
            self.notify.notify, FakeCases(), self.deliveries, self.notify.reminders
        )

    def _set_up_ledger(self, folder: Path) -> None:
        log, trees = self.audit.audit.log_of_events, TreeTables()
        signers = signers_from(ORIGIN, keys_text("1"))
        self.notary = Notary(log, trees, signers, TileFiles(folder), self.clock)
        self.heads = HeadsKeeper(
            log, trees, signers, EndTables(), self.audit.audit.record_heads, 0.0, lambda: 0.0
        )

    # Steps

    def step(self) -> None:
        """Let some time go by, and something happen; what is refused has not happened."""
        self.clock.advance(self.chance.choice(PAUSES))
        try:
            self.chance.choice(WORK)(self)
        except Exception as refusal:
            if not hasattr(refusal, "code"):
                raise

    def _one(self) -> str:
        return self.chance.choice(self.numbers)

    def register(self) -> None:
        chance = self.chance
        petition = raised(
            office=chance.choice([*[COUNTY] * 6, SAME_COUNTY, CITY]),
            channel=chance.choice(["visit", "letter"]),
            petition_class=chance.choice(["appeal", "appeal", "suggestion", "accusation"]),
            external_number=chance.choice(["", "", "省转〔2026〕9号"]),
            repeat_of=self._one() if self.numbers and chance.random() < 0.4 else None,
            content=content_of(
                person(id_number=chance.choice(PEOPLE)),
                title=chance.choice(TEXTS),
                body=chance.choice(TEXTS),
            ),
            accused_staff=chance.choice([[], [], [TAO]]),
        )
        sent = intake_command(f"register-{next(_requests)}")
        (outcome,) = self.intake.intake.register_petitions([(sent, petition)])
        if isinstance(outcome, dict):
            self.numbers.append(outcome["number"])

    def link(self) -> None:
        self.counter.link(self._one(), self._one())

    def unlink(self) -> None:
        self.counter.unlink(self._one())

    def revise(self) -> None:
        number, chance = self._one(), self.chance
        chance.choice(
            [
                lambda: self.counter.decline(number),
                lambda: self.counter.correct(number, chance.choice(["appeal", "accusation"])),
                lambda: self.counter.name(number, chance.choice(LEADERS)),
                lambda: self.intake.intake.withdraw_petition(
                    intake_command(f"withdraw-{next(_requests)}"),
                    number,
                    self.intake.vault.query_code(number),
                    "settled",
                ),
            ]
        )()

    def own(self) -> None:
        number, leader = self._one(), self.chance.choice(LEADERS)
        asked = self.chance.choice(
            [
                casebook.receive(leader, of=number),
                casebook.receive(leader, of=number),
                casebook.succeed(leader, of=number),
                casebook.recuse(leader, of=number),
                casebook.reply(of=number),
                casebook.close(of=number, by=leader),
                casebook.reopen(of=number),
                casebook.set_roster((TODAY + timedelta(days=self.chance.randrange(9)), leader)),
            ]
        )
        asked(self.responsibility)

    def take_a_course(self) -> None:
        """Several steps at once, most of which are not open."""
        number = self._one()
        for code in self.chance.sample(sorted(STEPS), 12):
            try:
                casebook.take(code, of=number, by=HEAD)(self.responsibility)
            except Exception as refusal:
                if not hasattr(refusal, "code"):
                    raise

    def arrive(self) -> None:
        self.arrivals.catch_up()

    def follow(self) -> None:
        """One service hears of some of what others have told."""
        inbox = self.followers[self.chance.choice(FOLLOWERS)].inbox
        for source in self.chance.sample(inbox.sources, len(inbox.sources)):
            after, limit = inbox.applied(source), self.chance.choice([0, 1, 5, 500])
            inbox.receive(self.logs.events_after(source, after, limit))

    def tell(self) -> None:
        """Tell what is due; now and then nothing arrives for long."""
        self.down ^= self.chance.random() < 0.1
        self.channel.outcomes = ["http_503"] * 500 if self.down else []
        Plans(self.notify.notify).fall_due()
        self.deliveries.deliver_due()
        self.digests.send_due()

    def respond(self) -> None:
        listed = self.notify.reminders.listed
        with self.notify.notify.log_of_events.reading() as questions:
            found, _ = listed(questions, ["A1", "330000-01"], None, None, 200, "")
        if not found:
            return
        row, responses = self.chance.choice(found), self.notify.responses
        sent, id_ = command(row["recipient"], f"respond-{next(_requests)}"), row["reminder_id"]
        until = self.clock() + timedelta(hours=self.chance.choice([3, 30]))
        self.chance.choice(
            [
                lambda: responses.acknowledge(sent, id_),
                lambda: responses.snooze(sent, id_, until, "鉴定中"),
                lambda: responses.redrive(sent, id_),
            ]
        )()

    def prefer(self) -> None:
        who, chance = self.chance.choice(RECIPIENTS), self.chance
        deputy = {"recipient": TAO, "first_day": "2026-11-24", "last_day": "2026-12-31"}
        hours = {"begins": "09:00", "ends": "17:00", "workdays_only": True}
        stated = Stated(
            [],
            chance.choice([None, hours]),
            chance.choice([[], [deputy]]),
            chance.choice(["none", "morning", "weekly"]),
        )
        self.preferring.state(command(who, f"prefer-{next(_requests)}"), who, stated)

    def look(self) -> None:
        """Somebody replays a case, or is shown many."""
        number = self._one()
        self.audit.audit.replay(READER, number, Period(None, None), None, {})
        ids = [self.intake.intake.row_of(each)["petition_id"] for each in self.numbers]
        self.audit.disclosing.shown(READER, "audit.feed", ids)

    def sign(self) -> None:
        """Sign the ledger, and state the ends of all chains."""
        while self.notary.work():
            pass
        self.heads.work()


WORK: Final[Sequence[Callable[[County], None]]] = (
    *[County.register] * 4,
    *[County.link] * 4,
    *[County.unlink] * 2,
    *[County.revise] * 2,
    *[County.own] * 12,
    *[County.take_a_course] * 2,
    *[County.arrive] * 6,
    *[County.follow] * 12,
    *[County.tell] * 5,
    *[County.respond] * 3,
    County.prefer,
    *[County.look] * 2,
    County.sign,
)
