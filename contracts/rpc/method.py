"""What a method of a service is, and who may call it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, TypeVar

import msgspec

RequestT = TypeVar("RequestT", bound=msgspec.Struct)
AnswerT = TypeVar("AnswerT")

STAFF: Final = frozenset({"clerk", "handler", "leader", "office_head"})
READERS: Final = STAFF | {"auditor", "agency", "operator", "service"}
HEADS: Final = frozenset({"office_head"})
FOLLOWERS: Final = frozenset({"service", "auditor", "operator"})
OPERATORS: Final = frozenset({"operator"})
NOBODY_NEEDED: Final[frozenset[str]] = frozenset()


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every request is: its fields are the keyword arguments of the call.

    Attributes:
        INSTEAD: a field that this one does not have, and that a caller may take it to have, to what
            he is to do; told with the refusal.
    """

    INSTEAD: ClassVar[Mapping[str, str]] = {}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer is: a JSON object that may gain fields."""


@dataclass(frozen=True, slots=True)
class Method(Generic[RequestT, AnswerT]):
    """One method of one service.

    Attributes:
        roles: any one of them is enough; empty means that no token is needed.
        doc: one sentence, shown by `shouwen call --help` and in the schemas.
    """

    service: str
    name: str
    request: type[RequestT]
    answer: type[AnswerT]
    roles: frozenset[str]
    doc: str

    @property
    def path(self) -> str:
        """`service.method`."""
        return f"{self.service}.{self.name}"
