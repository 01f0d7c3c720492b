"""A case taken away and checked: by us, by a program of others, and after it was tampered with."""

import shutil
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from services.audit import verifier
from services.audit.verifier import Key, manifest_of, packed, parts_of

WHOLE_WITHIN_S: Final = 60.0
# An Ed25519 public key in DER, up to its 32 bytes (RFC 8410).
DER_HEAD: Final = bytes.fromhex("302a300506032b6570032100")
OPENSSL: Final = (
    "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key -in text -sigfile sig"
)

Call = Callable[..., Any]
Say = Callable[[str], None]


class Evidence:
    """The bundle of one case, and who checks it.

    Args:
        call: asks a method as an auditor.
        folder: for the files.
    """

    def __init__(self, call: Call, folder: Path, say: Say) -> None:
        self._call = call
        self._folder = folder
        self._say = say

    def play(self, number: str) -> bool:
        """Export a case and have it checked three times; True when each said what it should."""
        (self._folder / "ledger.keys").write_text(self._keys())
        bundle = self._exported(number)
        self._say(f"{number} in one file of {len(bundle) // 1024} kB; our verifier, by itself:")
        ours = self._verified("case.zip", bundle) == 0
        theirs = self._checked_by_openssl(parts_of(bundle)["checkpoint"].decode())
        self._say("the same file with one name exchanged and everything wrapped to fit:")
        caught = self._verified("tampered.zip", tampered(bundle)) == 1
        return ours and theirs and caught

    def _keys(self) -> str:
        return "".join(f"{key}\n" for key in self._call("audit.checkpoint")["keys"])

    def _exported(self, number: str) -> bytes:
        """Export until the end of the case is shown as well, which takes a moment."""
        deadline = time.monotonic() + WHOLE_WITHIN_S
        while True:
            bundle = b64decode(self._call("audit.export", number=number)["content"])
            if "heads.json" in parts_of(bundle) or time.monotonic() > deadline:
                return bundle
            time.sleep(0.2)

    def _verified(self, name: str, bundle: bytes) -> int:
        """Run the verifier in a process that has nothing of ours but its one file."""
        (self._folder / name).write_bytes(bundle)
        command = [sys.executable, "-I", verifier.__file__, name, "--key", "ledger.keys"]
        answer = subprocess.run(  # noqa: S603 - our own program
            command, cwd=self._folder, text=True, capture_output=True, check=False
        )
        for line in _told(answer.stdout):
            self._say(f"  {line}")
        return answer.returncode

    def _checked_by_openssl(self, note: str) -> bool:
        if shutil.which("openssl") is None:
            self._say("openssl is not installed here; it would check the signature")
            return True
        text, _, signature = note.partition("\n\n")
        key = Key.read((self._folder / "ledger.keys").read_text().splitlines()[0])
        (self._folder / "key").write_bytes(DER_HEAD + key.public)
        (self._folder / "text").write_text(f"{text}\n")
        (self._folder / "sig").write_bytes(b64decode(signature.split()[2])[4:])
        answer = subprocess.run(  # noqa: S603 - a fixed command
            OPENSSL.split(), cwd=self._folder, text=True, capture_output=True, check=False
        )
        self._say(f"a program that is not ours, openssl: {answer.stdout.strip()}")
        return answer.returncode == 0


def tampered(bundle: bytes) -> bytes:
    """Return a bundle in which somebody else took the first step, as a forger would wrap it."""
    parts = parts_of(bundle)
    first, separator, rest = parts["events.jsonl"].partition(b'"actor":"')
    parts["events.jsonl"] = first + separator + b"X" + rest[1:]
    del parts["manifest"]
    return packed({**parts, "manifest": manifest_of(parts)})


def _told(text: str) -> Iterator[str]:
    """Yield what the verifier says, less the list of events."""
    for line in text.splitlines():
        if line and not line.startswith("    "):
            yield line.strip()
