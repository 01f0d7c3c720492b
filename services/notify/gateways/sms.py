"""Text messages through a gateway that takes JSON over HTTP."""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from services.notify.application.ports import Endpoint, Outcome, Told
from services.notify.gateways.posting import JSON, Poster


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """Attributes: token: sent as a bearer token; empty for none."""

    url: str
    token: str = ""

    @property
    def host(self) -> str:
        """Whom the operator lets us call for it, and for nothing else."""
        return urlsplit(self.url).hostname or ""


class Sms:
    """Posts `id`, `to` and `text`; the id is the same at every attempt."""

    name = "sms"
    per_minute = 0

    def __init__(self, endpoint: Endpoint, gateway: SmsGateway, poster: Poster) -> None:
        self.endpoint = endpoint.id
        self._to = endpoint.address
        self._gateway = gateway
        self._poster = poster

    def tell(self, told: Told) -> Outcome:
        """Hand the message over."""
        given = {"id": told.reminder_id, "to": self._to, "text": told.text}
        shown = {"authorization": f"Bearer {self._gateway.token}"} if self._gateway.token else {}
        content = json.dumps(given, ensure_ascii=False).encode()
        return self._poster.post(self._gateway.url, content, {**JSON, **shown})
