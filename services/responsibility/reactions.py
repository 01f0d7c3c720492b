"""What responsibility does about events of others."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.eventstore.application import Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from contracts.events.intake import (
    PartyNamedV1,
    PetitionCorrectedV1,
    PetitionRegisteredV1,
    PetitionWithdrawnV1,
    RepeatLinkedV1,
    RepeatUnlinkedV1,
)
from services.responsibility.application import Responsibility
from services.responsibility.application.merging import Merging
from services.responsibility.application.parting import Parting
from services.responsibility.domain.course import Course
from services.responsibility.domain.evidence import (
    Joining,
    Leaving,
    MatterCorrection,
    Registration,
    Withdrawal,
)
from services.responsibility.domain.ownership import Ownership


@dataclass(frozen=True, slots=True)
class Reading:
    """How events of intake are read."""

    registration_of: Callable[[CloudEvent], Registration]
    joining_of: Callable[[CloudEvent], Joining]
    leaving_of: Callable[[CloudEvent], Leaving]


def needs(
    application: Responsibility, reading: Reading
) -> Mapping[str, Callable[[CloudEvent], Iterable[UUID]]]:
    """Return type of event to the ids of what its reaction asks for."""
    followed = (PartyNamedV1, PetitionWithdrawnV1)
    return {
        PetitionRegisteredV1.TYPE: lambda event: application.needed_for(
            reading.registration_of(event)
        ),
        RepeatLinkedV1.TYPE: lambda event: Merging.needed_to_join(reading.joining_of(event)),
        RepeatUnlinkedV1.TYPE: lambda event: Parting.needed_to_leave(reading.leaving_of(event)),
        **{message.TYPE: _matter_and_course for message in followed},
        PetitionCorrectedV1.TYPE: _matter_and_its_own,
    }


def _matter_and_course(event: CloudEvent) -> list[UUID]:
    matter_id = event.data["matter_id"]
    return [Ownership.create_id(matter_id), Course.create_id(matter_id)]


def _matter_and_its_own(event: CloudEvent) -> list[UUID]:
    """Return those of the matter, and of the one that the petition itself was the first of."""
    ids = dict.fromkeys((event.data["matter_id"], event.data["petition_id"]))
    return [make(each) for each in ids for make in (Ownership.create_id, Course.create_id)]


def reactions(application: Responsibility, reading: Reading) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""
    merging, parting = Merging(application), Parting(application)

    def on_registered(unit: Unit, event: CloudEvent) -> None:
        application.open_matter(unit, reading.registration_of(event))

    def on_linked(unit: Unit, event: CloudEvent) -> None:
        merging.join(unit, reading.joining_of(event))

    def on_unlinked(unit: Unit, event: CloudEvent) -> None:
        parting.leave(unit, reading.leaving_of(event))

    return {
        PetitionRegisteredV1.TYPE: on_registered,
        RepeatLinkedV1.TYPE: on_linked,
        RepeatUnlinkedV1.TYPE: on_unlinked,
        **_about_petitions(application),
    }


def _about_petitions(application: Responsibility) -> Mapping[str, Reaction]:
    def on_party_named(unit: Unit, event: CloudEvent) -> None:
        data = event.data
        application.name_parties(
            unit,
            data["matter_id"],
            data["kept_out"],
            event.recordedtime,
            number=data["number"],
        )

    def on_corrected(unit: Unit, event: CloudEvent) -> None:
        application.correct_matter(
            unit, event.data["matter_id"], _correction_of(event), event.recordedtime
        )

    def on_withdrawn(unit: Unit, event: CloudEvent) -> None:
        withdrawal = Withdrawal(event.data["number"], event.data["ground"])
        application.receive_withdrawal(
            unit, event.data["matter_id"], withdrawal, event.recordedtime
        )

    return {
        PartyNamedV1.TYPE: on_party_named,
        PetitionCorrectedV1.TYPE: on_corrected,
        PetitionWithdrawnV1.TYPE: on_withdrawn,
    }


def _correction_of(event: CloudEvent) -> MatterCorrection:
    data, after = event.data, event.data["after"]
    return MatterCorrection(
        data["number"],
        original=data["number"] == data["matter_number"],
        petition_class=after.get("petition_class"),
        channel=after.get("channel"),
        petition_id=data["petition_id"],
        raised_at=_instant(after.get("occurred_at")),
        came_at=_instant(data.get("received_at")),
    )


def _instant(stated: str | None) -> datetime | None:
    return datetime.fromisoformat(stated) if stated else None
