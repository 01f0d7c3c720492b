"""Checks of what was answered against what is on record now; each names what it found wrong."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.system.faults.history import Call, request_ids

PASSING_ON: Final = frozenset({"responsibility.succeed", "responsibility.recuse"})
OWNERSHIP_ANSWERS: Final = PASSING_ON | {
    "responsibility.owner_of",
    "responsibility.close",
    "responsibility.reopen",
    "responsibility.reply",
    "responsibility.rule",
}
STATE_AFTER: Final[Mapping[str, str]] = {
    "responsibility.succeed": "owned",
    "responsibility.recuse": "owned",
    "responsibility.reply": "owned",
    "responsibility.rule": "owned",
    "responsibility.close": "closed",
    "responsibility.reopen": "owned",
}

# Words in the note on a fault that took a server away from all.
TAKES_AWAY: Final = ("PostgreSQL", "RabbitMQ", "primary", "kill -9 of ")
# The same for one service, whose name follows.
CUTS_OFF: Final = ("cut", "half-open", "refuse")
# Words in the note on a fault because of which a reminder may be told again: what was told and not
# recorded, as notify or its database went away.
TOLD_AGAIN_AFTER: Final = ("notify", "PostgreSQL", "primary")


@dataclass(frozen=True)
class Matter:
    """One matter as it ended.

    Attributes:
        final: what `owner_of` answers after everything was healed.
        calls: all calls about it that were made, in the order of their ends.
        opened_by_repeat: whether a repeat opened it after its last closure, as the log says.
    """

    final: Mapping[str, Any]
    calls: Sequence[Call]
    opened_by_repeat: bool = False

    def wrongs(self) -> Iterator[str]:
        """Yield every contradiction between the answers and the record."""
        yield from self._first()
        yield from self._holders()
        yield from self._passings_on()
        yield from self._receptions()
        yield from self._seen_too_late()
        yield from self._open_too_late()
        yield from self._end_state()

    @property
    def chain(self) -> list[Mapping[str, Any]]:
        return list(self.final["chain"])

    def _of(self, *methods: str, outcome: str = "ok") -> list[Call]:
        return [c for c in self.calls if c.method in methods and c.outcome == outcome]

    def _first(self) -> Iterator[str]:
        """Compare-and-set: at most one reception was ever first, and it still is."""
        firsts = {
            c.answer["reception_id"]: c.answer["owner"]
            for c in self._of("responsibility.receive")
            if c.answer["standing"] == "first"
        }
        if len(firsts) > 1:
            yield f"{len(firsts)} receptions were first: {firsts}"
        for reception_id, owner in firsts.items():
            evidence = self.final["evidence"].get("reception_id")
            if evidence != reception_id or self.final["first_contact"]["owner"] != owner:
                yield f"{owner} was answered to be first, the record has {evidence}"

    def _holders(self) -> Iterator[str]:
        """Nobody was answered to be the owner who never was; every chain answered is a beginning
        of the one on record."""
        holders = [link["owner"] for link in self.chain]
        if (self.final["owner"] or None) != (holders[-1] if holders else None):
            yield f"owner {self.final['owner']} is not the last of {holders}"
        for call in self._of("responsibility.receive"):
            if call.answer["owner"] not in holders:
                yield f"{call.answer['owner']} was answered as owner, the record has {holders}"
        for call in self._of(*OWNERSHIP_ANSWERS):
            answered = call.answer["chain"]
            if self.chain[: len(answered)] != answered:
                yield f"{call.method} answered the chain {answered}, the record has {self.chain}"

    def _passings_on(self) -> Iterator[str]:
        """Each acknowledged succession is there once, none is there that nobody asked for."""
        on_record = Counter(link["document"] for link in self.chain[1:])
        asked = {
            call.arguments["document"]: call.arguments["to"]
            for call in self.calls
            if call.method in PASSING_ON
        }
        for link in self.chain[1:]:
            if asked.get(link["document"]) != link["owner"]:
                yield f"nobody asked for the link {link}"
        for call in self._of(*PASSING_ON):
            if on_record[call.arguments["document"]] != 1:
                yield f"{call.arguments} was acknowledged, {on_record} on record"

    def _receptions(self) -> Iterator[str]:
        on_record = Counter(claim["reception_id"] for claim in self.final["rivals"])
        for call in self._of("responsibility.receive"):
            rival = call.answer["standing"] in {"rival", "disputed"}
            if on_record[call.answer["reception_id"]] != int(rival):
                yield f"reception {call.answer} is {on_record} times among the rivals"

    def _seen_too_late(self) -> Iterator[str]:
        """Whoever asks after an answer sees what was answered: chains only grow."""
        answers = self._of(*OWNERSHIP_ANSWERS)
        for later in answers:
            begun, chain = self._begun(later), later.answer["chain"]
            for earlier in answers:
                known = earlier.answer["chain"]
                if earlier.ended_at < begun and chain[: len(known)] != known:
                    yield f"{later.method} answered {chain} after {known}"
            owners = {link["owner"] for link in chain}
            for earlier in self._of("responsibility.receive"):
                if earlier.ended_at < begun and earlier.answer["owner"] not in owners:
                    yield f"{later.method} answered {chain} after {earlier.answer}"

    def _open_too_late(self) -> Iterator[str]:
        """Whoever asks after a closure is told of it, unless something opened the matter again."""
        for closure in self._of("responsibility.close"):
            for later in self._of("responsibility.owner_of"):
                after = closure.ended_at < later.invoked_at
                if after and later.answer["state"] != "closed" and not any(
                    self._may_open(call, closure, later) for call in self.calls
                ):  # fmt: skip
                    yield f"owner_of answered {later.answer['state']} after {closure.arguments}"

    def _may_open(self, call: Call, closure: Call, later: Call) -> bool:
        """Tell whether a call may have opened the matter between a closure and an answer.

        A repeat does so whenever its event arrives, which may be long after its answer.
        """
        if call.invoked_at > later.ended_at or call.outcome == "refused":
            return False
        if call.method == "intake.register":
            return bool(call.arguments.get("repeat_of"))
        before = call.outcome == "ok" and call.ended_at < self._begun(closure)
        return call.method == "responsibility.reopen" and not before

    def _begun(self, call: Call) -> float:
        """Return when a request was first sent: its answer may be the one that was kept then."""
        ids = list(request_ids(call.arguments))
        same = (c for c in self.calls if ids and list(request_ids(c.arguments)) == ids)
        return min((c.invoked_at for c in same), default=call.invoked_at)

    def _end_state(self) -> Iterator[str]:
        """One life's steps follow one another, so its last acknowledged one tells the state."""
        changes = [c for c in self.calls if c.method in STATE_AFTER and c.outcome == "ok"]
        left_open = any(
            c.outcome == "unknown" and not _answered_later(c, self.calls)
            for c in self.calls
            if c.method in STATE_AFTER or c.method == "intake.register"
        )
        if not changes or left_open:
            return
        last = changes[-1]
        allowed = {STATE_AFTER[last.method], *(["owned"] if self.opened_by_repeat else [])}
        if self.final["state"] not in allowed:
            yield f"state is {self.final['state']}, {last.method} was the last step"


