"""Settings read from environment variables, each failure naming its variable and the way out."""

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

# To the last @ of each address: a password may hold what should have been escaped.
PASSWORD: Final = re.compile(r"(?<=://)([^:/@;\s]*):[^;\s]*@")


class SettingInvalid(ValueError):  # noqa: N818 - it says what is the case
    """A variable is missing or unusable; the message says which and what to write there."""


class Variables:
    """Typed access to one mapping of variables, `os.environ` unless told otherwise."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def all(self) -> dict[str, str]:
        """Return a copy of all variables."""
        return dict(self._variables)

    def text(self, name: str, default: str = "") -> str:
        """Return a variable, or the default where it is not set or empty."""
        return self._variables.get(name, "").strip() or default

    def required(self, name: str, meaning: str) -> str:
        """Return a variable that must be set.

        Raises:
            SettingInvalid: it is not set.
        """
        value = self.text(name)
        if not value:
            raise SettingInvalid(f"{name} is not set. It takes {meaning}.")
        return value

    def url(self, name: str, meaning: str, schemes: Collection[str]) -> str:
        """Return a variable as a URL of one of the schemes, empty where it is not set.

        Raises:
            SettingInvalid: it is none; the message does not show it, for it may hold a password.
        """
        value = self.text(name)
        if value and value.partition("://")[0] not in schemes:
            raise SettingInvalid(f"{name} is no such URL. It takes {meaning}.")
        return value

    def number(self, name: str, default: float, *, least: float = 0) -> float:
        """Return a variable as a number.

        Raises:
            SettingInvalid: it is no number, or under `least`.
        """
        value = self.text(name)
        if not value:
            return default
        try:
            number = float(value)
        except ValueError as error:
            raise SettingInvalid(f"{name} is {value!r}; it takes a number.") from error
        if number < least:
            raise SettingInvalid(f"{name} is {value}; the least is {least:g}.")
        return number

    def folder(self, name: str, default: Path) -> Path:
        """Return a variable as an absolute folder, which need not exist yet."""
        return Path(self.text(name, str(default))).expanduser().absolute()


def without_password(url: str) -> str:
    """Return the URL, or several, as it may be shown and logged."""
    return PASSWORD.sub(r"\1:***@", url)
