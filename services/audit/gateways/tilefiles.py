"""The ledger as static files, for whoever mirrors it; all of them can be written again."""

import os
import shutil
from pathlib import Path
from tempfile import mkstemp


class TileFiles:
    """A folder of files that appear whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> str:
        """Return the text of a file, empty where there is none."""
        file = self._folder / path
        return file.read_text() if file.exists() else ""

    def write(self, path: str, content: bytes) -> None:
        """Write a file, or write it anew; what it is the whole of goes."""
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = mkstemp(dir=file.parent, prefix=".")
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(file)
        shutil.rmtree(file.with_name(f"{file.name}.p"), ignore_errors=True)
