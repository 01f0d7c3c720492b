"""Knows how people are reached: over what everything goes, and over their own channels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chassis.eventstore.log import EventLog
from services.notify.application.ports import Channel, Endpoint, Reach, Way
from services.notify.domain.planning import Hours
from services.notify.gateways.channels import Unreadable
from services.notify.gateways.endpoints import Endpoints
from services.notify.gateways.mail import Mail, MailServer
from services.notify.gateways.posting import Poster
from services.notify.gateways.robots import Clock, DingTalk, Feishu, WeCom
from services.notify.gateways.sms import Sms, SmsGateway
from services.notify.gateways.webhooks import SignedWebhook

POSTED: Final[Mapping[str, Callable[[Endpoint, Poster, Clock], Channel]]] = {
    "webhook": SignedWebhook,
    **{each.name: each for each in (DingTalk, WeCom, Feishu)},
}
OWN_NAMES: Final[Mapping[str, str]] = {"webhook": SignedWebhook.name}


@dataclass(frozen=True)
class Means:
    """What this installation can send with.

    Attributes:
        everything: channels that every reminder goes over.
        endpoints: None where no key is set: then nobody has channels of his own.
        mail, sms: None where none is set up.
    """

    everything: Sequence[Channel]
    poster: Poster
    clock: Clock
    endpoints: Endpoints | None = None
    mail: MailServer | None = None
    sms: SmsGateway | None = None


class Directory:
    """How people are reached.

    Args:
        hours_of: returns the hours of those recipients who have any.
    """

    def __init__(
        self,
        log: EventLog,
        means: Means,
        hours_of: Callable[[Any, Iterable[str]], Mapping[str, Hours]],
    ) -> None:
        self._log = log
        self._means = means
        self._hours_of = hours_of
        # Its host is allowed for text messages: nobody's webhook goes there.
        self._to_gateway = Poster([means.sms.host]) if means.sms else means.poster

    def of(self, recipients: Iterable[str]) -> Mapping[str, Reach]:
        """Return recipient to how he is reached."""
        asked = sorted(set(recipients))
        endpoints = self._means.endpoints
        own = endpoints.of(self._log, asked) if endpoints else {}
        hours = self._hours_of(self._log, asked)
        return {each: Reach(self._ways(own.get(each, ())), hours.get(each)) for each in asked}

    def _ways(self, endpoints: Sequence[Endpoint]) -> list[Way]:
        everything = [Way([channel]) for channel in self._means.everything]
        own = [channel for each in endpoints if (channel := self._kept(each)) is not None]
        # A program knows reminders by their ids, which those that are gathered would lose.
        by_people = not any(channel.name == SignedWebhook.name for channel in own)
        return [*everything, Way(own, gathers=by_people, own=True)] if own else everything

    def _kept(self, endpoint: Endpoint) -> Channel | None:
        """Return what tells over an endpoint that was kept.

        What cannot be read fails each time and is on record, rather than being taken for nothing.
        """
        if not endpoint.address:
            return Unreadable(OWN_NAMES.get(endpoint.kind, endpoint.kind))
        return self.channel_to(endpoint)

    def channel_to(self, endpoint: Endpoint) -> Channel | None:
        """Return what tells over an endpoint; None where there is nothing set up that does."""
        means = self._means
        if endpoint.kind in POSTED:
            return POSTED[endpoint.kind](endpoint, means.poster, means.clock)
        if endpoint.kind == Mail.name and means.mail is not None:
            return Mail(endpoint, means.mail)
        if endpoint.kind == Sms.name and means.sms is not None:
            return Sms(endpoint, means.sms, self._to_gateway)
        return None
