"""Own facts as the messages that others read; the only place that sees both."""

from collections.abc import Mapping
from typing import Final

from chassis.messaging.telling import Telling
from contracts.events import audit as told
from services.audit.domain.access import CaseAccess
from services.audit.domain.case_heads import CaseHeads
from services.audit.domain.disclosure import SealedCases

TELLINGS: Final[Mapping[type, Telling]] = {
    CaseAccess.Begun: Telling(told.CaseAccessBegunV1),
    CaseAccess.Replayed: Telling(told.CaseReplayedV1),
    CaseAccess.Exported: Telling(told.CaseExportedV1),
    CaseHeads.Recorded: Telling(told.CaseHeadsRecordedV1),
    SealedCases.Shown: Telling(told.SealedCasesShownV1),
}
