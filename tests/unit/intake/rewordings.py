"""How like messages are, and the same message told again in other words; prints the figures.

python -m tests.unit.intake.rewordings messages.csv
"""

import csv
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from random import Random

from services.intake.domain.repeats import Likeness, likeness
from services.intake.gateways.likeness import TextLikeness
from tests.builders import COUNTY, content

Message = Mapping[str, str]
LINKED, PROPOSED, NOTHING = "linked", "proposed", "nothing"
LETTERS_OF_ANY_TEXT = "的了我们是在有不这为上到说时要就"


def read(path: Path) -> list[Message]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def letters(title: str, body: str) -> str:
    return TextLikeness.letters(content(title=title, body=body))


def compared(one: str, other: str) -> Likeness:
    """As if the same person had sent both, in one category, to one office."""
    return likeness(
        person="",
        text=TextLikeness.of(one, other),
        letters=min(len(one), len(other)),
        same_category=True,
        offices=(COUNTY, COUNTY),
        known_by="id_number",
    )


def becomes(found: Likeness) -> str:
    if found.links:
        return LINKED
    return PROPOSED if found.proposes else NOTHING


def different(messages: Sequence[Message], every: int = 1) -> Iterator[Likeness]:
    """Pairs of messages from different people, each `every`th."""
    texts = [(each["petitioner"], letters(each["title"], each["body"])) for each in messages]
    for number, (one, other) in enumerate(combinations(texts, 2)):
        if number % every == 0 and one[0] != other[0]:
            yield compared(one[1], other[1])


def _sentences(body: str) -> list[str]:
    return [each for each in re.split(r"(?<=[。！？!?；;，,])", body) if each]


def _shuffled(body: str, chance: Random) -> str:
    sentences = _sentences(body)
    chance.shuffle(sentences)
    return "".join(sentences)


def _other_letters(body: str, chance: Random) -> str:
    return "".join(
        chance.choice(LETTERS_OF_ANY_TEXT) if chance.random() < 0.2 else each for each in body
    )


def _without_some(body: str, chance: Random) -> str:
    return "".join(each for each in _sentences(body) if chance.random() > 0.3)


# How somebody tells the same again, title and text.
REWORDINGS: Mapping[str, Callable[[str, str, Random], tuple[str, str]]] = {
    "sent again": lambda title, body, _: (title, body),
    "with additions": lambda title, body, _: (
        f"再次反映:{title}",
        f"上个月反映过此事,没有结果,现再次反映。{body}至今无人答复,请尽快督促解决。",
    ),
    "three sentences in ten left out": lambda title, body, chance: (
        title,
        _without_some(body, chance),
    ),
    "sentences in another order": lambda title, body, chance: (title, _shuffled(body, chance)),
    "one letter in five another": lambda title, body, chance: (title, _other_letters(body, chance)),
    "another title": lambda _, body, __: ("请求解决", body),
}


def reworded(messages: Sequence[Message], how: str) -> Iterator[Likeness]:
    chance = Random(how)
    for each in messages:
        again = REWORDINGS[how](each["title"], each["body"], chance)
        yield compared(letters(each["title"], each["body"]), letters(*again))


def shares(found: Iterator[Likeness]) -> dict[str, int]:
    counted = {LINKED: 0, PROPOSED: 0, NOTHING: 0}
    for each in found:
        counted[becomes(each)] += 1
    return counted


def main(path: Path) -> None:
    messages = read(path)
    pairs = list(different(messages))
    say = sys.stdout.write
    say(f"different people: {shares(iter(pairs))}, most alike {max(p.text for p in pairs)}\n")
    for how in REWORDINGS:
        say(f"{how}: {shares(reworded(messages, how))}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
