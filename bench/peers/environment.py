"""The environment of the peers: public packages, pinned, in `bench/.venv`."""

import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
VENV: Final = HERE.parent / ".venv"
BIN: Final = VENV / "bin"
REQUIREMENTS: Final = HERE / "requirements.txt"
_STAMP: Final = VENV / "complete"


def ensure() -> None:
    """Make the environment, if it is missing or out of date."""
    wanted = REQUIREMENTS.read_text() + sys.version
    if _STAMP.exists() and _STAMP.read_text() == wanted:
        return
    print("Making the environment of the peers, once ...", file=sys.stderr)
    _STAMP.unlink(missing_ok=True)
    if not (BIN / "python").exists():
        venv.create(VENV, with_pip=True)
    command = [str(BIN / "python"), "-m", "pip", "install", "--quiet", "--requirement"]
    subprocess.run([*command, str(REQUIREMENTS)], check=True)
    _STAMP.write_text(wanted)
