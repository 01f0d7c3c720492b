"""The ledger and the logs of the running services side by side, all of them."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import msgspec

from contracts.envelope import CloudEvent
from contracts.events import PUBLISHER
from contracts.events.intake import PetitionRegisteredV1
from services.audit.readmodels.entering import canonical
from services.audit.verifier import (
    HEADS_TYPE,
    Chains,
    Checkpoint,
    Ends,
    Growing,
    Key,
    Leaf,
    Logs,
    Wrong,
    checkpoint_from,
)
from shouwen.calling import Call
from shouwen.follow_through import whole_feed
from shouwen.hosting import SERVICES

PAGE: Final = 1_000


@dataclass
class Comparison:
    """One full comparison; says what it finds, and goes on.

    Attributes:
        wrong: how much did not hold.
    """

    ask: Call
    say: Callable[[str], None]
    wrong: int = 0
    _logs: dict[str, Iterator[CloudEvent]] = field(default_factory=dict)
    _ends: Ends = field(default_factory=Ends)
    # As the first statements had them, without the numbers of petitions; none after those with.
    _ends_by_id: Ends | None = field(default_factory=Ends)
    _shown: Iterator[tuple[int, Mapping[str, Any] | None]] = field(default_factory=lambda: iter(()))
    _held_back: int = 0
    _not_ended: deque[tuple[Leaf, str]] = field(default_factory=deque)
    _numbers_known: bool = True

    def run(self, keys: Sequence[Key]) -> int:
        """Compare all there is now; return how much did not hold."""
        answer = self.ask("audit", "checkpoint", {})
        if not answer["note"]:
            self.say("Nothing is in the ledger yet.")
            return 0
        trusted = keys or [Key.read(line) for line in answer["keys"]]
        try:
            self._compare(checkpoint_from(answer["note"], trusted, "the checkpoint"))
        except Wrong as wrong:
            self._found(str(wrong))
        return self.wrong

    def _compare(self, checkpoint: Checkpoint) -> None:
        self.say(f"The checkpoint of {checkpoint.size} leaves is signed by the key.")
        tree, chains, entered = Growing(), Chains(), Logs()
        self._logs = {service: self._log_of(service) for service in SERVICES}
        self._shown = whole_feed(self.ask)
        for leaf in self._leaves(checkpoint.size):
            tree.add(leaf.hash)
            chains.add(leaf)
            entered.add(leaf)
            self._compare_event(leaf)
            self._compare_shown(leaf)
        if tree.size != checkpoint.size or tree.root() != checkpoint.root:
            self._found("the leaves are not those that the checkpoint was signed over")
        for service in SERVICES:
            beyond = sum(1 for _ in self._logs[service])
            seq = entered.seq.get(service, 0)
            self.say(f"{service}: {seq} events compared, {beyond} since the checkpoint.")
        if self._held_back:
            self.say(
                f"{self._held_back} events wait behind a parked one; replay does not show them."
            )

    def _compare_event(self, leaf: Leaf) -> None:
        source, seq = leaf.members["source"], leaf.members["seq"]
        event = next(self._logs[source], None)
        if event is None or event.position != seq:
            self._logs[source] = self._log_of(source, seq)
            self._found(f"{leaf.name} is in the ledger and not in the log of {source}")
            event = None
        elif sha256(canonical(event)).hexdigest() != leaf.members["payload_sha256"]:
            self._found(f"{leaf.name} was changed in the log of {source}")
            event = None
        publisher = PUBLISHER.get(leaf.members["type"], source)
        if publisher != source:
            self._found(f"{leaf.name} is of a type that {publisher} alone publishes")
        self._compare_ends(leaf, event)

    def _compare_shown(self, leaf: Leaf) -> None:
        """Compare what replay and all lists answer from with the leaf."""
        _, shown = next(self._shown, (0, None))
        if shown is None:
            self._held_back += 1
            return
        event = msgspec.convert(shown, CloudEvent)
        if sha256(canonical(event)).hexdigest() != leaf.members["payload_sha256"]:
            self._found(f"{leaf.name} was changed where replay reads it")

    def _compare_ends(self, leaf: Leaf, event: CloudEvent | None) -> None:
        """Compare what the ledger states of the ends of all cases with the leaves before it.

        Not any more where the event of a registration is not as it was: its number is not known.
        """
        type_ = leaf.members["type"]
        if type_ == PetitionRegisteredV1.TYPE and event is None:
            self._numbers_known = False
        number = str(event.data["number"]) if event and type_ == PetitionRegisteredV1.TYPE else ""
        self._not_ended.append((leaf, number))
        if type_ == HEADS_TYPE and event and leaf.members["source"] == PUBLISHER[HEADS_TYPE]:
            self._compare_stated(leaf, event.data)

    def _compare_stated(self, leaf: Leaf, stated: Mapping[str, Any]) -> None:
        if not 0 < stated["size"] <= leaf.position:
            self._found(f"{leaf.name} states the ends of leaves that do not lie before it")
            return
        while self._not_ended and self._not_ended[0][0].position < stated["size"]:
            self._end(*self._not_ended.popleft())
        ends = self._ends_as_in(stated)
        if ends is None:
            self._found(f"{leaf.name} states the ends without numbers, after those with them")
        elif (ends is not self._ends or self._numbers_known) and ends.root().hex() != stated[
            "root"
        ]:
            self._found(f"{leaf.name} states other ends of the cases than the leaves have")

    def _ends_as_in(self, stated: Mapping[str, Any]) -> Ends | None:
        if not stated.get("numbers"):
            return self._ends_by_id
        self._ends_by_id = None
        return self._ends

    def _end(self, leaf: Leaf, number: str) -> None:
        members = leaf.members
        for ends in filter(None, (self._ends, self._ends_by_id)):
            ends.put("petition", members["petition"], members["petition_seq"], leaf.hash)
        if number:
            self._ends.put("number", number, members["petition_seq"], leaf.hash)

    def _found(self, what: str) -> None:
        self.wrong += 1
        self.say(f"  WRONG  {what}")

    def _leaves(self, size: int) -> Iterator[Leaf]:
        position = 0
        while position < size:
            limit = min(PAGE, size - position)
            page = self.ask("audit", "leaves", {"after": position, "limit": limit})["leaves"]
            if not page:
                return
            for encoded in page:
                yield Leaf.read(position, encoded.encode())
                position += 1

    def _log_of(self, service: str, after: int = 0) -> Iterator[CloudEvent]:
        while page := self._page(service, after):
            yield from page
            after = page[-1].position

    def _page(self, service: str, after: int) -> list[CloudEvent]:
        answer: Any = self.ask(service, "log", {"after": after, "limit": PAGE})
        return msgspec.convert(answer["events"], list[CloudEvent])
