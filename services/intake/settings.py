"""Settings of intake."""

from typing import Final

NAME: Final = "intake"
FOLLOWS: Final = ("responsibility",)
VAULT_KEY: Final = "SHOUWEN_VAULT_KEY"
VAULT_KEY_MEANING: Final = "32 random bytes in base64; `shouwen key vault` makes one"
