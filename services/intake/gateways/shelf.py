"""Where the vault keeps each version of a content."""

from dataclasses import dataclass
from typing import Any, Final

FIRST_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where one version of a content stands; the first, which most have alone, by itself.

    Attributes:
        kept_at: since when the first one is kept.
    """

    petition_id: str
    version: int = FIRST_VERSION
    kept_at: str = ""

    @property
    def table(self) -> str:
        return "vault" if self.version == FIRST_VERSION else "vault_version"

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that say so, with their values."""
        first = {"petition_id": self.petition_id}
        return first if self.version == FIRST_VERSION else {**first, "version": self.version}

    @property
    def since(self) -> dict[str, str]:
        """Since when the content is kept, where the table says so."""
        return {"kept_at": self.kept_at} if self.version == FIRST_VERSION else {}

    def place(self, role: str, ordinal: int) -> bytes:
        """Bind a ciphertext to where it stands, so that it cannot be moved."""
        return "/".join(map(str, [*self.columns.values(), role, ordinal])).encode()
