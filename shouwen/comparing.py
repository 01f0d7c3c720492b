"""The ledger and the logs of the running services side by side, all of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import msgspec

from contracts.envelope import CloudEvent
from services.audit.readmodels.entering import canonical
from services.audit.verifier import (
    Chains,
    Checkpoint,
    Growing,
    Key,
    Leaf,
    Logs,
    Wrong,
    checkpoint_from,
)
from shouwen.calling import Call
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
        for leaf in self._leaves(checkpoint.size):
            tree.add(leaf.hash)
            chains.add(leaf)
            entered.add(leaf)
            self._compare_event(leaf)
        if tree.size != checkpoint.size or tree.root() != checkpoint.root:
            self._found("the leaves are not those that the checkpoint was signed over")
        for service in SERVICES:
            beyond = sum(1 for _ in self._logs[service])
            seq = entered.seq.get(service, 0)
            self.say(f"{service}: {seq} events compared, {beyond} since the checkpoint.")

    def _compare_event(self, leaf: Leaf) -> None:
        source, seq = leaf.members["source"], leaf.members["seq"]
        event = next(self._logs[source], None)
        if event is None or event.position != seq:
            self._logs[source] = self._log_of(source, seq)
            self._found(f"{leaf.name} is in the ledger and not in the log of {source}")
        elif sha256(canonical(event)).hexdigest() != leaf.members["payload_sha256"]:
            self._found(f"{leaf.name} was changed in the log of {source}")

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
