"""Puts on record what intake itself never would: a repeat of a petition that is not there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from chassis.environment import Variables
from chassis.eventstore.application import Answer, Provenance, Unit
from chassis.eventstore.requests import CommandKey
from chassis.runtime.surroundings import surroundings
from services.intake.application.registering import PETITIONS
from services.intake.bootstrap import build
from services.intake.domain.numbering import number_of
from services.intake.domain.petition import Petition

REGION = "330400"
AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Forged:
    """Attributes: request_id: under which the original is registered later, if at all."""

    number: str
    petition_id: str
    cause: str
    request_id: str


def forge_orphan(
    environment: Mapping[str, str], serial: int, cause: str, request_id: str
) -> Forged:
    """Record a repeat whose original the clerk K1 has yet to register."""
    rooms = build(surroundings(Variables(environment)))
    original_key = CommandKey.of("K1", request_id, "", b"")
    original = str(uuid5(PETITIONS, original_key.key))
    id_ = uuid5(PETITIONS, cause)
    number = number_of(REGION, AT.date(), serial)

    def decide(unit: Unit) -> Answer:
        unit.add(_orphan(id_, number, original))
        return {}

    rooms.intake.run(Provenance("K1", cause, cause), decide)
    rooms.assembly.close()
    return Forged(number, str(id_), cause, request_id)


def _orphan(id_: UUID, number: str, original: str) -> Petition:
    return Petition._create(
        Petition.Registered,
        id=id_,
        timestamp=AT,
        petition_id=str(id_),
        number=number,
        office=f"{REGION}-01",
        region=REGION,
        channel="visit",
        petition_class="appeal",
        category="城乡建设/物业管理",
        headcount=1,
        sealed=False,
        commitment="00" * 32,
        repeats=original,
        repeats_number=number_of(REGION, AT.date(), 999_000 + serial_of(number)),
        repeat_ground="clerk",
        external_number="",
    )


def serial_of(number: str) -> int:
    return int(number.split("-")[3])
