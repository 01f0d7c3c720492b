"""Rounds: load, a fault in the middle of it, healing, and a check; now and then of everything."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from time import monotonic
from typing import Any, Final

import eventlet
import msgspec
from eventlet import GreenPool
from kombu.connection import Connection

from contracts.envelope import CloudEvent
from contracts.failures import Failure
from shouwen.hosting import SERVICES
from tests.system.faults import checker, ledger, logs, nemesis
from tests.system.faults.history import Call, History, request_ids
from tests.system.faults.installation import Installation, wait_until
from tests.system.faults.load import Callers, Load
from tests.system.faults.reminders import Told

RECOVERY_LIMIT_S: Final = 120.0
# Each look asks all services; what they do meanwhile is what is waited for.
LOOK_EVERY_S: Final = 0.1
ON_ITS_WAY_S: Final = 5.0
# The lead to sign of a session that was cut off unseen lasts until the server notices.
SIGNED_AGAIN_S: Final = 60.0
PAGE: Final = 1_000
# Share of the acknowledged commands that are sent again once all is quiet.
REPEATED: Final = 0.2
FOLLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "intake": ("responsibility",),
    "responsibility": ("intake",),
    "notify": ("responsibility",),
    "audit": SERVICES,
}


class Wrong(AssertionError):  # noqa: N818 - it says what is the case
    """A promise was broken; says which and how."""


@dataclass
class Tally:
    """What became of the rounds of one fault.

    Attributes:
        not_done: rounds in which there was none, for want of means.
    """

    rounds: int = 0
    not_done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest_recovery_s: float = 0.0
    deaths: int = 0


@dataclass
class Report:
    """One round, in a line."""

    round: int
    fault: str
    harm: nemesis.Harm
    took_s: float
    recovery_s: float
    outcomes: Counter[str]
    deaths: list[str]

    def __str__(self) -> str:
        counts = " ".join(f"{name} {self.outcomes[name]}" for name in ("ok", "refused", "unknown"))
        died = f" died: {', '.join(self.deaths)}" if self.deaths else ""
        return (
            f"{self.round:>5} {self.fault:<14} {self.took_s:5.1f} s  recovered in"
            f" {self.recovery_s:5.1f} s  {counts}  [{self.harm}]{died}"
        )


class Campaign:
    """Many rounds on one installation.

    Args:
        say: told each round's line.

    Attributes:
        asked: request ids of everything that may be on record.
    """

    def __init__(
        self, installation: Installation, history: History, seed: int, say: Callable[[str], None]
    ) -> None:
        self.installation = installation
        self.history = history
        self.seed = seed
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self._say = say
        self._logs = logs.Logs()
        self._told = Told(installation.home / "reminders.jsonl")
        self.callers = Callers(installation, history)
        self._acknowledged: dict[str, str] = {}
        self.asked: set[str] = set()
        self._deaths_seen = 0

    def close(self) -> None:
        self.callers.close()

    def await_services(self) -> None:
        """Wait until every service answers."""
        for service in SERVICES:
            wait_until(lambda service=service: self._health(service), 90, f"{service} starts")

    def run_round(self, number: int, fault: str = "") -> Report:
        """Run one round.

        Raises:
            Wrong: the answers contradict the record.
            AssertionError: the installation did not recover in time.
        """
        rng = Random(f"{self.seed}/{number}")
        fault = fault or nemesis.chosen(rng)
        parts = nemesis.parts_of(fault, rng)
        self.history.begin_round(number)
        self.callers.explained = nemesis.explained_by(parts)
        started = monotonic()
        load = Load(self.callers, Random(rng.random()), started + RECOVERY_LIMIT_S)
        load.start(at_once=rng.randint(1, 2))
        eventlet.sleep(rng.uniform(0, 0.4))
        hurt = monotonic()
        with nemesis.suffered(parts, self.installation, rng) as harm:
            eventlet.sleep(rng.uniform(0.1, 1.2))
            wait_until(lambda: self._meeting_since(hurt), 5, "a call meets the fault")
        healed = monotonic()
        load.finish()
        self.await_quiet()
        recovered = monotonic()
        self._check_hit(fault, hurt, healed)
        self._check_round(load, fault, str(harm))
        report = Report(
            number,
            fault,
            harm,
            monotonic() - started,
            recovered - healed,
            self.history.outcomes,
            self._new_deaths(),
        )
        self._count(report)
        self._say(str(report))
        return report

    def await_quiet(self) -> None:
        """Wait until everything told was taken in everywhere and nothing is due."""
        # A lost read model is filled from whole logs.
        limit_s = RECOVERY_LIMIT_S + sum(log.head for log in self._logs.of.values()) / 200
        wait_until(self._quiet, limit_s, "all logs applied everywhere", pause_s=LOOK_EVERY_S)
        wait_until(lambda: not self._due(), limit_s, "all reminders delivered")
        wait_until(self._quiet, limit_s, "all logs applied everywhere", pause_s=LOOK_EVERY_S)

    def check_all(self, *, rebuild: bool = True) -> None:
        """Check whole logs, the audit, the queues, and the read models against a rebuild.

        Raises:
            Wrong: something does not hold.
        """
        self._read_logs()
        wrongs = [*self._logs.wrongs(), *self._register_wrongs()]
        wrongs += logs.never_arrived(self.installation)
        wrongs += self._lasting(lambda: logs.audit_gaps(self.installation))
        # Of what happened between two rounds nobody knows here whether it explains a repetition.
        wrongs += self._told.read_on(again=True)
        wrongs += self._told.wrongs(self._logs.reminders)
        wrongs += logs.left_over({service: self._health(service) for service in SERVICES})
        wrongs += self._undrained()
        wrongs += self._lasting(self._ledger_otherwise, SIGNED_AGAIN_S)
        wrongs += self._lasting(self._published_otherwise, SIGNED_AGAIN_S)
        wrongs += self._logs.ledger.wrongs()
        if rebuild:
            wrongs += self._rebuilt_otherwise()
        self._raise(wrongs)

    def health(self) -> dict[str, Any]:
        return {service: self.callers.ask(f"{service}.health") for service in SERVICES}

    def _check_round(self, load: Load, fault: str, note: str) -> None:
        calls = list(self.history.calls)
        for registered in checker.registered_in(calls):
            self._acknowledged[registered["number"]] = registered["petition_id"]
        for call in calls:
            self.asked.update(request_ids(call.arguments))
        # Before anybody asks: who asks for a petition that did not arrive has it fetched.
        wrongs = [*logs.never_arrived(self.installation), *self._check_new_events(note)]
        wrongs += self._answered_otherwise(calls)
        wrongs += self._check_effects()
        finals = self._finals(load)
        wrongs += [
            *checker.lost(calls, finals),
            *checker.answered_twice(self.history.calls),
            *checker.refused_wrongly(self.history.calls),
            *checker.unknown_without_fault(fault, calls),
            *checker.ended_wrongly(note, self._deaths()),
            *self._logs.states.otherwise(finals),
        ]
        opened = self._logs.states.opened_by_repeat
        for number, matter in checker.matters_of(calls, finals, opened):
            wrongs += [f"{number}: {wrong}" for wrong in matter.wrongs()]
        self._raise(wrongs)

    def _check_new_events(self, note: str) -> list[str]:
        """Read the logs on, and compare what is new with what others made of it."""
        before = self._logs.heads()
        self._read_logs()
        return [
            *self._logs.taken_in.wrongs(),
            *self._lasting(lambda: logs.audit_gaps(self.installation, before)),
            *self._lasting(self._ledger_otherwise, SIGNED_AGAIN_S),
            *self._logs.ledger.wrongs(),
            *self._told.read_on(again=checker.may_tell_again(note, self._deaths())),
        ]

    def _check_effects(self) -> list[str]:
        """Read the logs on, for what was sent again and had an effect again."""
        self._read_logs()
        return [*self._logs.effects.wrongs(), *self._logs.roster.wrongs()]

    def _finals(self, load: Load) -> dict[str, Mapping[str, Any]]:
        """Return number to what `owner_of` answers now, of the petitions that are known."""
        answers = {number: self._ask_owner(number) for number in dict.fromkeys(load.numbers)}
        return {number: answer for number, answer in answers.items() if answer is not None}

    def _meeting_since(self, hurt: float) -> bool:
        return bool(self.history.under_way) or self.history.last_invoked_at > hurt

    def _check_hit(self, fault: str, hurt: float, healed: float) -> None:
        """Let no round count in which nobody called while the fault lasted."""
        calls = self.history.calls
        met = [c for c in calls if c.invoked_at <= healed and c.ended_at >= hurt]
        if not met:
            raise Wrong(f"no call met the fault {fault}")

    def _answered_otherwise(self, calls: Sequence[Call]) -> Iterator[str]:
        """Send some of the acknowledged commands again: each is answered as it was."""
        commands = list(checker.acknowledged(calls))
        rng = Random(f"{self.seed}/{self.history.round}/again")
        for call in rng.sample(commands, math.ceil(len(commands) * REPEATED)):
            again = self.callers.call(call.method, call.who, **call.arguments)
            if (again.outcome, again.answer) != ("ok", call.answer):
                yield (
                    f"{call.method} {call.arguments} was answered {call.answer},"
                    f" then {again.answer} {again.code}"
                )

    def _ask_owner(self, number: str) -> Any:
        try:
            return self.callers.ask("responsibility.owner_of", number=number)
        except Failure as failure:
            if failure.code == "petition_unknown":
                return None
            raise

    def _health(self, service: str) -> Any:
        try:
            return self.callers.ask(f"{service}.health")
        except Failure:
            return None

    def _quiet(self) -> bool:
        health = {service: self._health(service) for service in SERVICES}
        if not all(health.values()):
            return False
        published = all(each["published"] == each["head"] for each in health.values())
        return published and all(
            health[service]["applied"][source] == health[source]["head"]
            for service, sources in FOLLOWED.items()
            for source in sources
        )

    def _due(self) -> int:
        return int(
            self.installation.sql(
                "SELECT count(*) FROM notify.reminder WHERE state = 'planned'"
                " AND reason <> 'untaken'"
            )[0][0]
        )

    def _read_logs(self) -> None:
        for service, log in self._logs.of.items():
            while events := self._page(service, log.head):
                self._logs.take(service, events)

    def _page(self, service: str, after: int) -> list[CloudEvent]:
        answer = self.callers.ask(f"{service}.log", after=after, limit=PAGE)
        return msgspec.convert(answer["events"], list[CloudEvent])

    def _register_wrongs(self) -> Iterator[str]:
        on_record = self._logs.register
        for number, petition_id in self._acknowledged.items():
            if on_record.numbers.get(number) != petition_id:
                yield f"{number} was acknowledged and is not in the log"
        for request_id in on_record.requests.keys() - self.asked:
            yield f"nobody asked for the registration {request_id}"

    def _ledger_otherwise(self) -> Iterator[str]:
        # What time adds meanwhile, such as what is stated of the ends, is signed with the rest.
        self._read_logs()
        return self._logs.ledger.read_on(self.installation.sql, self.installation.ledger_keys)

    def _published_otherwise(self) -> Iterator[str]:
        """Yield in what outsiders would see no growth of the ledger since the last check."""
        keys, signed = self.installation.ledger_keys, self._logs.ledger.signed
        older = signed[self.history.round % len(signed)]
        answer = self.callers.ask("audit.checkpoint", known_size=older.size)
        yield from ledger.grown_otherwise(keys, older, answer)
        yield from ledger.published_otherwise(self.installation.home, keys, older.note)

    def _undrained(self) -> Iterator[str]:
        with Connection(self.installation.rabbit.uri) as connection:
            channel = connection.channel()
            for service in SERVICES:
                for queue in (f"shouwen.{service}.events", f"shouwen.{service}.dead",
                              f"rpc-{service}"):  # fmt: skip
                    count = channel.queue_declare(queue, passive=True).message_count
                    if count:
                        yield f"{count} messages in {queue}"

    @staticmethod
    def _lasting(look: Callable[[], Iterable[str]], within_s: float = ON_ITS_WAY_S) -> list[str]:
        """Return what is wrong and stays so: what was recorded just now is still on its way."""
        until = monotonic() + within_s
        while (wrongs := list(look())) and monotonic() < until:
            eventlet.sleep(LOOK_EVERY_S)
        return wrongs

    def _rebuilt_otherwise(self) -> Iterator[str]:
        heads = logs.heads_of(self.installation)
        self.await_quiet()
        before = logs.tables_of(self.installation, heads)
        rebuild = partial(self.installation.operate, "rebuild")
        list(GreenPool().imap(rebuild, SERVICES))
        self.await_quiet()
        after = logs.tables_of(self.installation, heads)
        for table, digest in before.items():
            if after[table] != digest:
                yield f"{table} was {digest}, rebuilt it is {after[table]}"

    def _deaths(self) -> list[str]:
        """Return which processes ended by themselves, or badly, since the last report."""
        return self.installation.deaths[self._deaths_seen :]

    def _new_deaths(self) -> list[str]:
        deaths = self._deaths()
        self._deaths_seen += len(deaths)
        return deaths

    def _count(self, report: Report) -> None:
        tally = self.tallies[report.fault]
        tally.rounds += 1
        tally.not_done += not report.harm.done
        tally.outcomes += report.outcomes
        tally.deaths += len(report.deaths)
        tally.slowest_recovery_s = max(tally.slowest_recovery_s, report.recovery_s)

    @staticmethod
    def _raise(wrongs: list[str]) -> None:
        if wrongs:
            raise Wrong("\n".join(wrongs[:20]))
