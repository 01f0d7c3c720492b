"""Settings of notify."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from chassis.environment import Variables

NAME: Final = "notify"
FOLLOWS: Final = ("responsibility",)
WEBHOOK_URL: Final = "SHOUWEN_NOTIFY_WEBHOOK_URL"
WEBHOOK_SECRET: Final = "SHOUWEN_NOTIFY_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
KEY: Final = "SHOUWEN_NOTIFY_KEY"
ALLOWED_HOSTS: Final = "SHOUWEN_NOTIFY_ALLOWED_HOSTS"
SMTP_URL: Final = "SHOUWEN_NOTIFY_SMTP_URL"
MAIL_FROM: Final = "SHOUWEN_NOTIFY_MAIL_FROM"
SMS_URL: Final = "SHOUWEN_NOTIFY_SMS_URL"
SMS_TOKEN: Final = "SHOUWEN_NOTIFY_SMS_TOKEN"  # noqa: S105 - the name of a variable
POLICIES: Final = "SHOUWEN_NOTIFY_POLICIES"
LINK: Final = "SHOUWEN_NOTIFY_LINK"
LINK_TO_ALL: Final = "SHOUWEN_NOTIFY_LINK_TO_ALL"
FILE: Final = "SHOUWEN_NOTIFY_FILE"
UNTAKEN_AFTER_S: Final = "SHOUWEN_NOTIFY_UNTAKEN_AFTER_S"
TICK_S: Final = 0.25
DIGEST_TICK_S: Final = 5.0


def untaken_after(variables: Variables, default: timedelta) -> timedelta:
    """Return after what time the head of an office is reminded of an untaken petition."""
    seconds = variables.number(UNTAKEN_AFTER_S, default.total_seconds(), least=1)
    return timedelta(seconds=seconds)


def file_of(variables: Variables, home: Path) -> Path:
    """Return the file in which reminders are written down as well."""
    return variables.folder(FILE, home / "reminders.jsonl")
