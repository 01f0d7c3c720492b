"""Builds audit's rooms and fits them together."""

from dataclasses import dataclass

from chassis.eventstore.location import environment_for
from chassis.messaging.pace import SOON_S
from chassis.messaging.wiring import Wiring
from chassis.runtime.assembly import Assembly, rpc_caller
from chassis.runtime.losses import Followed
from chassis.runtime.surroundings import Surroundings
from contracts.events import MESSAGES
from services.audit.application import Audit
from services.audit.publishing import TELLINGS
from services.audit.reactions import reactions
from services.audit.readmodels.timelines import TimelineTables
from services.audit.settings import FOLLOWS, NAME


@dataclass(frozen=True)
class Rooms:
    """What the surface of audit works with."""

    audit: Audit
    assembly: Assembly


def build(surroundings: Surroundings) -> Rooms:
    """Build the rooms.

    Raises:
        SettingInvalid: a setting is missing or unusable.
    """
    timelines = TimelineTables()
    audit = Audit(
        environment_for(surroundings.database_url(NAME), NAME), surroundings.clock, [], timelines
    )
    assembly = Assembly(
        service=NAME,
        application=audit,
        tellings=TELLINGS,
        surroundings=surroundings,
        relay_pace_s=SOON_S,
        caller=rpc_caller(surroundings, NAME),
        reactions=reactions(MESSAGES, timelines.take_in),
        known=frozenset(MESSAGES),
        follows=FOLLOWS,
        followed=Followed(timelines.tables, frozenset(MESSAGES), timelines.made_by),
    )
    return Rooms(audit, assembly)


def bootstrap(surroundings: Surroundings) -> Wiring:
    """Return audit, ready to be hosted."""
    rooms = build(surroundings)
    return rooms.assembly.wiring(rooms)
