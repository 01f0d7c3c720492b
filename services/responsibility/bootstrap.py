"""Builds responsibility's rooms and fits them together."""

from dataclasses import dataclass
from typing import Final

from chassis.eventstore.location import environment_for
from chassis.messaging.pace import SOON_S
from chassis.messaging.wiring import Wiring
from chassis.runtime.assembly import Assembly, rpc_caller
from chassis.runtime.surroundings import Surroundings
from chassis.runtime.ticking import Ticker
from contracts.events import MESSAGES
from services.responsibility.application import Responsibility
from services.responsibility.application.calendars import Calendars
from services.responsibility.application.courses import Courses
from services.responsibility.application.supervising import Supervising
from services.responsibility.gateways.intake import (
    IntakeRegistrations,
    joining_of,
    leaving_of,
    registration_of,
)
from services.responsibility.publishing import TELLINGS
from services.responsibility.reactions import Reading, needs, reactions
from services.responsibility.readmodels.caseloads import Caseloads
from services.responsibility.readmodels.matters import Matters
from services.responsibility.readmodels.terms import TermTables
from services.responsibility.settings import FOLLOWS, NAME, RECOUNT_EVERY_S

READING: Final = Reading(registration_of, joining_of, leaving_of)


@dataclass(frozen=True)
class Rooms:
    """What the surface of responsibility works with."""

    responsibility: Responsibility
    courses: Courses
    calendars: Calendars
    supervising: Supervising
    terms: TermTables
    caseloads: Caseloads
    assembly: Assembly


def build(surroundings: Surroundings) -> Rooms:
    """Build the rooms.

    Raises:
        SettingInvalid: a setting is missing or unusable.
    """
    matters, caseloads, terms = Matters(), Caseloads(), TermTables()
    caller = rpc_caller(surroundings, NAME)
    responsibility = Responsibility(
        environment_for(surroundings.database_url(NAME), NAME),
        surroundings.clock,
        [matters, caseloads, terms],
        matters,
        IntakeRegistrations(caller),
    )
    calendars = Calendars(responsibility, terms)
    log_of_events = responsibility.log_of_events
    assembly = Assembly(
        service=NAME,
        application=responsibility,
        tellings=TELLINGS,
        surroundings=surroundings,
        relay_pace_s=SOON_S,
        caller=caller,
        reactions=reactions(responsibility, READING),
        needs=needs(responsibility, READING),
        known=frozenset(MESSAGES),
        follows=FOLLOWS,
        tickers=[Ticker(log_of_events, "provisional terms", calendars.recount, RECOUNT_EVERY_S)],
    )
    return Rooms(
        responsibility,
        Courses(responsibility),
        calendars,
        Supervising(responsibility),
        terms,
        caseloads,
        assembly,
    )


def bootstrap(surroundings: Surroundings) -> Wiring:
    """Return responsibility, ready to be hosted."""
    rooms = build(surroundings)
    return rooms.assembly.wiring(rooms)
