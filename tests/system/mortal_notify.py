"""Notify at work in a process that may be killed: `python -m tests.system.mortal_notify`.

For each line of JSON on its standard input it starts a process, which lives until it is killed, and
says its id. Time passes faster than it does: leases, pauses and limits of minutes take no minutes.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import CLOCK_MONOTONIC, clock_gettime, sleep
from typing import Any

import msgspec
from eventlet.hubs import use_hub

from chassis.eventstore.location import environment_for
from chassis.eventstore.requests import CommandKey
from chassis.messaging.inbox import Inbox
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from services.notify.application import Notify
from services.notify.application.delivering import Deliveries
from services.notify.application.planning import Plans
from services.notify.application.responding import Command, Responses
from services.notify.gateways.channels import Webhook
from services.notify.gateways.directory import Directory, Means
from services.notify.gateways.endpoints import KEY_BYTES, Endpoints
from services.notify.gateways.guard import authorities
from services.notify.gateways.mail import MailServer
from services.notify.gateways.pace import EndpointPace
from services.notify.gateways.posting import Poster
from services.notify.reactions import needs, reactions
from services.notify.readmodels.plans import PlanTable
from services.notify.readmodels.preferences import PreferenceTable
from services.notify.readmodels.queue import DueQueue
from services.notify.readmodels.reminders import ReminderTable

LOOK_EVERY_S = 0.005
# Of the receivers' slowness nobody waits longer, in real time.
PATIENCE_S = 0.05
HERE = "127.0.0.1"


@dataclass(frozen=True)
class FastClock:
    """Attributes: begun: on the clock that all processes of the machine share, in seconds."""

    at: str
    begun: float
    faster: float

    def __call__(self) -> datetime:
        return self.at_moment(clock_gettime(CLOCK_MONOTONIC))

    def at_moment(self, moment: float) -> datetime:
        """Return the time at a moment of the clock that all processes share."""
        gone = (moment - self.begun) * self.faster
        return datetime.fromisoformat(self.at).astimezone(UTC) + timedelta(seconds=gone)


@dataclass(frozen=True)
class Task:
    """What a process works on.

    Attributes:
        told: file with what responsibility has told, a line an event.
        redrives: whether it delivers again what was given up.
    """

    store: str
    told: str
    clock: FastClock
    webhook: str
    mail_port: int
    seed: int
    redrives: bool = False

    def line(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> "Task":
        given = json.loads(line)
        return cls(**{**given, "clock": FastClock(**given["clock"])})


@dataclass(frozen=True)
class ToldInFile:
    """The log of responsibility, as far as it is written down."""

    path: Path

    def events_after(self, source: str, position: int, limit: int) -> Sequence[CloudEvent]:
        del source
        lines = self.path.read_bytes().split(b"\n")[:-1]
        return [msgspec.json.decode(line, type=CloudEvent) for line in lines][position:][:limit]

    def close(self) -> None:
        """Nothing is open."""


def application(store: str, clock: Any) -> Notify:
    due = DueQueue()
    models = [ReminderTable(), PlanTable(), PreferenceTable()]
    environment = environment_for(f"sqlite:///{store}", "notify")
    return Notify(environment, clock, models, due, timedelta(days=1))


def live(task: Task) -> None:
    """Hear, plan and deliver, again and again."""
    notify = application(task.store, task.clock)
    inbox = Inbox(
        application=notify,
        service="notify",
        reactions=reactions(notify),
        known=frozenset(MESSAGES),
        sources=("responsibility",),
        reader=ToldInFile(Path(task.told)),
        needs=needs(),
    )
    deliveries, plans, starter = deliveries_of(task, notify), Plans(notify), os.getppid()
    # Nobody is left to kill it when what started it has gone.
    while os.getppid() == starter:
        inbox.catch_up()
        worked = plans.fall_due() + deliveries.deliver_due()
        if task.redrives:
            redrive(notify)
        if not worked:
            sleep(LOOK_EVERY_S)


def deliveries_of(task: Task, notify: Notify) -> Deliveries:
    means = Means(
        [Webhook(task.webhook, task.clock, timeout_s=PATIENCE_S, limit_s=2 * PATIENCE_S)],
        Poster([HERE], PATIENCE_S, 2 * PATIENCE_S),
        task.clock,
        Endpoints(bytes(KEY_BYTES)),
        MailServer(HERE, task.mail_port, encrypted=False, sender="shouwen@example.org"),
    )
    ways = Directory(notify.log_of_events, means, PreferenceTable.hours_of)
    pace = EndpointPace(notify.log_of_events)
    return Deliveries(notify, ways, pace, Random(task.seed).random)


def redrive(notify: Notify) -> None:
    """Have everything delivered again that was given up."""
    rows = notify.log_of_events.query("SELECT reminder_id FROM reminder WHERE state = 'given_up'")
    for (reminder_id,) in rows:
        key = CommandKey.of("O1", f"{reminder_id}/{notify.clock()}", "notify.deliver_again", b"")
        command = Command("O1", ("O1", ""), None, "redrive", key)
        Responses(notify, ReminderTable()).redrive(command, reminder_id)


def main() -> None:
    # Who was killed leaves nothing behind that somebody would have to ask for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Read before they are born: it takes longer than many of them live.
    authorities()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            # What waits for sockets is not shared with those that were started before.
            use_hub()
            try:
                live(Task.read(line))
            finally:
                traceback.print_exc()
                os._exit(1)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
