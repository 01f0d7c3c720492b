"""Builds notify's rooms and fits them together."""

from dataclasses import dataclass

from chassis.eventstore.location import environment_for
from chassis.messaging.pace import SOON_S
from chassis.messaging.wiring import Wiring
from chassis.runtime.assembly import Assembly, rpc_caller
from chassis.runtime.surroundings import Surroundings
from chassis.runtime.ticking import Ticker
from contracts.events import MESSAGES
from services.notify.application import Notify
from services.notify.application.planning import Plans
from services.notify.application.ports import Channel
from services.notify.application.responding import Responses
from services.notify.domain.policy import UNTAKEN_AFTER
from services.notify.gateways.channels import File, Webhook
from services.notify.publishing import TELLINGS
from services.notify.reactions import needs, reactions
from services.notify.readmodels.plans import PlanTable
from services.notify.readmodels.queue import DueQueue
from services.notify.readmodels.reminders import ReminderTable
from services.notify.settings import FOLLOWS, NAME, TICK_S, WEBHOOK_URL, file_of, untaken_after


@dataclass(frozen=True)
class Rooms:
    """What the surface of notify works with."""

    notify: Notify
    reminders: ReminderTable
    plans: Plans
    responses: Responses
    assembly: Assembly


def build(surroundings: Surroundings) -> Rooms:
    """Build the rooms.

    Raises:
        SettingInvalid: a setting is missing or unusable.
    """
    reminders, due = ReminderTable(), DueQueue()
    notify = Notify(
        environment_for(surroundings.database_url(NAME), NAME),
        surroundings.clock,
        [reminders, PlanTable(), due],
        due,
        _channels(surroundings),
        untaken_after(surroundings.variables, UNTAKEN_AFTER),
    )
    plans = Plans(notify)
    assembly = Assembly(
        service=NAME,
        application=notify,
        tellings=TELLINGS,
        surroundings=surroundings,
        relay_pace_s=SOON_S,
        caller=rpc_caller(surroundings, NAME),
        reactions=reactions(notify),
        needs=needs(),
        known=frozenset(MESSAGES),
        follows=FOLLOWS,
        tickers=[
            Ticker(notify.log_of_events, "plans", plans.fall_due, TICK_S, alone=False),
            Ticker(notify.log_of_events, "reminders", notify.deliver_due, TICK_S, alone=False),
        ],
    )
    return Rooms(notify, reminders, plans, Responses(notify, reminders), assembly)


def _channels(surroundings: Surroundings) -> list[Channel]:
    channels: list[Channel] = [File(file_of(surroundings.variables, surroundings.home))]
    url = surroundings.variables.text(WEBHOOK_URL)
    return [*channels, Webhook(url)] if url else channels


def bootstrap(surroundings: Surroundings) -> Wiring:
    """Return notify, ready to be hosted."""
    rooms = build(surroundings)
    return rooms.assembly.wiring(rooms)
