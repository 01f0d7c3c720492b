"""How events of other services may arrive: twice, shuffled, with pieces missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from chassis.messaging.inbox import Inbox
from contracts.envelope import CloudEvent
from tests.unit.stores import SourceLog

Batches = list[list[int]]


@dataclass(frozen=True)
class Delivery:
    """Attributes: batches: per source, indices of what is delivered together, around its length."""

    batches: Sequence[tuple[str, Sequence[int]]]

    def carry(self, log: SourceLog, inbox: Inbox) -> None:
        """Deliver, then let the inbox ask for what never came."""
        for source, indices in self.batches:
            inbox.receive(_chosen(log, source, indices))
        inbox.catch_up()


def deliveries(sources: Sequence[str]) -> st.SearchStrategy[Delivery]:
    """Any batches of any events in any order; most events come often, some never."""
    batch = st.lists(st.integers(0, 11), min_size=1, max_size=8)
    return st.builds(
        Delivery, st.lists(st.tuples(st.sampled_from(sources), batch), min_size=1, max_size=6)
    )


def in_order_once(log: SourceLog, inbox: Inbox) -> None:
    """Deliver as everybody would wish: each event once, by itself, in order."""
    for event in log.events:
        inbox.receive([event])


def _chosen(log: SourceLog, source: str, indices: Sequence[int]) -> list[CloudEvent]:
    own = [event for event in log.events if event.service == source]
    return [own[index % len(own)] for index in indices] if own else []
