"""The first-contact rule once more, as a model with no events, no versions and no database.

Written from the rules alone, to be compared with the product step by step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))
WITH_RECEPTION = {"visit", "reception_day"}


@dataclass(frozen=True)
class Petition:
    """A petition as intake registered it; `original` is the serial of the one it repeats."""

    serial: int
    number: str
    office: str
    channel: str
    registered_at: datetime
    original: int | None


@dataclass(frozen=True)
class Step:
    """What somebody tries.

    Attributes:
        kind: deliver, receive, succeed, recuse, rule, reply, close, reopen or roster.
        of: index of the petition, around the number of those there are.
        earlier: days before now at which the reception is said to have been; 0 states no time.
        positions: what is delivered, in this order.
    """

    kind: str
    of: int = 0
    leader: str = ""
    earlier: int = 0
    upheld: bool = False
    positions: Sequence[int] = ()


@dataclass
class Dispute:
    claimant: str
    ruling: str | None = None


@dataclass
class Matter:
    """One matter: at most one owner, the last of the chain."""

    takes_from: str
    chain: list[tuple[str, str]] = field(default_factory=list)
    since: datetime | None = None
    closed: bool = False
    repeats: list[int] = field(default_factory=list)
    disputes: dict[str, Dispute] = field(default_factory=dict)

    @property
    def owner(self) -> str | None:
        return self.chain[-1][0] if self.chain else None

    @property
    def state(self) -> str:
        if self.owner is None:
            return "awaited"
        return "closed" if self.closed else "owned"

    @property
    def disputed(self) -> bool:
        return any(dispute.ruling is None for dispute in self.disputes.values())

    def take(self, leader: str, ground: str, at: datetime) -> None:
        self.chain.append((leader, ground))
        self.since = at


@dataclass
class Rulebook:
    """All matters that are known, and who is on duty."""

    petitions: list[Petition] = field(default_factory=list)
    matters: dict[int, Matter] = field(default_factory=dict)
    roster: dict[tuple[str, date], str] = field(default_factory=dict)

    def chosen(self, step: Step) -> Petition:
        return self.petitions[step.of % len(self.petitions)]

    def matter_of(self, petition: Petition) -> Matter:
        return self.matters[petition.original or petition.serial]

    def arrive(self, petition: Petition) -> None:
        """Take a petition in, behind the one that it repeats; nothing happens the second time."""
        if petition.original is not None:
            self._join(petition)
        elif petition.serial not in self.matters:
            self.matters[petition.serial] = self._founded(petition)

    def _founded(self, petition: Petition) -> Matter:
        if petition.channel in WITH_RECEPTION:
            return Matter("reception")
        leader = self._on_duty(petition)
        if leader is None:
            return Matter("open_list")
        matter = Matter("reception")
        matter.take(leader, "roster", petition.registered_at)
        return matter

    def _join(self, petition: Petition) -> None:
        original = self.petitions[petition.original - 1]
        self.arrive(original)
        matter = self.matter_of(petition)
        if petition.serial in matter.repeats:
            return
        matter.repeats.append(petition.serial)
        matter.closed = False
        leader = None if petition.channel in WITH_RECEPTION else self._on_duty(petition)
        if matter.owner is None and leader is not None:
            matter.take(leader, "roster", petition.registered_at)

    def _on_duty(self, petition: Petition) -> str | None:
        day = petition.registered_at.astimezone(SHANGHAI).date()
        return self.roster.get((petition.office, day))

    def refusal_of(self, step: Step, dispute_id: str) -> str | None:
        """Return the code with which a step is refused, or None when it may be taken."""
        if step.kind in {"deliver", "receive", "roster"}:
            return None
        petition = self.chosen(step)
        self.arrive(petition)
        matter = self.matter_of(petition)
        return {
            "succeed": _refusal_to_pass_on,
            "recuse": _refusal_to_pass_on,
            "reply": lambda matter, _: _refusal_to_reply(matter),
            "close": _refusal_to_close,
            "reopen": lambda matter, _: None if matter.closed else "case_not_closed",
            "rule": lambda matter, _: _refusal_to_rule(matter, dispute_id),
        }[step.kind](matter, step.leader)

    def receive(self, step: Step, now: datetime) -> str:
        """Put a reception on record and return its standing."""
        petition = self.chosen(step)
        self.arrive(petition)
        matter = self.matter_of(petition)
        at = now - timedelta(days=step.earlier)
        if matter.owner is None:
            matter.take(step.leader, matter.takes_from, at)
            return "first"
        if step.leader == matter.owner:
            return "owner"
        claims = {matter.chain[0][0], *(each.claimant for each in matter.disputes.values())}
        contests = step.earlier and at < matter.since and step.leader not in claims
        return "disputed" if contests and not matter.closed else "rival"

    def take(self, step: Step, dispute_id: str) -> None:
        """Take a step that is not refused."""
        matter = self.matter_of(self.chosen(step))
        if step.kind == "succeed":
            matter.chain.append((step.leader, "left_post"))
        elif step.kind == "recuse":
            matter.chain.append((step.leader, "direct_interest"))
        elif step.kind == "rule":
            self._rule(matter, matter.disputes[dispute_id], upheld=step.upheld)
        elif step.kind in {"close", "reopen"}:
            matter.closed = step.kind == "close"

    @staticmethod
    def _rule(matter: Matter, dispute: Dispute, *, upheld: bool) -> None:
        dispute.ruling = "upheld" if upheld else "rejected"
        if upheld and dispute.claimant != matter.owner:
            matter.chain.append((dispute.claimant, "dispute_upheld"))


def _refusal_to_pass_on(matter: Matter, to: str) -> str | None:
    if matter.owner is None:
        return "not_owned"
    if matter.closed:
        return "case_closed"
    return "same_owner" if to == matter.owner else None


def _refusal_to_reply(matter: Matter) -> str | None:
    if matter.owner is None:
        return "not_owned"
    return "case_closed" if matter.closed else None


def _refusal_to_close(matter: Matter, by: str) -> str | None:
    if matter.owner is None:
        return "not_owned"
    if matter.closed:
        return "case_closed"
    if by != matter.owner:
        return "not_the_owner"
    return "dispute_open" if matter.disputed else None


def _refusal_to_rule(matter: Matter, dispute_id: str) -> str | None:
    dispute = matter.disputes.get(dispute_id)
    if dispute is None:
        return "dispute_unknown"
    return "dispute_ruled" if dispute.ruling else None
