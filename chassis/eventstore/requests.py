"""Commands that were answered before: the answer is kept with the effect, in one transaction.

A command is known by who sent it and the request id; a fingerprint of its content tells a retry
from another command under the same id.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from chassis.eventstore.instants import text_of
from chassis.eventstore.transaction import Questions, Writing


class RequestIdReused(Exception):  # noqa: N818 - it says what is the case
    """The request id was used before, by the same caller, for another command."""

    code = "request_id_reused"

    def __init__(self, request_id: str) -> None:
        super().__init__(request_id)
        self.fields = {"request_id": "was used for another command; choose a new one"}


@dataclass(frozen=True, slots=True)
class CommandKey:
    """One command of one caller.

    Attributes:
        fingerprint: digest of method and content.
    """

    caller: str
    request_id: str
    fingerprint: str

    @property
    def key(self) -> str:
        """The key under which the answer is kept."""
        return f"{self.caller}/{self.request_id}"

    @classmethod
    def of(cls, caller: str, request_id: str, method: str, content: bytes) -> "CommandKey":
        """Name a command; `content` is any encoding that is the same for the same content."""
        return cls(caller, request_id, sha256(method.encode() + b"\x00" + content).hexdigest())


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer that a request id was given, and the fingerprint of its command."""

    fingerprint: str
    answer: dict[str, Any]

    def answer_for(self, command: CommandKey) -> "dict[str, Any] | RequestIdReused":
        """Return the answer, or the refusal when the id belongs to another command."""
        if self.fingerprint != command.fingerprint:
            return RequestIdReused(command.request_id)
        return self.answer


def recall(transaction: Questions, command: CommandKey) -> dict[str, Any] | None:
    """Return the answer that the command was given, or None.

    Raises:
        RequestIdReused: the id belongs to a command with other content.
    """
    kept = recall_many(transaction, [command]).get(command.key)
    answer = kept.answer_for(command) if kept else None
    if isinstance(answer, RequestIdReused):
        raise answer
    return answer


def recall_many(transaction: Questions, commands: Sequence[CommandKey]) -> dict[str, KeptAnswer]:
    """Return the answers that were given under the keys of these commands."""
    keys = sorted({command.key for command in commands})
    places = ",".join("?" for _ in keys)
    rows = transaction.query(
        "SELECT request_key, fingerprint, answer FROM command_answer"  # noqa: S608 - placeholders
        f" WHERE request_key IN ({places})",
        keys,
    )
    return {key: KeptAnswer(fingerprint, json.loads(answer)) for key, fingerprint, answer in rows}


def remember(
    transaction: Writing, command: CommandKey, answer: dict[str, Any], at: datetime
) -> None:
    """Keep the answer that the command is given."""
    transaction.insert(
        "command_answer",
        {
            "request_key": command.key,
            "fingerprint": command.fingerprint,
            "answer": json.dumps(answer, ensure_ascii=False),
            "recorded_at": text_of(at),
        },
    )
