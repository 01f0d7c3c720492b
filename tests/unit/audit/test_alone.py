"""What is taken away verifies with the network off and nothing of ours installed.

The verifier lies alone in a folder. Its interpreter finds the standard library and the signature
library, and ends whatever opens a socket, or reads a file of this repository. Where the system lets
a process have a network of its own, it has one without a way out.
"""

import importlib.util
import shutil
import subprocess
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest

from services.audit import verifier
from services.audit.application.sight import Reader
from services.audit.domain.evidence import Sought
from services.audit.gateways.bundles import absence_of
from services.audit.verifier import canonical, parts_of
from tests.builders import HOUR, number, registered
from tests.unit.audit.desk import AUDITOR, Desk
from tests.unit.audit.ledgers import LedgerDesk, attempts, repacked

ROOT = Path(__file__).parents[3]
# The signature library, and what it stands on.
LIBRARY = ("cryptography", "cffi", "_cffi_backend", "pycparser")
# Runs a program as `python verifier.py …` would, behind the guard.
GUARDED = """\
import runpy, sys
root, library, *sys.argv = sys.argv[1:]
sys.path.append(library)
def guard(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"asked for the network: {event}")
    if event == "open" and str(arguments[0]).startswith(root):
        raise SystemExit(f"read a file of ours: {arguments[0]}")
sys.addaudithook(guard)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the signature library and nothing else."""
    folder = tmp_path_factory.mktemp("library")
    for name in LIBRARY:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        path = Path(found.origin)
        path = path.parent if path.name == "__init__.py" else path
        if path.is_dir():
            shutil.copytree(path, folder / path.name)
        else:
            shutil.copy(path, folder / path.name)
    return folder


@cache
def without_network() -> tuple[str, ...]:
    """Return the command that gives a process a network of its own; nothing where none may."""
    command = ("unshare", "--user", "--map-root-user", "--net")
    try:
        done = subprocess.run([*command, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return ()
    return () if done.returncode else command


class Alone:
    """A folder with the verifier and what an auditor has brought along."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.folder = folder
        self._library = library
        folder.mkdir()
        shutil.copy(verifier.__file__, folder / "verifier.py")

    def runs(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*without_network(), sys.executable, "-I", "-S", "-c", GUARDED]
        given = [str(ROOT), str(self._library), program, *arguments]
        return subprocess.run(
            [*command, *given], cwd=self.folder, env={}, text=True, capture_output=True, check=False
        )

    def verifies(self, place: str, *arguments: str) -> tuple[int, str]:
        done = self.runs("verifier.py", place, *arguments)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def alone(tmp_path: Path, library: Path) -> Alone:
    return Alone(tmp_path / "alone", library)


SALT, TEXT = b"s" * 32, '{"persons":{},"text":{"title":"电梯停运😀"}}'


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> LedgerDesk:
    """Two cases; the checkpoint that was kept is from before the last three events."""
    made = LedgerDesk(desk, tmp_path / "ledger")
    event = registered(1)
    event.data["commitment"] = sha256(SALT + TEXT.encode()).hexdigest()
    made.take_in(event, registered(2, 2), *attempts(300, serial=2))
    made.sign()
    made.take_in(*attempts(3, first=301))
    made.state_heads()
    return made


class TestTheGuard:
    def test_lets_nothing_of_ours_in(self, alone: Alone):
        """Neither by name nor by its file."""
        (alone.folder / "name.py").write_text("import services.audit.verifier\n")
        assert "ModuleNotFoundError" in alone.runs("name.py").stderr
        (alone.folder / "file.py").write_text(f"open({verifier.__file__!r})\n")
        assert "read a file of ours" in alone.runs("file.py").stderr

    def test_lets_no_other_library_in(self, alone: Alone):
        for name in ("msgspec", "nameko", "psycopg2", "httpx"):
            (alone.folder / "name.py").write_text(f"import {name}\n")
            assert "ModuleNotFoundError" in alone.runs("name.py").stderr

    def test_lets_nothing_out(self, alone: Alone):
        (alone.folder / "out.py").write_text("import socket; socket.socket()\n")
        assert "asked for the network" in alone.runs("out.py").stderr


class TestAlone:
    def test_a_bundle_holds(self, ledger: LedgerDesk, alone: Alone):
        """With its end, and out of the checkpoint that was kept."""
        (alone.folder / "kept").write_text(ledger.trees.signed_before(ledger.log, 302).note)
        (alone.folder / "case.zip").write_bytes(ledger.bundle(known_size=302))
        given = ("--key", ledger.keys[0], "--checkpoint", "kept")
        status, text = alone.verifies("case.zip", *given)
        assert status == 0, text
        for held in ("these are all events", "the checkpoint that you kept, of 302", "4 events"):
            assert held in text

    def test_one_that_was_tampered_with_is_refused_at_its_event(
        self, ledger: LedgerDesk, alone: Alone
    ):
        bundle = ledger.bundle()
        events = parts_of(bundle)["events.jsonl"].replace(b'"reminder.delivered', b'"reminder.canc')
        (alone.folder / "case.zip").write_bytes(repacked(bundle, **{"events.jsonl": events}))
        status, text = alone.verifies("case.zip", "--key", ledger.keys[0])
        assert (status, "WRONG  the event notify 301" in text) == (1, True), text

    def test_its_content_is_the_one_that_was_committed_to(self, ledger: LedgerDesk, alone: Alone):
        content = [{"number": number(1), "version": 1, "salt": SALT.hex(), "committed": TEXT}]
        for committed, expected in ((TEXT, 0), (TEXT.replace("停运", "正常"), 1)):
            content[0]["committed"] = committed
            added = {"content.json": canonical(content)}
            (alone.folder / "case.zip").write_bytes(repacked(ledger.bundle(), **added))
            status, text = alone.verifies("case.zip", "--key", ledger.keys[0])
            assert status == expected, text

    def test_an_absence_holds(self, ledger: LedgerDesk, alone: Alone):
        ledger.desk.clock.advance(HOUR)
        reader = Reader(AUDITOR, auditing=True)
        absence = ledger.desk.application.absence(reader, Sought("number", number(9)), None)
        (alone.folder / "absent.zip").write_bytes(absence_of(absence, ledger.keys))
        status, text = alone.verifies("absent.zip", "--key", ledger.keys[0])
        assert (status, f"there is no case of the number {number(9)}" in text) == (0, True), text

    def test_the_whole_ledger_holds(self, ledger: LedgerDesk, alone: Alone):
        shutil.copytree(ledger.folder, alone.folder / "mirror")
        status, text = alone.verifies("mirror", "--key", ledger.keys[0], "--remember", "last")
        assert status == 0, text
        assert (alone.folder / "last").read_text() == ledger.note()

    def test_a_receipt_holds(self, ledger: LedgerDesk, alone: Alone):
        parts = parts_of(ledger.bundle())
        name = next(name for name in parts if name.startswith("proofs/"))
        leaf = parts["leaves.jsonl"].splitlines()[0]
        (alone.folder / "0.tlog-proof").write_bytes(parts[name])
        (alone.folder / "0.leaf").write_bytes(leaf)
        status, text = alone.verifies("0.tlog-proof", "--key", ledger.keys[0])
        assert status == 0, text

    def test_an_address_on_the_web_is_not_reached(self, ledger: LedgerDesk, alone: Alone):
        """So that the network is really off."""
        status, text = alone.verifies("https://ledger.example/", "--key", ledger.keys[0])
        assert status != 0
        assert "holds" not in text.replace("It does not hold", "")
