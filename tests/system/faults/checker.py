"""Checks of what was answered against what is on record now; each names what it found wrong."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.system.faults.history import Call

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


@dataclass(frozen=True)
class Matter:
    """One matter as it ended.

    Attributes:
        final: what `owner_of` answers after everything was healed.
        calls: all calls about it that were made, in the order of their ends.
    """

    final: Mapping[str, Any]
    calls: Sequence[Call]

    def wrongs(self) -> Iterator[str]:
        """Yield every contradiction between the answers and the record."""
        yield from self._first()
        yield from self._holders()
        yield from self._passings_on()
        yield from self._receptions()
        yield from self._seen_too_late()
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
        """Whoever asks after an answer sees what was answered."""
        for change in self._of(*PASSING_ON):
            for later in self._of(*OWNERSHIP_ANSWERS):
                documents = {link["document"] for link in later.answer["chain"]}
                after = later.invoked_at > change.ended_at
                if after and change.arguments["document"] not in documents:
                    yield f"{later.method} did not see {change.arguments['document']}"

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
        # A repeat opens the matter again whenever its event arrives.
        allowed = {STATE_AFTER[last.method], *(["owned"] if self.final["repeats"] else [])}
        if self.final["state"] not in allowed:
            yield f"state is {self.final['state']}, {last.method} was the last step"


def matters_of(
    calls: Sequence[Call], finals: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Matter]]:
    """Sort the calls of a round by matter.

    Args:
        finals: number of each petition to what `owner_of` answers now.
    """
    matter_of = {number: final["matter"] for number, final in finals.items()}
    by_matter: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        number = call.arguments.get("number") or call.arguments.get("repeat_of")
        if number in matter_of:
            by_matter[matter_of[number]].append(call)
    for number, matter in matter_of.items():
        if number == matter:
            yield number, Matter(finals[number], by_matter[number])


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


def answered_twice(calls: Sequence[Call]) -> Iterator[str]:
    """Yield requests that were given two different answers."""
    answers: dict[str, Any] = {}
    for call in calls:
        request_id = call.arguments.get("request_id")
        if call.outcome != "ok" or not request_id:
            continue
        if answers.setdefault(request_id, call.answer) != call.answer:
            yield f"{call.method} {request_id}: {answers[request_id]} and {call.answer}"


def refused_wrongly(calls: Sequence[Call]) -> Iterator[str]:
    """Yield refusals that no rule explains: this load asks for nothing forbidden, except that it
    may order a matter open that a repeat has just opened, and that a service may be busy."""
    for call in calls:
        expected = _EXPECTED.get(call.method, frozenset()) | {"busy"}
        if call.outcome == "refused" and call.code not in expected:
            yield f"{call.method} {call.arguments} was refused: {call.code}"


_EXPECTED: Final[Mapping[str, frozenset[str]]] = {
    "responsibility.reopen": frozenset({"case_not_closed"})
}


def _answered_later(call: Call, calls: Sequence[Call]) -> bool:
    request_id = call.arguments.get("request_id")
    return any(
        c.outcome != "unknown" and c.arguments.get("request_id") == request_id for c in calls
    )
