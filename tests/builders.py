"""Fixed samples of what the services deal with; keywords override single fields.

Nothing here is random: whoever wants variety asks Hypothesis for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis.eventstore.commands import Command
from chassis.eventstore.requests import CommandKey
from chassis.jurisdiction import Actor
from contracts.envelope import CloudEvent, sequence_of, source_of
from services.audit.domain.timeline import Fact
from services.intake.application.ports import Raised
from services.intake.domain.numbering import number_of
from services.intake.gateways.content import Content
from services.notify.application.ports import Told
from services.responsibility.application.callers import Viewer
from services.responsibility.domain.evidence import (
    Approval,
    ClosingStatement,
    Received,
    Registration,
)
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.roster import RosterLine

# Noon in Shanghai.
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

COUNTY, SAME_COUNTY, OTHER_COUNTY = "330424-01", "330424-02", "330726-01"
CITY, OTHER_CITY = "330400-01", "330700-01"

HUANG, SHEN, TAO = "L330424001", "L330424002", "L330424003"
HEAD, CLERK = "D330424001", "K330424001"


@dataclass
class Clock:
    """A clock that stands still until it is told otherwise."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


def number(serial: int = 1, office: str = COUNTY) -> str:
    return number_of(office[:6], TODAY, serial)


def petition_id(serial: int = 1) -> str:
    return str(uuid5(NAMESPACE_URL, f"petition/{serial}"))


# Responsibility


def actor(subject: str = HEAD, office: str = COUNTY, correlation_id: str = "call-1") -> Actor:
    return Actor(subject, office, correlation_id)


# Watches over all matters.
FOLLOWER = Viewer(actor("A330000001", ""), follows=True)


def command(
    method: str, content: object, by: Actor | None = None, request_id: str = "request-1"
) -> Command:
    sender = by or actor()
    key = CommandKey.of(sender.subject, request_id, method, repr(content).encode())
    return Command(sender, key)


def registration(serial: int = 1, **changes: Any) -> Registration:
    values: dict[str, Any] = {
        "petition_id": petition_id(serial),
        "number": number(serial, changes.get("office", COUNTY)),
        "office": COUNTY,
        "channel": "visit",
        "petition_class": "appeal",
        "registered_at": NOON,
        "repeats": None,
    }
    return Registration(**{**values, **changes})


def received(**changes: Any) -> Received:
    values: dict[str, Any] = {
        "reception_id": "reception-1",
        "received_number": number(),
        "leader": HUANG,
        "office": COUNTY,
        "received_at": NOON,
        "stated": False,
    }
    return Received(**{**values, **changes})


def approval(**changes: Any) -> Approval:
    values = {"approver": HEAD, "ground": "left_post", "document": "海信联〔2026〕12号"}
    return Approval(**{**values, **changes})


def statement(**changes: Any) -> ClosingStatement:
    values: dict[str, Any] = {
        "outcome": "settled",
        "reply_document": "海信复〔2026〕7号",
        "follow_up_visit_at": NOON,
        "evaluation_asked_at": NOON,
    }
    return ClosingStatement(**{**values, **changes})


