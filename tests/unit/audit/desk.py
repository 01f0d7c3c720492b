"""Audit at work: the logs go in, histories come out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.messaging.inbox import Inbox
from chassis.messaging.telling import teller
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from services.audit.application import Audit, Reader
from services.audit.publishing import TELLINGS
from services.audit.reactions import reactions
from services.audit.readmodels.entering import enter
from services.audit.readmodels.evidence import EvidenceTables
from services.audit.readmodels.timelines import TimelineTables
from tests.builders import Clock, actor, number
from tests.unit.stores import SourceLog

SOURCES = ("intake", "responsibility", "notify")
AUDITOR = actor("A330000001", "330000-01")


def audit(environment: dict[str, str], clock: Clock) -> Audit:
    return Audit(environment, clock, [], TimelineTables(), EvidenceTables())


def inbox_of(application: Audit, reader: Any) -> Inbox:
    return Inbox(
        application=application,
        service="audit",
        reactions=reactions(MESSAGES, TimelineTables().take_in),
        keeping=enter,
        known=frozenset(MESSAGES),
        sources=(*SOURCES, "audit"),
        reader=reader,
    )


@dataclass
class Desk:
    """One audit on a store of its own."""

    application: Audit
    clock: Clock
    log: SourceLog = field(default_factory=SourceLog)
    followed: int = 0

    def take_in(self, *events: CloudEvent) -> None:
        self.log.events.extend(events)
        inbox_of(self.application, self.log).catch_up()

    def follow_itself(self) -> None:
        """Take in what audit has recorded itself."""
        self.take_in(*map(teller("audit", TELLINGS), self.recorded()[self.followed :]))
        self.followed = len(self.recorded())

    def replay(self, **changes: Any) -> dict[str, Any]:
        asked = {"as_of": None, "occurred_until": None, "complete_up_to": {"intake": 1}, **changes}
        by = asked.pop("by", AUDITOR)
        return self.application.replay(
            Reader(by, auditing=True), asked.pop("of", number()), **asked
        )

    def types(self, **changes: Any) -> Sequence[str]:
        return [entry.type for entry in self.replay(**changes)["entries"]]

    def recorded(self) -> list[Any]:
        return list(self.application.log_of_events.select_recorded(0, 1_000))

    def facts(self) -> list[Any]:
        return [self.application.mapper.to_domain_event(each) for each in self.recorded()]
