"""What notify does about events of others."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from uuid import UUID

from chassis.eventstore.application import Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from contracts.events import responsibility as told
from services.notify.application import Notify, subject_of
from services.notify.domain.reminders import OWNS, PetitionReminders

REMINDED_OF: Final = (
    told.OwnershipAwaitedV1,
    told.OwnershipTakenV1,
    told.ReceptionRecordedV1,
    told.OwnershipSucceededV1,
    told.OwnershipRecusedV1,
    told.RepeatJoinedV1,
    told.CaseClosedV1,
)


RECEIVED_BY_ANOTHER: Final = frozenset({"rival", "disputed"})


def needs() -> Mapping[str, Callable[[CloudEvent], Iterable[UUID]]]:
    """Return type of event to the ids of what its reaction asks for."""
    return {
        message.TYPE: lambda event: [PetitionReminders.create_id(event.data["petition_id"])]
        for message in REMINDED_OF
    }


def reactions(notify: Notify) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""

    def on_awaited(unit: Unit, event: CloudEvent) -> None:
        if event.data["awaits"] != "duty_leader":
            notify.plan_for_untaken(unit, subject_of(event.data), event.recordedtime)

    def on_taken(unit: Unit, event: CloudEvent) -> None:
        notify.plan_for_owner(
            unit,
            subject_of(event.data),
            event.data["owner"],
            event.recordedtime,
            OWNS,
        )

    def on_reception(unit: Unit, event: CloudEvent) -> None:
        if event.data["standing"] in RECEIVED_BY_ANOTHER:
            notify.plan_for_reception(unit, subject_of(event.data), event.recordedtime)

    def on_passed_on(unit: Unit, event: CloudEvent) -> None:
        notify.change_owner(
            unit,
            subject_of(event.data),
            event.data["previous_owner"],
            event.data["owner"],
            event.recordedtime,
        )

    def on_repeat(unit: Unit, event: CloudEvent) -> None:
        if event.data["owner"]:
            notify.plan_for_owner(
                unit,
                subject_of(event.data),
                event.data["owner"],
                event.recordedtime,
                "repeat_joined",
            )

    def on_closed(unit: Unit, event: CloudEvent) -> None:
        notify.cancel_all(unit, subject_of(event.data), event.recordedtime)

    return {
        told.OwnershipAwaitedV1.TYPE: on_awaited,
        told.OwnershipTakenV1.TYPE: on_taken,
        told.ReceptionRecordedV1.TYPE: on_reception,
        told.OwnershipSucceededV1.TYPE: on_passed_on,
        told.OwnershipRecusedV1.TYPE: on_passed_on,
        told.RepeatJoinedV1.TYPE: on_repeat,
        told.CaseClosedV1.TYPE: on_closed,
    }
