"""The content of a case beside its evidence, so that the commitments in its events open.

The content comes from intake, to whoever may read it there; that he did goes on record. It stands
in one file of the bundle. Who takes that file out again has the bundle without it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.events.intake import PartyNamedV1, PetitionCorrectedV1, PetitionRegisteredV1
from contracts.failures import Failure
from services.audit.verifier import CONTENT, canonical, manifest_of, packed, parts_of
from shouwen.calling import Call

COMMITTING = {PetitionRegisteredV1.TYPE, PartyNamedV1.TYPE, PetitionCorrectedV1.TYPE}


def opened(bundle: bytes, ask: Call) -> bytes:
    """Return a bundle with the content that its events commit to, every version of it.

    Raises:
        Failure: the caller may not read it.
    """
    parts = parts_of(bundle)
    parts.pop("manifest")
    contents = [_content_of(ask, number, version) for number, version in _versions(parts)]
    parts[CONTENT] = canonical([each for each in contents if each])
    return packed({**parts, "manifest": manifest_of(parts)})


def _versions(parts: Mapping[str, bytes]) -> Iterator[tuple[str, int]]:
    """Yield number and version of each content that an event of the bundle commits to."""
    counts: dict[str, int] = {}
    for line in parts["events.jsonl"].splitlines():
        event = json.loads(line)
        if event["type"] in COMMITTING and event["data"]["commitment"]:
            number = event["data"]["number"]
            counts[number] = counts.get(number, 0) + 1
            yield number, counts[number]


def _content_of(ask: Call, number: str, version: int) -> dict[str, Any] | None:
    """Return one content with its salt; None where a petitioner's key was destroyed."""
    given = {"number": number, "content": True, "content_version": version}
    try:
        content = ask("intake", "petition", given)["content"]
    except Failure as failure:
        if failure.code != "content_erased":
            raise
        return None
    return {
        "number": number,
        "version": version,
        "salt": content["salt"],
        "committed": content["committed"],
    }
