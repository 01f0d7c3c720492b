"""What intake tells of a matter while its course goes on."""

from collections.abc import Callable
from itertools import count
from typing import Any

from chassis.eventstore.application import Provenance, Unit
from services.responsibility.application import Responsibility
from services.responsibility.domain.evidence import MatterCorrection, Withdrawal
from statute.parties import mark_of
from tests.builders import number, petition_id
from tests.unit.responsibility.casebook import GIVEN, Casebook

_causes = count(1)


def told(
    case: Casebook, tell: Callable[[Responsibility, Unit], None], cause: str | None = None
) -> None:
    """Let an event of intake arrive; with the cause of another it is that one again."""
    application, id_ = case.application, cause or f"meanwhile-{next(_causes)}"

    def decide(unit: Unit) -> dict[str, Any]:
        tell(application, unit)
        return {}

    application.run(Provenance("service:responsibility", id_, id_), decide)


def corrected(case: Casebook, petition_class: str, cause: str | None = None) -> None:
    """The class of the petition was put on record wrongly."""
    correction = MatterCorrection(number(), True, petition_class, None)
    told(
        case,
        lambda application, unit: application.correct_matter(
            unit, petition_id(), correction, case.clock()
        ),
        cause,
    )


def sealed(case: Casebook) -> None:
    """The petition is an accusation, put on record as something else."""
    corrected(case, "accusation")


def named(case: Casebook, *codes: str, cause: str | None = None) -> None:
    """Parties became known."""
    marks = sorted(mark_of(number(), code) for code in codes)
    told(
        case,
        lambda application, unit: application.name_parties(
            unit, petition_id(), marks, case.clock()
        ),
        cause,
    )


def named_as_parties(*codes: str) -> Callable[[Casebook], None]:
    return lambda case: named(case, *codes)


def unit_is_a_party(case: Casebook) -> None:
    named(case, GIVEN["unit"])


def withdrawn(case: Casebook, serial: int = 1, cause: str | None = None) -> None:
    """The petitioner withdrew one of the petitions."""
    withdrawal = Withdrawal(number(serial), "settled")
    told(
        case,
        lambda application, unit: application.receive_withdrawal(
            unit, petition_id(serial), withdrawal, case.clock()
        ),
        cause,
    )
