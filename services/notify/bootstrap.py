"""Builds notify's rooms and fits them together."""

from dataclasses import dataclass
from random import random

from chassis.eventstore.location import environment_for
from chassis.messaging.pace import SOON_S
from chassis.messaging.wiring import Wiring
from chassis.runtime.assembly import Assembly, rpc_caller
from chassis.runtime.surroundings import Surroundings
from chassis.runtime.ticking import Ticker
from contracts.events import MESSAGES
from services.notify.application import Notify
from services.notify.application.delivering import Deliveries
from services.notify.application.digesting import Digests
from services.notify.application.forgetting import Forgetting
from services.notify.application.planning import Plans
from services.notify.application.ports import Channel
from services.notify.application.preferring import Preferring
from services.notify.application.recounting import Recounting
from services.notify.application.responding import Responses
from services.notify.application.taking_over import TakingOver
from services.notify.domain.policy import UNTAKEN_AFTER
from services.notify.gateways.cases import ResponsibilityCases
from services.notify.gateways.channels import File, Webhook
from services.notify.gateways.directory import Directory, Means
from services.notify.gateways.earlier import EarlierTerms, EarlierVoided
from services.notify.gateways.endpoints import Endpoints
from services.notify.gateways.mail import MailServer
from services.notify.gateways.pace import EndpointPace
from services.notify.gateways.policies import policies_in
from services.notify.gateways.posting import Poster
from services.notify.gateways.sms import SmsGateway
from services.notify.publishing import TELLINGS
from services.notify.reactions import needs, reactions
from services.notify.readmodels.plans import PlanTable
from services.notify.readmodels.preferences import PreferenceTable
from services.notify.readmodels.queue import DueQueue
from services.notify.readmodels.reminders import ReminderTable
from services.notify.settings import (
    ALLOWED_HOSTS,
    DIGEST_TICK_S,
    FOLLOWS,
    KEY,
    LINK,
    LINK_TO_ALL,
    MAIL_FROM,
    NAME,
    POLICIES,
    SMS_TOKEN,
    SMS_URL,
    SMTP_URL,
    TICK_S,
    WEBHOOK_SECRET,
    WEBHOOK_URL,
    file_of,
    untaken_after,
)


@dataclass(frozen=True)
class Rooms:
    """What the surface of notify works with."""

    notify: Notify
    reminders: ReminderTable
    preferences: PreferenceTable
    plans: Plans
    responses: Responses
    preferring: Preferring
    digests: Digests
    assembly: Assembly


def build(surroundings: Surroundings) -> Rooms:
    """Build the rooms.

    Raises:
        SettingInvalid: a setting is missing or unusable.
    """
    reminders, preferences, due = ReminderTable(), PreferenceTable(), DueQueue()
    planned = PlanTable()
    notify = Notify(
        environment_for(surroundings.database_url(NAME), NAME),
        surroundings.clock,
        [reminders, planned, preferences],
        due,
        untaken_after(surroundings.variables, UNTAKEN_AFTER),
        policies_in(surroundings.variables.text(POLICIES)),
    )
    caller, log = rpc_caller(surroundings, NAME), notify.log_of_events
    plans, means = Plans(notify), _means(surroundings)
    ways = Directory(log, means, preferences.hours_of)
    pace = EndpointPace(log)
    links = [surroundings.variables.text(name) for name in (LINK, LINK_TO_ALL)]
    deliveries = Deliveries(notify, ways, pace, random, *links)
    cases = ResponsibilityCases(caller)
    digests = Digests(notify, cases, deliveries, reminders)
    taking_over = TakingOver(notify, cases, EarlierTerms(log))
    forgetting = Forgetting(notify, EarlierVoided(log))
    assembly = Assembly(
        service=NAME,
        application=notify,
        tellings=TELLINGS,
        surroundings=surroundings,
        relay_pace_s=SOON_S,
        caller=caller,
        reactions=reactions(notify),
        needs=needs(),
        known=frozenset(MESSAGES),
        follows=FOLLOWS,
        tickers=[
            Ticker(log, "plans", plans.fall_due, TICK_S, alone=False),
            Ticker(log, "digests", digests.send_due, DIGEST_TICK_S, alone=False),
            Ticker(log, "earlier terms", taking_over.go_on, DIGEST_TICK_S, alone=False),
            Ticker(log, "earlier voided", forgetting.go_on, DIGEST_TICK_S, alone=False),
            Ticker(log, "calendar", Recounting(notify, planned).go_on, DIGEST_TICK_S),
            Ticker(log, "reminders", deliveries.deliver_due, TICK_S, alone=False),
        ],
    )
    preferring = Preferring(notify, ways, pace, means.endpoints)
    responses = Responses(notify, reminders)
    return Rooms(notify, reminders, preferences, plans, responses, preferring, digests, assembly)


def _means(surroundings: Surroundings) -> Means:
    variables = surroundings.variables
    hosts = variables.text(ALLOWED_HOSTS).replace(",", " ").split()
    smtp, sms, key = (variables.text(name) for name in (SMTP_URL, SMS_URL, KEY))
    return Means(
        _channels(surroundings),
        Poster(hosts),
        surroundings.clock,
        Endpoints.from_text(key) if key else None,
        MailServer.from_url(smtp, variables.text(MAIL_FROM)) if smtp else None,
        SmsGateway(sms, variables.text(SMS_TOKEN)) if sms else None,
    )


def _channels(surroundings: Surroundings) -> list[Channel]:
    variables = surroundings.variables
    channels: list[Channel] = [File(file_of(variables, surroundings.home))]
    url, secret = variables.text(WEBHOOK_URL), variables.text(WEBHOOK_SECRET)
    return [*channels, Webhook(url, surroundings.clock, secret)] if url else channels


def bootstrap(surroundings: Surroundings) -> Wiring:
    """Return notify, ready to be hosted."""
    rooms = build(surroundings)
    return rooms.assembly.wiring(rooms)
