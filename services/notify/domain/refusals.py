"""What the rules of notify refuse.

Refusal
├── ReminderUnknown    there is none, or it is somebody else's
├── NotYourOwn         preferences are stated by whom they are of
├── ChannelUnavailable nothing is set up that tells over such a channel
├── SecretUnreadable   the secret of a channel is not in its form
├── TermNotCounted     no such term, or one whose last day is stated, not counted
├── NotOfATerm         only what a term runs for can be put off
├── BeyondTheTerm      a reminder can be put off within the term only
└── NotGivenUp         only what was given up is delivered again
"""

from collections.abc import Mapping
from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - the word of the glossary
    """A rule says no.

    Attributes:
        code: written name of the refusal, a key of the failure codes in the contracts.
        fields: what concerns which field.
    """

    code: ClassVar[str]

    def __init__(self, **fields: str) -> None:
        self.fields: Mapping[str, str] = fields
        super().__init__(self.code)


class ReminderUnknown(Refusal):
    code = "reminder_unknown"


class NotOfATerm(Refusal):
    code = "not_of_a_term"


class BeyondTheTerm(Refusal):
    code = "beyond_the_term"


class NotGivenUp(Refusal):
    code = "not_given_up"


class TermNotCounted(Refusal):
    code = "bad_value"


class NotYourOwn(Refusal):
    code = "role_not_allowed"


class ChannelUnavailable(Refusal):
    code = "channel_unavailable"


class SecretUnreadable(Refusal):
    code = "bad_value"
