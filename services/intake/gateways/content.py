"""What a petitioner gave us, and the commitment to it that events carry."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

TEXT: Final = "text"
PRINCIPAL: Final = "petitioner"
SALT: Final = "salt"

Person = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """What a petitioner gave us.

    Attributes:
        text: title, body, place and accused.
        persons: role to people; the first `petitioner` is the principal, who raises it with him is
            a `cosigner`.
    """

    text: Mapping[str, Any]
    persons: Mapping[str, Sequence[Person]]

    @property
    def principal(self) -> Person:
        """The petitioner whose key protects the text."""
        return self.persons[PRINCIPAL][0]

    def everybody(self) -> Iterator[tuple[str, int, Person]]:
        """Yield role, place in it, and person."""
        for role, people in self.persons.items():
            for ordinal, person in enumerate(people):
                yield role, ordinal, person

    def changed(
        self, text: Mapping[str, Any], persons: Mapping[str, Sequence[Person]]
    ) -> "Content":
        """Return it with other texts and people where they are given; nobody leaves no role."""
        people = {**self.persons, **persons}
        return replace(
            self,
            # Each version has a salt of its own.
            text={n: value for n, value in {**self.text, **text}.items() if n != SALT},
            persons={role: those for role, those in people.items() if those},
        )


def commitment(salt: bytes, content: Content) -> str:
    """Return SHA-256 in hex over the salt and the content as canonical JSON."""
    return sha256(salt + committed_form(content).encode()).hexdigest()


def committed_form(content: Content) -> str:
    """Return content as the canonical JSON that a commitment is over, without the salt."""
    plain = {
        "text": {name: value for name, value in content.text.items() if name != SALT},
        "persons": {
            role: [dict(person) for person in people] for role, people in content.persons.items()
        },
    }
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
