"""A webhook signed as Standard Webhooks has it (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Final

from chassis.environment import SettingInvalid
from services.notify.application.ports import Endpoint, Outcome, Told
from services.notify.gateways.posting import JSON, Poster

UNLIMITED: Final = 0
PREFIX: Final = "whsec_"


class SignedWebhook:
    """Posts each reminder as JSON, signed; its id is the same at every attempt."""

    # The webhook of the installation is another channel, over which everything goes.
    name = "own_webhook"
    per_minute = UNLIMITED

    def __init__(self, endpoint: Endpoint, poster: Poster, clock: Callable[[], datetime]) -> None:
        self.endpoint = endpoint.id
        self._url = endpoint.address
        self._key = key_of(endpoint.secret)
        self._poster = poster
        self._clock = clock

    def tell(self, told: Told) -> Outcome:
        """Post."""
        content = line_of(told)
        headers = {**JSON, "webhook-id": told.reminder_id}
        if self._key:
            timestamp = str(int(self._clock().timestamp()))
            signed = f"{told.reminder_id}.{timestamp}.".encode() + content
            digest = hmac.digest(self._key, signed, hashlib.sha256)
            signature = base64.b64encode(digest).decode()
            headers |= {"webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}
        return self._poster.post(self._url, content, headers)


def key_of(secret: str) -> bytes:
    """Return the key in a secret, such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`; b"" for none.

    Raises:
        SettingInvalid: it is not base64.
    """
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError as error:
        raise SettingInvalid("The secret of a webhook is whsec_ and base64.") from error


def line_of(told: Told) -> bytes:
    """Return a reminder as one line of JSON."""
    return json.dumps(
        {
            "reminder_id": told.reminder_id,
            "number": told.number,
            "recipient": told.recipient,
            "reason": told.reason,
            "term": told.term,
            "sentence": told.sentence,
            "link": told.link,
            "due_at": told.due_at.isoformat(),
        },
        ensure_ascii=False,
    ).encode()
