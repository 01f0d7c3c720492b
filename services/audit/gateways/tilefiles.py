"""The ledger as static files, for whoever mirrors it; all of them can be written again."""

import os
import shutil
import time
from pathlib import Path
from tempfile import mkstemp
from typing import Final

DRAFTS: Final = ".drafts"
# Another process may be at work on its own: during a restart there are two.
DRAFT_LEFT_AFTER_S: Final = 600.0


class TileFiles:
    """A folder of files that appear whole or not at all, and are there after a power cut."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts = folder / DRAFTS
        self._discard_left_drafts()

    def read(self, path: str) -> str:
        """Return the text of a file, empty where there is none."""
        file = self._folder / path
        return file.read_text() if file.exists() else ""

    def has(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return (self._folder / path).exists()

    def write(self, path: str, content: bytes) -> None:
        """Write a file, or write it anew; what it is the whole of goes."""
        file = self._folder / path
        for folder in (file.parent, self._drafts):
            folder.mkdir(parents=True, exist_ok=True)
        draft = self._drafted(content)
        try:
            draft.chmod(0o644)
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
        _keep(file.parent)
        if (partial := file.with_name(f"{file.name}.p")).exists():
            shutil.rmtree(partial, ignore_errors=True)

    def _drafted(self, content: bytes) -> Path:
        descriptor, name = mkstemp(dir=self._drafts)
        try:
            with os.fdopen(descriptor, "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
        except OSError:
            # On a full disk each turn would leave one more.
            Path(name).unlink()
            raise
        return Path(name)

    def _discard_left_drafts(self) -> None:
        """Remove what processes left that were killed while they wrote."""
        for draft in self._drafts.glob("*"):
            if draft.stat().st_mtime < time.time() - DRAFT_LEFT_AFTER_S:
                draft.unlink(missing_ok=True)


def _keep(folder: Path) -> None:
    """Have the names in a folder on the disk: a checkpoint must not outlast its tiles."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
