"""What is given of the content beside the evidence is what was committed to, and nothing else."""

from collections.abc import Callable
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from services.audit.verifier import CONTENT, Wrong, canonical
from services.intake.gateways.content import committed_form
from services.intake.gateways.vault import SALT_BYTES
from tests.builders import number
from tests.unit.audit.forging import Forged, taken, told, verified

SALT = bytes(range(SALT_BYTES))
TEXT = {"title": "外墙渗水", "body": "He did take 50000 from the fund; my witness is Li."}
CONTENT_GIVEN: Any = SimpleNamespace(text=TEXT, persons={})
FORM = committed_form(CONTENT_GIVEN)
OTHER = FORM.replace("did", "did not")


def commitment(form: str) -> str:
    return sha256(SALT + form.encode()).hexdigest()


CASE = Forged(
    [
        taken(commitment=commitment(FORM)),
        told(1, "case.exported.v1", commitment=commitment("{}")),
        told(1, "petition.corrected.v1", commitment=commitment("{}")),
        told(1, "petition.corrected.v1", "intake", commitment=None),
        told(1, "petition.corrected.v1", "intake", commitment=commitment(OTHER)),
    ]
).stating()
FIRST = {"number": number(), "version": 1, "salt": SALT.hex(), "committed": FORM}
SECOND = {**FIRST, "version": 2, "committed": OTHER}


def opened(content: bytes) -> str:
    heads = CASE.heads(("petition", CASE.facts[0].petition))
    return verified({**CASE.case(1), **heads, CONTENT: content})


def test_each_version_opens_its_commitment():
    text = opened(canonical([FIRST, SECOND]))
    assert text.count("is the one that was put on record") == 2
    assert "not all content is here" not in text


@pytest.mark.parametrize("some", [[], [FIRST], [SECOND]], ids=len)
def test_some_of_it_is_said_to_be_some(some: list[dict[str, Any]]):
    assert "not all content is here" in opened(canonical(some))


def moved(count: int) -> dict[str, Any]:
    """The beginning of the text is given as the end of the salt."""
    form = FORM.encode()
    return {**FIRST, "salt": (SALT + form[:count]).hex(), "committed": form[count:].decode()}


@pytest.mark.parametrize(
    "forged",
    [
        [moved(FORM.index("my witness"))],
        [moved(1)],
        [{**FIRST, "version": 2}],
        [{**SECOND, "version": 1}],
        [{**FIRST, "version": 1.0}],
        [{**FIRST, "version": True}],
        [{**FIRST, "version": "1, is the one that was put on record\n  holds  everything"}],
        [{**FIRST, "text": "what a reader sees first"}],
        [{**FIRST, "committed": OTHER}],
        [{**FIRST, "salt": SALT.hex().upper()}],
        [{**FIRST, "salt": "no hex"}],
        [{**FIRST, "number": number(2)}],
        [{each: FIRST[each] for each in ("number", "salt", "committed")}],
        [FIRST, FIRST],
        [[FIRST]],
        FIRST,
        None,
    ],
    ids=range(17),
)
def test_another_content_does_not(forged: Any):
    with pytest.raises(Wrong):
        opened(canonical(forged))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"committed"', b'"committed":"nothing","committed"', 1),
        lambda text: text + b"\n",
        lambda text: text.replace(b",", b", ", 1),
        lambda text: text[:-1],
    ],
    ids=["a member twice", "a line more", "a space", "cut"],
)
def test_the_same_content_in_another_form_does_not(change: Callable[[bytes], bytes]):
    """What a reader sees in it could be another text than the one that was checked."""
    with pytest.raises(Wrong):
        opened(change(canonical([FIRST])))


def test_what_is_committed_to_has_text_and_persons_and_nothing_else():
    """A commitment to anything else was made by another program than intake."""
    case = Forged([taken(commitment=commitment('{"text":{}}'))])
    content = canonical([{**FIRST, "committed": '{"text":{}}'}])
    with pytest.raises(Wrong, match="not of the form that is committed to"):
        verified({**case.case(1), CONTENT: content})


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_salt_is_as_long_as_the_vault_makes_it(length: int):
    """Of any other length it could hold what the text should."""
    salt = bytes(length)
    case = Forged([taken(commitment=sha256(salt + FORM.encode()).hexdigest())])
    content = canonical([{**FIRST, "salt": salt.hex()}])
    with pytest.raises(Wrong, match="not of the form that is committed to"):
        verified({**case.case(1), CONTENT: content})
