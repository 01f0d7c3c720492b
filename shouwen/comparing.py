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
from services.audit.domain.chains import NOTHING, Head, chained
from services.audit.readmodels.entering import bound_of, canonical
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
from shouwen.hosting import SERVICES
from shouwen.matters import Matters, MattersCompared
from shouwen.reading import Missing, Placed, leaves_of, log_of, shown_of

Shown = Mapping[str, Any] | Missing
# Of those that wait, so many are named.
NAMED: Final = 20


@dataclass
class Comparison:
    """One full comparison; says what it finds, and goes on.

    Attributes:
        wrong: how much did not hold.
        waiting: how many events replay does not show yet: nothing is known of them there.
        complete: all that there is to compare was compared.
    """

    ask: Call
    say: Callable[[str], None]
    wrong: int = 0
    waiting: int = 0
    complete: bool = True
    _tree: Growing = field(default_factory=Growing)
    _chains: Chains = field(default_factory=Chains)
    _entered: Logs = field(default_factory=Logs)
    _logs: dict[str, Iterator[Placed[CloudEvent | Missing]]] = field(default_factory=dict)
    _ends: Ends = field(default_factory=Ends)
    # As the first statements had them, without the numbers of petitions; none after those with.
    _ends_by_id: Ends | None = field(default_factory=Ends)
    _not_ended: deque[tuple[Leaf, str]] = field(default_factory=deque)
    _numbers_known: bool = True
    _leaves_known: bool = True
    _matters: Matters = field(default_factory=Matters)
    _facts_known: bool = True

    def run(self, keys: Sequence[Key]) -> int:
        """Compare all there is now; return how much did not hold."""
        answer = self.ask("audit", "checkpoint", {})
        trusted = keys or self._its_own(answer["keys"])
        if not answer["note"]:
            self._compare_with_none()
            return self.wrong
        try:
            checkpoint = checkpoint_from(answer["note"], trusted, "the checkpoint")
        except Wrong as wrong:
            self._found(str(wrong))
        else:
            self._compare(checkpoint)
        return self.wrong

    def _its_own(self, lines: Sequence[str]) -> list[Key]:
        """Return the keys that the ledger itself names: whoever rewrote it may have made them."""
        self.complete = False
        self.say("  LACKS  no --key was given, and the ledger's own word is taken for its keys")
        return [Key.read(line) for line in lines]

    def _compare_with_none(self) -> None:
        """Look for events where nothing is signed: who has emptied the ledger has left them."""
        self.say("Nothing is in the ledger yet.")
        for service in SERVICES:
            head = self.ask(service, "health", {})["head"]
            if head:
                self._found(f"{service} has {head} events in its log, and the ledger none of them")

    def _compare(self, checkpoint: Checkpoint) -> None:
        self.say(f"The checkpoint of {checkpoint.size} leaves is signed by the key.")
        self._logs = {service: log_of(self.ask, service) for service in SERVICES}
        shown = shown_of(self.ask, 0, checkpoint.size)
        for position, encoded in leaves_of(self.ask, checkpoint.size):
            self._compare_at(position, encoded, next(shown, (position, Missing.UNREADABLE))[1])
        if self._tree.size != checkpoint.size or self._tree.root() != checkpoint.root:
            self._found("the leaves are not those that the checkpoint was signed over")
        for service in SERVICES:
            seq = self._entered.seq.get(service, 0)
            beyond = self._read_on(service)
            self.say(f"{service}: {seq} events compared, {beyond} since the checkpoint.")
        if self.waiting:
            self.say(f"{self.waiting} events wait, parked or not taken in; replay shows none.")
        self._compare_matters(checkpoint.size)

    def _compare_at(self, position: int, encoded: bytes | Missing, shown: Shown) -> None:
        leaf = self._leaf_at(position, encoded, shown)
        if leaf is None:
            self._leaves_known = self._facts_known = False
            return
        self._tree.add(leaf.hash)
        self._follow(leaf)
        logged, taken_in = self._compare_logged(leaf), self._compare_shown(leaf, shown)
        publisher = PUBLISHER.get(leaf.members["type"], leaf.members["source"])
        if publisher != leaf.members["source"]:
            self._found(f"{leaf.name} is of a type that {publisher} alone publishes")
        self._take_in(None if shown is Missing.WAITS else logged or taken_in)
        self._compare_ends(leaf, logged or taken_in)

    def _leaf_at(self, position: int, encoded: bytes | Missing, shown: Shown) -> Leaf | None:
        """Return a leaf; where it cannot be read, as it is made again from its event."""
        try:
            if not isinstance(encoded, Missing):
                return Leaf.read(position, encoded)
            why = f"leaf {position} cannot be read in the ledger"
        except Wrong as wrong:
            why = str(wrong)
        leaf = self._made_again(position, shown)
        self._found(f"{why}; it is that of {leaf.name}" if leaf else why)
        return leaf

    def _made_again(self, position: int, shown: Shown) -> Leaf | None:
        """Return the leaf of an event; the root tells whether it was this one."""
        event = _event_of(shown)
        if event is None:
            return None
        bound = bound_of(event)
        last = Head(*self._chains.last.get(bound.petition, NOTHING))
        (entered,) = chained([bound], position, {bound.petition: last})
        return Leaf.read(position, entered.encoded)

    def _follow(self, leaf: Leaf) -> None:
        """Check that a leaf is the next one of its log and its petition, and go on from it."""
        members = leaf.members
        for order in (self._chains, self._entered):
            try:
                order.add(leaf)
            except Wrong as wrong:
                self._found(str(wrong))
        self._chains.last[members["petition"]] = (members["petition_seq"], leaf.hash)
        self._entered.seq[members["source"]] = members["seq"]

    def _compare_logged(self, leaf: Leaf) -> CloudEvent | None:
        """Compare the log of its service with a leaf; return the event if it is that."""
        source = leaf.members["source"]
        event = self._logged(source, leaf.members["seq"])
        if event is Missing.UNREADABLE:
            self._found(f"{leaf.name} cannot be read in the log of {source}")
        elif isinstance(event, Missing):
            self._found(f"{leaf.name} is in the ledger and not in the log of {source}")
        elif _is_bound_by(leaf, event):
            return event
        else:
            self._found(f"{leaf.name} was changed in the log of {source}")
        return None

    def _logged(self, source: str, seq: int) -> CloudEvent | Missing:
        if source not in self._logs:
            return Missing.LOST
        for position, event in self._logs[source]:
            if position == seq:
                return event
            if position > seq:
                break
        self._logs[source] = log_of(self.ask, source, seq)
        return Missing.LOST

    def _compare_matters(self, size: int) -> None:
        """Compare what says which matter a petition belongs to with the facts that decide it.

        Not where a fact is not there to be asked: what it has done is not known.
        """
        reached = [size]

        def follow(size: int) -> bool:
            for _, shown in shown_of(self.ask, reached[0], size):
                self._take_in(_event_of(shown))
            reached[0] = max(reached[0], size)
            return self._facts_known

        if MattersCompared(self.ask, self._matters, follow, self._found).run():
            count = len(self._matters.by_number)
            self.say(f"{count} petitions compared with the matters that they belong to.")
        else:
            self.complete = False
            self.say("  LACKS  which matter each petition belongs to was not compared")

    def _take_in(self, event: CloudEvent | None) -> None:
        self._facts_known = self._facts_known and event is not None
        if self._facts_known and event:
            self._matters.add(event)

    def _read_on(self, service: str) -> int:
        """Return how many events a log has that are not under the checkpoint yet."""
        count = 0
        for position, event in self._logs[service]:
            count += 1
            if isinstance(event, Missing):
                self._found(f"event {position} of {service} cannot be read in its log")
        return count

    def _compare_shown(self, leaf: Leaf, shown: Shown) -> CloudEvent | None:
        """Compare what replay and all lists answer from with a leaf; return it if it is that."""
        if shown is Missing.WAITS:
            self._wait(leaf)
        elif shown is Missing.LOST:
            self._found(f"{leaf.name} is in the ledger and not where replay reads it")
        elif shown is Missing.UNREADABLE:
            self._found(f"{leaf.name} cannot be read where replay reads it")
        elif (event := _event_of(shown)) and _is_bound_by(leaf, event):
            return event
        else:
            self._found(f"{leaf.name} was changed where replay reads it")
        return None

    def _wait(self, leaf: Leaf) -> None:
        self.waiting += 1
        if self.waiting <= NAMED:
            self.say(f"  LACKS  {leaf.name} is parked, or not taken in yet")

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
        elif self._known(ends) and ends.root().hex() != stated["root"]:
            self._found(f"{leaf.name} states other ends of the cases than the leaves have")

    def _known(self, ends: Ends) -> bool:
        return self._leaves_known and (self._numbers_known or ends is not self._ends)

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


def _event_of(shown: Shown) -> CloudEvent | None:
    if isinstance(shown, Missing):
        return None
    try:
        return msgspec.convert(shown, CloudEvent)
    except msgspec.ValidationError:
        return None


def _is_bound_by(leaf: Leaf, event: CloudEvent) -> bool:
    bound: str = leaf.members["payload_sha256"]
    return sha256(canonical(event)).hexdigest() == bound
