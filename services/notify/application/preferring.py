"""Use cases of preferences: state them, try a channel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from chassis.eventstore.application import Answer, Unit
from services.notify.application import Notify
from services.notify.application.delivering import attempt
from services.notify.application.ports import Addresses, Channel, Endpoint, Pace, Told, Ways
from services.notify.application.responding import Command
from services.notify.domain.digest import next_after
from services.notify.domain.planning import SHANGHAI
from services.notify.domain.preferences import Preferences
from services.notify.domain.refusals import ChannelUnavailable, NotYourOwn, SecretUnreadable

TEST_SENTENCE = "这是一条测试消息：首问平台的提醒将通过此渠道送达。"


@dataclass(frozen=True, slots=True)
class Stated:
    """Preferences as they were stated, all of them.

    Attributes:
        hours: begins, ends, workdays_only; None for at any time.
        deputies: recipient, first_day, last_day.
        digest: none, morning or weekly.
    """

    endpoints: Sequence[Endpoint]
    hours: dict[str, Any] | None
    deputies: list[dict[str, str]]
    digest: str = "none"


@dataclass(frozen=True)
class Preferring:
    """What recipients say about how they are told.

    Attributes:
        addresses: None where no key is set: then nobody has channels of his own.
    """

    notify: Notify
    ways: Ways
    pace: Pace
    addresses: Addresses | None

    def state(self, command: Command, recipient: str, stated: Stated) -> Answer:
        """State the preferences of a recipient anew.

        Raises:
            NotYourOwn: they are somebody else's.
            ChannelUnavailable: nothing is set up that tells over such a channel.
        """
        if command.recipients is not None and recipient not in command.recipients:
            raise NotYourOwn(recipient="one's own preferences only")
        self._check(stated.endpoints)
        now = self.notify.clock()
        kinds = [endpoint.kind for endpoint in stated.endpoints]
        facts = {
            "channels": kinds,
            "hours": stated.hours,
            "deputies": stated.deputies,
            "digest": stated.digest,
        }
        subject, office = command.onlooker
        own = {"office": office if recipient == subject else ""}

        def decide(unit: Unit) -> Answer:
            today = now.astimezone(SHANGHAI).date()
            digest_at = next_after(stated.digest, today, self.notify.calendar())
            known = unit.find(Preferences, Preferences.create_id(recipient))
            if known is not None:
                known.change(now, **facts, **own, digest_at=digest_at)
            else:
                unit.add(
                    Preferences._create(  # noqa: SLF001 - the library's way to pass the time in
                        Preferences.Stated,
                        id=Preferences.create_id(recipient),
                        timestamp=now,
                        recipient=recipient,
                        **facts,
                        **own,
                        digest_at=digest_at,
                    )
                )
            addresses = self.addresses
            if addresses is not None:
                unit.writing.append(
                    lambda transaction: addresses.keep(transaction, recipient, stated.endpoints)
                )
            return {"recipient": recipient, **facts}

        return self.notify.run(command.provenance, decide, command.key)

    def try_out(self, recipient: str) -> list[dict[str, str]]:
        """Send a test message over each own channel of a recipient; return what came of each.

        Raises:
            ChannelUnavailable: he has none.
        """
        own = [way for way in self.ways.of([recipient])[recipient].ways if way.own]
        if not own:
            raise ChannelUnavailable(recipient="has no channel of his own")
        now = self.notify.clock()
        told = Told(str(uuid4()), "", recipient, "test", TEST_SENTENCE, now)
        tried = []
        for channel in own[0].channels:
            held = self.pace.admit(channel, now)
            word = "held" if held else attempt(channel, told).word
            tried.append({"channel": channel.name, "outcome": word})
        return tried

    def _check(self, endpoints: Sequence[Endpoint]) -> None:
        if endpoints and self.addresses is None:
            raise ChannelUnavailable(channels="no key is set to keep addresses with")
        for endpoint in endpoints:
            if self._channel_to(endpoint) is None:
                raise ChannelUnavailable(channels=f"{endpoint.kind} is not set up here")

    def _channel_to(self, endpoint: Endpoint) -> Channel | None:
        try:
            return self.ways.channel_to(endpoint)
        except ValueError as error:
            raise SecretUnreadable(channels=f"the secret of {endpoint.kind} is none") from error