@dataclass(frozen=True)
class Happened:
    """A fact of responsibility. Where it is expected, only the fields stated are compared."""

    kind: type
    stated: Mapping[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> dict[str, Any]:
        """The fields stated, and the sample's for the others."""
        return {"timestamp": NOON, **_SAMPLES[self.kind], **self.stated}


def happened(kind: type, **stated: Any) -> Happened:
    return Happened(kind, stated)


_HANDED_ON = {
    "previous_owner": HUANG,
    "owner": SHEN,
    "office": COUNTY,
    "ground": "left_post",
    "approver": HEAD,
    "document": "海信联〔2026〕12号",
}
_SAMPLES: Mapping[type, Mapping[str, Any]] = {
    Ownership.Awaited: {
        "petition_id": petition_id(),
        "number": number(),
        "office": COUNTY,
        "channel": "visit",
        "petition_class": "appeal",
        "awaits": "reception",
    },
    Ownership.Taken: {
        "owner": HUANG,
        "office": COUNTY,
        "ground": "reception",
        "reception_id": "reception-0",
        "roster_day": None,
        "roster_version": None,
    },
    Ownership.ReceptionRecorded: {
        "received_number": number(),
        "reception_id": "reception-0",
        "leader": HUANG,
        "office": COUNTY,
        "standing": "first",
    },
    Ownership.DisputeOpened: {
        "dispute_id": "D-reception-0",
        "reception_id": "reception-0",
        "claimant": SHEN,
        "claimant_office": COUNTY,
    },
    Ownership.DisputeRuled: {
        "dispute_id": "D-reception-0",
        "ruling": "rejected",
        "reason": "登记簿无此记录",
        "ruled_by": HEAD,
        "document": "海信裁〔2026〕3号",
    },
    Ownership.Succeeded: _HANDED_ON,
    Ownership.Recused: {**_HANDED_ON, "ground": "direct_interest"},
    Ownership.RepeatJoined: {
        "repeat_petition_id": petition_id(2),
        "repeat_number": number(2),
        "office": COUNTY,
        "owner": HUANG,
    },
    Ownership.ReplyDelivered: {"document": "海信复〔2026〕7号", "delivered_by": HUANG},
    Ownership.Closed: {
        "owner": HUANG,
        "outcome": "settled",
        "reply_document": "海信复〔2026〕7号",
        "follow_up_visit_at": NOON,
        "evaluation_asked_at": NOON,
    },
    Ownership.Reopened: {
        "owner": HUANG,
        "ground": "order",
        "repeat_number": None,
        "reason": "复查发现事实不清",
        "document": "海信督〔2026〕5号",
    },
    RosterLine.LineSet: {
        "office": COUNTY,
        "day": TODAY.isoformat(),
        "leader": HUANG,
        "document": "海信值〔2026〕11号",
    },
    RosterLine.LineReplaced: {
        "office": COUNTY,
        "day": TODAY.isoformat(),
        "leader": SHEN,
        "previous_leader": HUANG,
        "document": "海信值〔2026〕12号",
    },
}

# Intake


def person(**changes: str) -> dict[str, str]:
    values = {
        "name": "沈阿根",
        "phone": "15400001234",
        "id_number": "330424195503120013",
        "address": "武原街道朝阳路8号",
    }
    return {**values, **changes}


def content(
    petitioner: Mapping[str, str] | None = None,
    persons: Mapping[str, Any] | None = None,
    **text: Any,
) -> Content:
    values = {
        "title": "小区外墙渗水两年无人修",
        "body": "多次反映,至今没有答复。",
        "place": "武原街道",
        "accused": [],
    }
    people = {"petitioner": [petitioner or person()], **(persons or {})}
    return Content({**values, **text}, people)


def raised(**changes: Any) -> Raised:
    values: dict[str, Any] = {
        "office": COUNTY,
        "channel": "visit",
        "petition_class": "appeal",
        "category": "城乡建设",
        "headcount": 1,
        "occurred_at": NOON,
        "repeat_of": None,
        "external_number": "",
        "content": content(),
    }
    return Raised(**{**values, **changes})


def intake_command(
    request_id: str = "request-1", by: Actor | None = None, content: str = ""
) -> Command:
    sender = by or actor(CLERK)
    key = CommandKey.of(sender.subject, request_id, "intake.register", content.encode())
    return Command(sender, key)


# Notify


def told(**changes: Any) -> Told:
    values: dict[str, Any] = {
        "reminder_id": "reminder-1",
        "number": number(),
        "recipient": HUANG,
        "reason": "ownership_taken",
        "sentence": "信访事项由您首接，请负责到底。",
        "due_at": NOON,
    }
    return Told(**{**values, **changes})


# Audit


def fact(event_id: str, **changes: Any) -> Fact:
    values: dict[str, Any] = {
        "event_id": event_id,
        "source": "intake",
        "position": 1,
        "type": "petition.registered.v1",
        "occurred_at": NOON,
        "recorded_at": NOON,
        "actor": CLERK,
        "cause": "request-1",
        "correlation_id": "call-1",
        "data": {},
    }
    return Fact(**{**values, **changes})


# Events between services


def cloud_event(
    source: str, position: int, type_: str, data: Mapping[str, Any], **changes: Any
) -> CloudEvent:
    id_ = str(uuid5(NAMESPACE_URL, f"{source}/{position}"))
    values: dict[str, Any] = {
        "id": id_,
        "source": source_of(source),
        "type": type_,
        "subject": data["petition_id"],
        "time": NOON,
        "recordedtime": NOON,
        "sequence": sequence_of(position),
        "stream": data["petition_id"] or str(UUID(int=position)),
        "streamversion": 1,
        "actor": CLERK,
        "correlationid": f"call-{source}-{position}",
        "causationid": f"request-{source}-{position}",
        "data": dict(data),
    }
    return CloudEvent(**{**values, **changes})


def registered(
    position: int, serial: int = 1, original: int | None = None, **changes: Any
) -> CloudEvent:
    """An event of intake: a petition is on record, or a repeat of an original."""
    office = changes.pop("office", COUNTY)
    channel = changes.pop("channel", "visit")
    original_office = changes.pop("original_office", COUNTY)
    data = {
        "petition_id": petition_id(serial),
        "number": number(serial, office),
        "office": office,
        "region": office[:6],
        "channel": channel,
        "petition_class": "appeal",
        "category": "城乡建设",
        "headcount": 1,
        "sealed": False,
        "commitment": "00" * 32,
        "occurred_at": "2026-11-24T04:00:00Z",
        "repeats": original and petition_id(original),
        "repeats_number": original and number(original, original_office),
        "repeat_ground": original and "clerk",
        "external_number": "",
    }
    return cloud_event("intake", position, "petition.registered.v1", data, **changes)
