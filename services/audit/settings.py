"""Settings of audit."""

from pathlib import Path
from typing import Final

from chassis.environment import SettingInvalid, Variables

NAME: Final = "audit"
FOLLOWS: Final = ("intake", "responsibility", "notify", "audit")
LEDGER_KEY: Final = "SHOUWEN_LEDGER_KEY"
LEDGER_KEY_MEANING: Final = "32 random bytes in base64; `shouwen key ledger` makes one"
LEDGER_ORIGIN: Final = "SHOUWEN_LEDGER_ORIGIN"
LEDGER_ORIGIN_DEFAULT: Final = "shouwen.invalid/ledger"
LEDGER_FOLDER: Final = "SHOUWEN_LEDGER_FOLDER"
HEADS_EVERY_S: Final = "SHOUWEN_LEDGER_HEADS_EVERY_S"
HEADS_EVERY_S_DEFAULT: Final = 60.0
# With what it takes an event to arrive, a checkpoint is there within a second.
CHECKPOINT_EVERY_S: Final = 0.5


def origin_of(variables: Variables) -> str:
    """Return the name of the ledger, under which its keys sign.

    Raises:
        SettingInvalid: it has a space or a plus sign, which end a name in a signed note.
    """
    origin = variables.text(LEDGER_ORIGIN, LEDGER_ORIGIN_DEFAULT)
    if "+" in origin or any(character.isspace() for character in origin):
        raise SettingInvalid(f"{LEDGER_ORIGIN} is {origin!r}. It takes no spaces, no plus signs.")
    return origin


def ledger_folder_of(variables: Variables, home: Path) -> Path:
    """Return where the ledger is published as static files."""
    return variables.folder(LEDGER_FOLDER, home / "ledger")


def heads_every_s(variables: Variables) -> float:
    """Return how often the ends of all chains are stated, where one has moved."""
    return variables.number(HEADS_EVERY_S, HEADS_EVERY_S_DEFAULT, least=0.5)
