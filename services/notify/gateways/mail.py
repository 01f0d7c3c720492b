"""Mail by SMTP."""

import smtplib
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from chassis.environment import SettingInvalid
from chassis.runtime.limiting import TookTooLong, within
from services.notify.application.ports import OK, Endpoint, Outcome, Told
from services.notify.gateways.posting import LIMIT_S, TIMEOUT_S

DEFAULT_PORTS: Final = {"smtp": 25, "smtps": 465}
# ValueError: an address that cannot stand in a header.
FAULTS: Final = (smtplib.SMTPException, OSError, TookTooLong, ValueError)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in.

    Attributes:
        user: empty where it asks for none.
    """

    host: str
    port: int
    encrypted: bool
    sender: str
    user: str = ""
    password: str = ""

    @classmethod
    def from_url(cls, url: str, sender: str) -> "MailServer":
        """Read `smtp://user:password@host:port`, or `smtps://` for TLS from the start.

        Raises:
            SettingInvalid: it is none, or there is no sender.
        """
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" not in sender:
            raise SettingInvalid(
                "SHOUWEN_NOTIFY_SMTP_URL takes smtp://user:password@host:port, and"
                " SHOUWEN_NOTIFY_MAIL_FROM the address that mail comes from."
            )
        return cls(
            parts.hostname,
            parts.port or DEFAULT_PORTS[parts.scheme],
            parts.scheme == "smtps",
            sender,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )


class Mail:
    """One message a reminder; its Message-ID is the same at every attempt."""

    name = "mail"
    per_minute = 0

    def __init__(self, endpoint: Endpoint, server: MailServer, limit_s: float = LIMIT_S) -> None:
        self.endpoint = endpoint.id
        self._address = endpoint.address
        self._server = server
        self._limit_s = limit_s

    def tell(self, told: Told) -> Outcome:
        """Hand the message in, and return `ok`, `smtp_<code>` or the kind of fault."""
        try:
            within(self._limit_s, lambda: self._send(self._message(told)))
        except smtplib.SMTPResponseException as error:
            return Outcome(f"smtp_{error.smtp_code}")
        except FAULTS as error:
            return Outcome(type(error).__name__)
        return OK

    def _message(self, told: Told) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = self._address
        message["Subject"] = f"信访提醒 {told.number}".strip()
        message["Message-ID"] = f"<{told.reminder_id}@{self._server.sender.rpartition('@')[2]}>"
        message.set_content(told.text)
        return message

    def _send(self, message: EmailMessage) -> None:
        server = self._server
        connect = smtplib.SMTP_SSL if server.encrypted else smtplib.SMTP
        with connect(server.host, server.port, timeout=TIMEOUT_S) as connection:
            if not server.encrypted and connection.has_extn("starttls"):
                connection.starttls()
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message)
