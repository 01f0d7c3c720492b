"""What the use cases of notify need from outside."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, Protocol

from chassis.eventstore.log import EventLog
from chassis.eventstore.transaction import Questions, Writing
from services.notify.domain.planning import Hours
from statute.parties import Parties


@dataclass(frozen=True, slots=True)
class Told:
    """What a recipient is told. No personal data.

    Attributes:
        reminder_id: the same at every attempt, so that a receiver can tell repetitions.
        number: of the petition; empty where several are told of together.
        term: code of the term that it is about; empty for none.
        link: where to read on; empty for none.
    """

    reminder_id: str
    number: str
    recipient: str
    reason: str
    sentence: str
    due_at: datetime
    term: str = ""
    link: str = ""

    @property
    def text(self) -> str:
        """What is read by people."""
        return f"{self.sentence}\n{self.link}".rstrip()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt over one channel.

    Attributes:
        word: `ok`, or a short word on the failure.
        wait: for how long the receiver asks to be left alone.
    """

    word: str
    wait: timedelta = timedelta(0)

    @property
    def ok(self) -> bool:
        """Whether it was delivered."""
        return self == OK


OK: Final = Outcome("ok")


class Channel(Protocol):
    """One way to tell somebody.

    Attributes:
        name: of the channel in the record.
        endpoint: who is called; those who share one share its limits.
        per_minute: how many messages the endpoint takes a minute; 0 for any number.
    """

    name: str
    endpoint: str
    per_minute: int

    def tell(self, told: Told) -> Outcome:
        """Deliver."""


@dataclass(frozen=True, slots=True)
class Way:
    """Channels of which one is enough, the best first.

    Attributes:
        gathers: whether several reminders may be told of in one message.
        own: stated by the recipient himself, not by the installation for everybody.
    """

    channels: Sequence[Channel]
    gathers: bool = False
    own: bool = False

    def is_gone(self, done: Collection[str]) -> bool:
        """Tell whether one of its channels is among those that delivered."""
        return any(channel.name in done for channel in self.channels)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to reach somebody.

    Attributes:
        kind: webhook, dingtalk, wecom, feishu, mail or sms.
        address: URL of a robot or webhook, address of mail, number of a telephone; empty where
            what is kept cannot be read.
        secret: with which messages are signed; empty for none.
        id: the same for the same address, whoever is reached there, and tells nothing of it; empty
            where nobody minds its limits.
    """

    kind: str
    address: str
    secret: str = ""
    id: str = field(default="", compare=False)


class Addresses(Protocol):
    """Keeps endpoints, so that nobody reads them who only has the tables."""

    def keep(self, transaction: Writing, recipient: str, endpoints: Sequence[Endpoint]) -> None:
        """Store the endpoints of a recipient in the place of those that he had, best first."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How somebody is reached.

    Attributes:
        ways: that each of his reminders has to go.
        hours: when he wants to be told; None for at any time.
    """

    ways: Sequence[Way]
    hours: Hours | None = None


class Ways(Protocol):
    """Knows how people are reached."""

    def of(self, recipients: Iterable[str]) -> Mapping[str, Reach]:
        """Return recipient to how he is reached."""

    def channel_to(self, endpoint: Endpoint) -> Channel | None:
        """Return what tells over an endpoint; None where there is nothing set up that does."""


@dataclass(frozen=True, slots=True)
class Held:
    """An endpoint is left alone for a while.

    Attributes:
        broken: because it failed again and again; else because it takes no more just now.
    """

    until: datetime
    broken: bool


class Pace(Protocol):
    """Minds the limits of endpoints, for all instances together."""

    def admit(self, channel: Channel, now: datetime) -> Held | None:
        """Let a message go, or say until when the endpoint is left alone."""

    def note(self, channel: Channel, outcome: Outcome, now: datetime) -> None:
        """Take down what came of it."""


class Lane(IntEnum):
    """What waits in the due queue; each kind is taken on by itself, so none waits for another.

    News, such as that somebody owns a matter, waits behind no number of terms that are late.
    """

    NEWS = 0
    PLANS = 1
    DIGESTS = 2
    TERMS = 3


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was taken on: a reminder or the plan of a term, of a petition; a digest.

    Attributes:
        petition_id: the recipient of a digest.
    """

    id: str
    petition_id: str


class Due(Protocol):
    """What falls due when."""

    def claim(
        self, log: EventLog, lane: Lane, now: datetime, until: datetime, limit: int
    ) -> Sequence[Claimed]:
        """Take on what is due, the longest due first; until then nobody else does."""

    def renew(
        self, log: EventLog, ids: Iterable[str], until: datetime, then: datetime
    ) -> frozenset[str]:
        """Keep what was taken on until then, and return what nobody else has taken on since."""

    def give_back(
        self, transaction: Writing, ids: Iterable[str], until: datetime, at: datetime
    ) -> None:
        """Let nobody take on before another time what was taken on until then."""

    def release(self, transaction: Writing, ids: Iterable[str], until: datetime) -> None:
        """Let go what was taken on until then; when it falls due again, the log says."""


class Planned(Protocol):
    """Knows by which calendar of working days terms are planned."""

    def by_others(self, questions: Questions, calendar: str, limit: int) -> Sequence[Claimed]:
        """Return plans with points ahead that were made by another calendar than this."""

    def note_calendar(self, transaction: Writing, ids: Sequence[str], calendar: str) -> None:
        """Say of plans with points ahead that they are by this calendar."""


class CasesAway(Exception):  # noqa: N818 - it says what is the case
    """Responsibility gives no cases; a digest waits.

    Attributes:
        code: of its refusal, or `unavailable`.
    """

    def __init__(self, code: str = "unavailable") -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reminder is on record.

    Attributes:
        parties: who is kept out of its petition, where that is sealed.
    """

    petition_id: str
    recipient: str
    parties: Parties


class Places(Protocol):
    """Finds reminders by their ids, and petitions by who is kept out of them."""

    def place_of(self, questions: Questions, reminder_id: str) -> Place | None:
        """Return where a reminder is on record; None when there is none."""

    def kept_from(
        self, questions: Questions, onlooker: Sequence[str], numbers: Iterable[str]
    ) -> frozenset[str]:
        """Return the numbers of sealed petitions among these to which an onlooker is a party."""

    def with_parties(self, questions: Questions, numbers: Iterable[str]) -> frozenset[str]:
        """Return the numbers of sealed petitions among these to which anybody is a party."""