def matters_of(
    calls: Sequence[Call],
    finals: Mapping[str, Mapping[str, Any]],
    opened_by_repeat: Container[str] = frozenset(),
) -> Iterator[tuple[str, Matter]]:
    """Sort the calls of a round by matter.

    Args:
        finals: number of each petition to what `owner_of` answers now.
        opened_by_repeat: numbers of matters that a repeat opened after their last closure.
    """
    matter_of = {number: final["matter"] for number, final in finals.items()}
    by_matter: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        number = call.arguments.get("number") or call.arguments.get("repeat_of")
        if number in matter_of:
            by_matter[matter_of[number]].append(call)
    for number, matter in matter_of.items():
        if number == matter:
            opened = number in opened_by_repeat
            yield number, Matter(finals[number], by_matter[number], opened)


def may_tell_again(note: str, deaths: Sequence[str]) -> bool:
    """Tell whether somebody may be told of the same thing again.

    Args:
        note: what exactly the fault was.
        deaths: names of the processes that ended by themselves.
    """
    words = " ".join([note, *deaths])
    return any(word in words for word in TOLD_AGAIN_AFTER)


def lost(calls: Sequence[Call], finals: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield petitions that were acknowledged and that nobody knows any more."""
    for registered in registered_in(calls):
        if registered["number"] not in finals:
            yield f"{registered['number']} was acknowledged and is lost"


def registered_in(calls: Sequence[Call]) -> Iterator[Mapping[str, Any]]:
    for call in calls:
        if call.outcome == "ok" and call.method == "intake.register":
            yield call.answer
        elif call.outcome == "ok" and call.method == "intake.register_many":
            yield from (item["petition"] for item in call.answer["registered"])


def acknowledged(calls: Sequence[Call]) -> Iterator[Call]:
    """Yield the calls that changed something and were answered."""
    return (call for call in calls if call.outcome == "ok" and any(request_ids(call.arguments)))


def answered_twice(calls: Sequence[Call]) -> Iterator[str]:
    """Yield requests that were given two different answers, or were refused once they were done."""
    answers: dict[tuple[str, ...], Any] = {}
    for call in calls:
        key = tuple(request_ids(call.arguments))
        if not key or call.outcome == "unknown" or call.code == "busy":
            continue
        said = call.code or call.answer
        known = answers.get(key) if call.code else answers.setdefault(key, said)
        if known is not None and known != said:
            yield f"{call.method} {key}: {known} and {said}"


def refused_wrongly(
    calls: Sequence[Call], always: frozenset[str] = frozenset({"busy"})
) -> Iterator[str]:
    """Yield refusals that no rule explains: this load asks for nothing forbidden, except that it
    may order a matter open that a repeat has just opened.

    Args:
        always: what may be answered to every call.
    """
    for call in calls:
        expected = _EXPECTED.get(call.method, frozenset()) | always
        if call.outcome == "refused" and call.code not in expected:
            yield f"{call.method} {call.arguments} was refused: {call.code}"


def unknown_without_fault(fault: str, calls: Sequence[Call]) -> Iterator[str]:
    """Yield calls without an answer in a round in which nothing happened."""
    for call in calls:
        if fault == "none" and call.outcome == "unknown":
            yield f"{call.method} {call.arguments} had no answer: {call.code}"


def ended_wrongly(note: str, deaths: Sequence[str]) -> Iterator[str]:
    """Yield processes that ended by themselves, or not in good order without an excuse.

    A stop does not wait for ever for a server that says nothing; nothing excuses a death.

    Args:
        note: what exactly the faults were.
        deaths: names of the processes that ended by themselves, and with their exit status of
            those that were stopped.
    """
    for name in deaths:
        process, _, stopped = name.partition(" ")
        if not (stopped and _taken_away(process.rpartition("-")[0], note)):
            yield f"{name} ended: {note}"


def _taken_away(service: str, note: str) -> bool:
    words = [*TAKES_AWAY, *(f"{word} {service} -" for word in CUTS_OFF)]
    return any(word in note for word in words)


_EXPECTED: Final[Mapping[str, frozenset[str]]] = {
    "responsibility.reopen": frozenset({"case_not_closed"})
}


def _answered_later(call: Call, calls: Sequence[Call]) -> bool:
    request_id = call.arguments.get("request_id")
    return any(
        c.outcome != "unknown" and c.arguments.get("request_id") == request_id for c in calls
    )
