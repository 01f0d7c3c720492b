"""Settings of intake."""

from typing import Final

NAME: Final = "intake"
FOLLOWS: Final = ("responsibility",)
VAULT_KEY: Final = "SHOUWEN_VAULT_KEY"
VAULT_KEY_MEANING: Final = "32 random bytes in base64; `shouwen key vault` makes one"
MARK_PHONES_EVERY_S: Final = 60.0
