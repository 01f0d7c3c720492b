"""A process that is killed before its commit, at any line of its work."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from chassis.eventstore.log import RecordedEvent
from chassis.eventstore.losses import Made
from chassis.eventstore.transaction import Writing


class Died(BaseException):
    """The process was killed."""


@dataclass
class Fuse:
    """A read model without tables, which lets the process die before its commit.

    Attributes:
        events_left: how many events it lets pass before that; None for all.
    """

    tables: ClassVar[tuple[str, ...]] = ()
    events_left: int | None = None

    def apply(self, _transaction: Writing, _event: Any, _recorded: RecordedEvent) -> None:
        if self.events_left is None:
            return
        if self.events_left == 0:
            raise Died
        self.events_left -= 1

    @staticmethod
    def made_by(_event: Any) -> Iterable[Made]:
        return ()
