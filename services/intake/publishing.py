"""Own facts as the messages that others read; the only place that sees both."""

from collections.abc import Mapping
from typing import Final

from chassis.messaging.telling import Telling
from contracts.events import intake as told
from services.intake.domain.petition import Petition

TELLINGS: Final[Mapping[type, Telling]] = {
    Petition.Registered: Telling(told.PetitionRegisteredV1, occurred="occurred_at"),
    Petition.ContentRead: Telling(told.ContentReadV1),
    Petition.RepeatMatched: Telling(told.RepeatMatchedV1),
    Petition.RepeatProposed: Telling(told.RepeatProposedV1),
    Petition.RepeatDeclined: Telling(told.RepeatDeclinedV1),
    Petition.RepeatLinked: Telling(told.RepeatLinkedV1),
    Petition.RepeatUnlinked: Telling(told.RepeatUnlinkedV1),
    Petition.PartyNamed: Telling(told.PartyNamedV1),
    Petition.Corrected: Telling(told.PetitionCorrectedV1),
    Petition.Withdrawn: Telling(told.PetitionWithdrawnV1),
}
