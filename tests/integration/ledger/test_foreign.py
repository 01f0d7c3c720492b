"""Programs that we did not write accept our signatures and proofs, and refuse changed ones."""

import os
import shutil
import subprocess
import sys
import venv
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest

from services.audit import verifier
from services.audit.domain.notes import verifier_key
from services.audit.gateways.signing import signers_from
from services.audit.gateways.witnesses import FileWitness
from services.audit.verifier import Key, parts_of
from tests.builders import registered
from tests.servers import go_modules
from tests.unit.audit.ledgers import ORIGIN, OTHER_KEY, LedgerDesk, attempts

GO = shutil.which("go")
SOURCE = Path(__file__).parent / "foreign/verify.go"
# An Ed25519 public key in DER, up to its 32 bytes (RFC 8410).
DER_HEAD = bytes.fromhex("302a300506032b6570032100")

Verifying = Callable[[Path, str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def in_go(tmp_path_factory: pytest.TempPathFactory) -> Verifying:
    """The program on Go's `sumdb/note` and `sumdb/tlog`."""
    if GO is None or (modules := go_modules()) is None:
        pytest.skip("Go and golang.org/x/mod are not installed; `make servers` installs them")
    program = tmp_path_factory.mktemp("go") / "verify"
    environment = {
        **os.environ,
        "GOPATH": str(modules),
        "GO111MODULE": "off",
        "GOCACHE": str(program.parent / "cache"),
        "GOFLAGS": "",
    }
    subprocess.run([GO, "build", "-o", program, SOURCE], env=environment, check=True)

    def verify(folder: Path, key: str) -> subprocess.CompletedProcess[str]:
        proofs = sorted((path.name for path in (folder / "proofs").iterdir()), key=_index)
        command = [program, folder, key, *proofs]
        return subprocess.run(command, text=True, capture_output=True, check=False)

    return verify


def _index(name: str) -> int:
    return int(name.partition(".")[0])


@pytest.fixture
def unpacked(ledger: LedgerDesk, tmp_path: Path) -> Path:
    """A bundle as anybody unpacks it, of a case among others."""
    ledger.take_in(registered(1, 2), *attempts(300, serial=2))
    ledger.sign()
    ledger.take_in(registered(2), *attempts(40, first=301))
    ledger.state_heads()
    folder = tmp_path / "bundle"
    for name, content in parts_of(ledger.bundle()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


class TestGo:
    def test_accepts_a_bundle(self, in_go: Verifying, ledger: LedgerDesk, unpacked: Path):
        """Signatures, the consistency proof and every inclusion proof."""
        answer = in_go(unpacked, ledger.keys[0])
        assert (answer.returncode, answer.stdout) == (0, "41 leaves of 343\n"), answer.stdout

    @pytest.mark.parametrize(
        ("name", "old", "new", "what"),
        [
            ("leaves.jsonl", "reminder.delivered.v1", "reminder.cancelled.v1", "inclusion"),
            ("checkpoint", "\n343\n", "\n344\n", "signature"),
            ("proofs/320.tlog-proof", "index 320", "index 321", "inclusion"),
        ],
    )
    def test_refuses_what_was_changed(  # noqa: PLR0913, PLR0917 - one row of the table
        self, in_go: Verifying, ledger: LedgerDesk, unpacked: Path, name, old, new, what
    ):
        """So that accepting means something."""
        changed_in(unpacked, name, old, new)
        answer = in_go(unpacked, ledger.keys[0])
        assert answer.returncode == 1
        assert answer.stdout.startswith(what)

    def test_refuses_a_growth_that_was_none(
        self, in_go: Verifying, ledger: LedgerDesk, unpacked: Path
    ):
        lines = (unpacked / "consistency").read_text().splitlines()
        (unpacked / "consistency").write_text("\n".join([*lines[1:], lines[0]]) + "\n")
        assert in_go(unpacked, ledger.keys[0]).stdout.startswith("consistency")


FOREIGN = Path(__file__).parent / "foreign"
# How a bundle is changed, and what does not hold then.
CHANGES = [
    ("leaves.jsonl", "reminder.delivered.v1", "reminder.cancelled.v1", "inclusion"),
    ("proofs/320.tlog-proof", "index 320", "index 321", "inclusion"),
    ("proofs/320.tlog-proof", "index 320", "index 343", "inclusion"),
    ("checkpoint", "\n343\n", "\n344\n", "signature"),
    ("checkpoint", "\n343\n", "\n0343\n", "signature"),
]


def changed_in(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    changed = path.read_text().replace(old, new, 1)
    assert changed != path.read_text()
    path.write_text(changed)


def installed(stamp: Path, wanted: Path, *command: str | Path) -> bool:
    """Install what a file asks for once; tell whether it is there."""
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        if subprocess.run(command, cwd=FOREIGN, check=False).returncode:
            return False
        stamp.write_text(wanted.read_text())
    return True


@pytest.fixture(scope="module")
def in_python() -> Verifying:
    """The program on sigstore-python, installed once beside the tests."""
    folder = FOREIGN / ".venv"
    python, wanted = folder / "bin/python", FOREIGN / "requirements.txt"
    if not python.exists():
        venv.create(folder, with_pip=True)
    command = (python, "-m", "pip", "install", "--quiet", "--retries", "1", "--requirement", wanted)
    if not installed(folder / "complete", wanted, *command):
        pytest.skip("sigstore-python cannot be installed: no package registry is at hand")
    return lambda unpacked, key: run(python, "-I", FOREIGN / "verify_sigstore.py", unpacked, key)


@pytest.fixture(scope="module")
def in_node() -> Verifying:
    """The program on npm's @sigstore/verify, installed once beside the tests."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node and npm are not installed; Debian has both")
    stamp, wanted = FOREIGN / "node_modules/complete", FOREIGN / "package-lock.json"
    command = (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
    if not installed(stamp, wanted, *command):
        pytest.skip("@sigstore/verify cannot be installed: no package registry is at hand")
    return lambda unpacked, key: run(node, FOREIGN / "verify_sigstore.cjs", unpacked, key)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, text=True, capture_output=True, check=False)


@pytest.fixture(params=["in_python", "in_node"])
def sigstore(request: pytest.FixtureRequest) -> Verifying:
    """Both, which share no line with one another, nor with us."""
    verifying: Verifying = request.getfixturevalue(request.param)
    return verifying


class TestSigstore:
    def test_accepts_the_checkpoint_and_every_inclusion_proof(
        self, sigstore: Verifying, ledger: LedgerDesk, unpacked: Path
    ):
        answer = sigstore(unpacked, ledger.keys[0])
        assert (answer.returncode, answer.stdout) == (0, "41 leaves of 343\n"), answer.stderr

    def test_accepts_a_checkpoint_that_a_witness_has_signed_too(
        self, sigstore: Verifying, ledger: LedgerDesk, unpacked: Path, tmp_path: Path
    ):
        """Under the note stands one more line, of a kind that it does not know."""
        note = (unpacked / "checkpoint").read_text()
        witness = FileWitness("file-witness", tmp_path / "witness", ledger.signers)
        line = witness.cosign(0, [], note)
        (unpacked / "checkpoint").write_text(note + line)
        assert sigstore(unpacked, ledger.keys[0]).returncode == 0

    @pytest.mark.parametrize(("name", "old", "new", "what"), CHANGES)
    def test_refuses_what_was_changed(  # noqa: PLR0913, PLR0917 - one row of the table
        self, sigstore: Verifying, ledger: LedgerDesk, unpacked: Path, name, old, new, what
    ):
        """So that accepting means something."""
        changed_in(unpacked, name, old, new)
        answer = sigstore(unpacked, ledger.keys[0])
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr.startswith(what), answer.stderr

    def test_refuses_the_signature_of_another(
        self, sigstore: Verifying, ledger: LedgerDesk, unpacked: Path
    ):
        (other,) = signers_from(ORIGIN, OTHER_KEY)
        answer = sigstore(unpacked, verifier_key(other))
        assert (answer.returncode, answer.stderr.split()[0]) == (1, "signature"), answer.stderr


class TestOpenSsl:
    def verified(self, ledger: LedgerDesk, folder: Path) -> bool:
        text, _, signature = (folder / "checkpoint").read_text().partition("\n\n")
        (folder / "text").write_text(text + "\n")
        (folder / "signature").write_bytes(b64decode(signature.split()[2])[4:])
        (folder / "key.der").write_bytes(DER_HEAD + Key.read(ledger.keys[0]).public)
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"]
        files = ["-inkey", "key.der", "-in", "text", "-sigfile", "signature"]
        return subprocess.run([*command, *files], cwd=folder, check=False).returncode == 0

    def test_accepts_the_signature(self, ledger: LedgerDesk, unpacked: Path):
        assert self.verified(ledger, unpacked)

    def test_refuses_another_text(self, ledger: LedgerDesk, unpacked: Path):
        checkpoint = unpacked / "checkpoint"
        checkpoint.write_text(checkpoint.read_text().replace("\n343\n", "\n344\n"))
        assert not self.verified(ledger, unpacked)


def test_at_least_two_programs_of_others_are_at_hand(request: pytest.FixtureRequest):
    """One that is not installed is passed over; that all are is no proof at all."""
    there = [shutil.which("openssl") is not None]
    for program in ("in_go", "in_python", "in_node"):
        try:
            request.getfixturevalue(program)
        except pytest.skip.Exception:
            continue
        there.append(True)
    assert sum(there) >= 2


class TestOurVerifierAlone:
    def test_needs_nothing_of_ours(self, ledger: LedgerDesk, unpacked: Path, tmp_path: Path):
        """One file in an empty folder, another interpreter that knows no path of ours."""
        alone = tmp_path / "alone"
        alone.mkdir()
        shutil.copy(verifier.__file__, alone / "verifier.py")
        (alone / "case.zip").write_bytes(ledger.bundle())
        answer = run_alone(alone, "case.zip", "--key", ledger.keys[0])
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "All of it holds." in answer.stdout

    @pytest.mark.parametrize(("given", "status"), [("nowhere", 2), ("verifier.py", 2)])
    def test_says_when_it_cannot_read(
        self, ledger: LedgerDesk, unpacked: Path, tmp_path: Path, given: str, status: int
    ):
        shutil.copy(verifier.__file__, tmp_path / "verifier.py")
        assert run_alone(tmp_path, given, "--key", ledger.keys[0]).returncode == status


def run_alone(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "verifier.py", *arguments]
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, check=False
    )
