"""What a first contact and the steps after it rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.responsibility.domain.policy import (
    AFTER_THE_REPLY,
    CLOCK_TOLERANCE,
    CLOSING_CONDITIONS,
    OUTCOMES_WITHOUT_CONDITIONS,
    receipt_of,
)


@dataclass(frozen=True)
class Matter:
    """Where the number of a petition leads.

    Attributes:
        petition_id: of the original, which the ownership is derived from.
        office: that received the petition with this number.
    """

    number: str
    petition_id: str
    office: str


@dataclass(frozen=True)
class Registration:
    """A petition as intake tells it.

    Attributes:
        repeats: petition_id of the original.
        raised_at: the letter's receipt, the visit, the call, as stated; None where it is not.
        came_at: when the office received it, where that was stated apart.
        kept_out: marks of its parties.
        named, named_number: the petition of the original's matter that it repeats; with that one
            it leaves. Empty where nobody said which.
    """

    petition_id: str
    number: str
    office: str
    channel: str
    petition_class: str
    registered_at: datetime
    repeats: str | None
    kept_out: Sequence[str] = ()
    named: str = ""
    named_number: str = ""
    raised_at: datetime | None = None
    came_at: datetime | None = None

    @property
    def received_at(self) -> datetime | None:
        """When the office received it, from which its first step is due; it makes no owner."""
        return receipt_of(self.channel, self.raised_at, self.registered_at, self.came_at)


@dataclass(frozen=True)
class MatterCorrection:
    """What intake corrected of a petition.

    Attributes:
        original: it is the first petition of the matter, whose codes are those of the matter.
        petition_class, channel: None where they were right.
        petition_id: an ownership that has its id has its receipt, whatever that is part of.
        raised_at: None where that was right.
        came_at: when the office received it, as it is stated from now on; None where it is not.
    """

    number: str
    original: bool
    petition_class: str | None
    channel: str | None
    petition_id: str = ""
    raised_at: datetime | None = None
    came_at: datetime | None = None


@dataclass(frozen=True)
class Withdrawal:
    """A petition of a matter that its petitioner withdrew, and on what ground.

    Attributes:
        at: when that was recorded; None where only the ground is in hand.
    """

    number: str
    ground: str
    at: datetime | None = None


@dataclass(frozen=True)
class Joining:
    """A matter that is merged into an earlier one, as a clerk linked it (并案).

    Attributes:
        petition_id, number: of the first petition of the later matter.
        into: petition_id of the first petition of that matter.
        at: when that was recorded.
        named, named_number: the petition of it that this one repeats; empty where nobody said.
    """

    petition_id: str
    number: str
    into: str
    at: datetime
    named: str = ""
    named_number: str = ""


@dataclass(frozen=True)
class Leaving:
    """A petition that is a matter of its own again (分案).

    Attributes:
        registration: as it would be had it repeated nothing.
        out_of: petition_id of the petition that it was linked to.
        at: when that was recorded.
    """

    registration: Registration
    out_of: str
    at: datetime


@dataclass(frozen=True)
class Link:
    """One holder of the ownership: who, from when, by what ground.

    Attributes:
        number: the petition by which he came to it.
        recused: the one before him had an interest.
        place: on record of the ownership.
    """

    owner: str
    office: str
    since: datetime
    ground: str
    approver: str = ""
    document: str = ""
    number: str = ""
    recused: bool = False
    place: int = 0

    @property
    def passed_on(self) -> bool:
        """Whether somebody before him had it."""
        return bool(self.approver)


@dataclass
class Claim:
    """A reception that did not make the owner.

    Attributes:
        standing: owner, rival or disputed.
        ruling: upheld or rejected once a dispute was ruled on.
        number: the petition that it was a reception of; with that one it leaves.
        by_merging: it is the contact of a matter that was merged, not a reception.
        gone: that petition is of another matter now.
        place: on record of the ownership.
    """

    reception_id: str
    leader: str
    office: str
    received_at: datetime
    standing: str
    dispute_id: str | None = None
    ruling: str | None = None
    number: str = ""
    by_merging: bool = False
    gone: bool = False
    place: int = 0


@dataclass(frozen=True)
class Received:
    """A reception as it was reported.

    Attributes:
        received_number: the petition in hand: the original or a repeat of it.
        received_at: UTC, aware.
        stated: the time was stated by the reporter; otherwise it is the moment of the report.
    """

    reception_id: str
    received_number: str
    leader: str
    office: str
    received_at: datetime
    stated: bool


@dataclass(frozen=True)
class DutyLine:
    """The roster line that was in force, with its version."""

    leader: str
    day: str
    version: int


@dataclass(frozen=True)
class Successor:
    """Who is to own a matter; `office` None for that of the matter."""

    leader: str
    office: str | None = None


@dataclass(frozen=True)
class Approval:
    """Who approves a step, on what ground and by which document."""

    approver: str
    ground: str
    document: str


@dataclass(frozen=True)
class Reply:
    """The written reply (答复) as it was delivered to the petitioner; `delivered_at` as stated."""

    document: str
    delivered_by: str
    delivered_at: datetime


@dataclass(frozen=True)
class ClosingStatement:
    """What the owner states when closing; see `policy.CLOSING_CONDITIONS`."""

    outcome: str
    reply_document: str = ""
    follow_up_visit_at: datetime | None = None
    evaluation_asked_at: datetime | None = None

    def unmet(self, not_before: Mapping[str, datetime]) -> dict[str, str]:
        """Return field to what is missing; empty when the matter may be closed.

        Args:
            not_before: words to the instant that a visit and an evaluation must not lie before.
        """
        if self.outcome in OUTCOMES_WITHOUT_CONDITIONS:
            return {}
        return {**self._too_early(not_before), **self._missing()}

    def _missing(self) -> dict[str, str]:
        return {name: why for name, why in CLOSING_CONDITIONS.items() if not self._stated(name)}

    def _stated(self, name: str) -> bool:
        value = getattr(self, name)
        return bool(value.strip() if isinstance(value, str) else value)

    def _too_early(self, not_before: Mapping[str, datetime]) -> dict[str, str]:
        return {
            name: f"lies before {words}"
            for name in AFTER_THE_REPLY
            for words, instant in not_before.items()
            if (stated := getattr(self, name)) is not None and stated < instant - CLOCK_TOLERANCE
        }


@dataclass(frozen=True)
class MergedMatter:
    """A matter that is part of another.

    Attributes:
        unit: who handled the merged one; empty where nobody did.
        course_state: how far its course had got; empty where no step was taken.
        place: on record of the ownership that took it in.
    """

    number: str
    petition_id: str
    since: datetime
    unit: str = ""
    course_state: str = ""
    place: int = 0


@dataclass(frozen=True)
class Coming:
    """When a petition came to a matter: its place on record of the ownership, and its time."""

    place: int
    at: datetime


@dataclass
class Reopening:
    """What a repeat found closed, so that all is as it was should the repeat have been none.

    Attributes:
        joined: numbers that have joined since; while one of them is there the matter is open.
        acted: something was done since that nobody undoes.
    """

    closed_at: datetime
    reply: Reply | None
    reopened_at: datetime | None
    reopened_by: str | None
    joined: list[str]
    acted: bool = False


@dataclass
class OwnershipRecord:
    """What the history of one ownership adds up to.

    Attributes:
        reply: the last one delivered since the matter was opened, reopened or not.
        reopened_at: when that was, the last time; `reopened_by` the repeat that did it.
        closed_as: the outcome of the last closure; empty while there was none.
        closed_on: the reply that it rests on; empty where it rests on none.
        merged_into: petition_id of the matter that this one is part of; None for one of its own.
        merged_at, split_at: when that was decided last, and undone; what comes again is older.
        split_from: petition_id of the matter that it left last.
        recusal_due: the owner who turned out to be a party; None while none did.
        withdrawn: numbers of the petitions that their petitioners withdrew; `withdrawals` what was
            told of them here, by number.
        received_number: the petition of the first reception.
        behind: number of a repeat to that of the petition which it repeats.
        merged: numbers of matters that are part of this one now.
        stays: number of a merged matter to how many holders this one had when it came, and when it
            left; None while it is here.
        times_merged: number to how often that was merged.
        left: number that has left to the petition_id with which it did.
        reopening: by the repeat that opened it last; None while it is closed, or opened otherwise.
        kept: what stays of a link that was undone, since something rests on it by now: owner, open.
        classes: number to the class of that petition, as far as the facts say it: those of before
            said that of the first petition only.
        came: number to when it came to be of this matter.
        joined: number to the registration of what was a repeat of this matter from then on, of
            which facts of before do not say by which channel it came.
        acted: place on record of what the owner did last that is no step of the course: he replied,
            closed it, or it was passed on; 0 while there was none.
    """

    chain: list[Link] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)
    evidence: dict[str, Any] = field(default_factory=dict)
    reply: Reply | None = None
    reopened_at: datetime | None = None
    reopened_by: str | None = None
    closed_as: str = ""
    closed_on: str = ""
    merged_into: str | None = None
    merged_at: datetime | None = None
    split_at: datetime | None = None
    split_from: str = ""
    recusal_due: str | None = None
    withdrawn: list[str] = field(default_factory=list)
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    received_number: str = ""
    behind: dict[str, str] = field(default_factory=dict)
    merged: dict[str, MergedMatter] = field(default_factory=dict)
    stays: dict[str, tuple[int, int | None]] = field(default_factory=dict)
    times_merged: dict[str, int] = field(default_factory=dict)
    joined: dict[str, Registration] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    reopening: Reopening | None = None
    kept: list[str] = field(default_factory=list)
    classes: dict[str, str] = field(default_factory=dict)
    came: dict[str, Coming] = field(default_factory=dict)
    acted: int = 0
