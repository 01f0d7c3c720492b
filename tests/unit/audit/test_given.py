"""What is given to the verifier beside the evidence: never passed over in silence."""

import subprocess
import sys
from pathlib import Path

import pytest

from services.audit import verifier
from services.audit.domain.notes import Checkpoint, signed, verifier_key
from services.audit.verifier import Key, Terms, Unreadable, kept_in, keys_from
from tests.builders import petition_id
from tests.unit.audit.forging import KEYS, SIGNERS, Forged, taken, told, wrapped
from tests.unit.audit.ledgers import ORIGIN, said

LEDGER = Forged([taken(), told(), told()]).stating()
KEY = verifier_key(SIGNERS[0])
NOBODY = petition_id(77)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    heads = LEDGER.heads(("petition", LEDGER.facts[0].petition))
    Path("case.zip").write_bytes(wrapped({**LEDGER.case(1), **heads}))
    Path("absent.zip").write_bytes(wrapped(LEDGER.absent("petition", NOBODY)))
    Path("1.tlog-proof").write_bytes(LEDGER.proof(1))
    Path("1.leaf").write_bytes(LEDGER.leaves[1].encoded)
    Path("key").write_text(f"{KEY}\n")
    Path("spaced").write_text(f"\n{KEY}\r\n\n")
    Path("kept").write_text(LEDGER.note)
    Path("forked").write_text(signed(Checkpoint(ORIGIN, 4, b"r" * 32).text, SIGNERS))
    Path("older").write_text(signed(Checkpoint(ORIGIN, 2, b"r" * 32).text, SIGNERS))
    Path("empty").touch()
    Path("binary").write_bytes(b"\xff\xfe\x00")


def ran(*arguments: str) -> tuple[int, str]:
    """Run the program by itself, with nothing of the project but its file."""
    command = [sys.executable, "-I", verifier.__file__, *arguments]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("place", ["case.zip", "1.tlog-proof"])
@pytest.mark.parametrize(
    ("kept", "expected"),
    [("kept", 0), ("forked", 1), ("missing", 2), ("empty", 2), ("binary", 2), (".", 2)],
)
def test_a_checkpoint_that_is_given_is_compared(place: str, kept: str, expected: int):
    """Or it is said that it cannot be: a misspelt name is no comparison that holds."""
    status, text = ran(place, "--key", "key", "--checkpoint", kept)
    assert (status, "Traceback" in text) == (expected, False), text


def test_a_receipt_proves_nothing_about_a_checkpoint_of_another_size():
    status, text = ran("1.tlog-proof", "--key", "key", "--checkpoint", "older")
    assert (status, "proves nothing about the checkpoint of 2" in text) == (2, True)


@pytest.mark.parametrize("name", ["missing", "empty", "binary", ".", "x" * 300, "x" * 300 + "+a+b"])
def test_a_key_that_is_none_is_told_of(name: str):
    status, text = ran("case.zip", "--key", name)
    assert (status, "Traceback" in text) == (2, False)
    assert name[:40] in text


def test_empty_lines_are_no_keys():
    assert keys_from(["key", "spaced", KEY]) == [KEYS[0]] * 3


def test_only_what_is_remembered_may_not_be_there_yet():
    assert kept_in(None, Path("missing")) == ""
    assert kept_in(Path("kept"), Path("missing")) == LEDGER.note
    for given in ((Path("missing"), None), (Path("missing"), Path("kept")), (None, Path("empty"))):
        with pytest.raises(Unreadable):
            kept_in(*given)


@pytest.mark.parametrize("place", ["case.zip", "1.tlog-proof"])
def test_only_of_a_whole_ledger_a_checkpoint_is_remembered(place: str):
    """What is asked for and cannot be done is refused."""
    status, text = ran(place, "--key", "key", "--remember", "new")
    assert (status, "for the whole ledger" in text, Path("new").exists()) == (2, True, False)


def test_a_case_that_is_asked_for_is_one_of_a_bundle():
    assert said("1.tlog-proof", Terms([Key.read(KEY)], case="XF"))[0] == 2
    status, text = ran("case.zip", "--key", "key", "--case", "XF")
    assert (status, "it is not the case XF" in text) == (1, True)


def test_without_a_key_it_is_not_shown_whose_ledger_it_is():
    """Whoever forges all of it signs with a key of his own: a script must not take it for good."""
    status, text = ran("case.zip")
    assert (status, "no --key was given" in text, "It does not hold" in text) == (3, True, False)


def test_a_bundle_proves_nothing_about_a_checkpoint_of_another_size():
    """That is no sign of a forged one: another bundle may be asked for."""
    status, text = ran("case.zip", "--key", "key", "--checkpoint", "older")
    assert (status, "ask for one with `--since 2`" in text) == (2, True)


def test_a_bundle_is_the_same_on_every_system(monkeypatch: pytest.MonkeyPatch):
    """An honest one is not refused where the auditor's computer runs something else."""
    packed_here = verifier.packed({"a": b"b"})
    monkeypatch.setattr(sys, "platform", "win32")
    assert verifier.packed({"a": b"b"}) == packed_here


def test_what_is_remembered_is_read_again_whatever_the_locale():
    """On a system whose files are not in UTF-8 unless one says so."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import verifier; from pathlib import Path;"
        "note = Path('kept').read_text(encoding='utf-8');"
        "verifier._keep(Path('new'), verifier.Checkpoint('', 1, b'', note))"
    )
    folder = str(Path(verifier.__file__).parent)
    subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", program, folder],
        check=True,
        env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    )
    assert kept_in(None, Path("new")) == LEDGER.note


@pytest.mark.parametrize(
    ("arguments", "status", "found"),
    [
        (["absent.zip"], 0, "there is no case of the petition"),
        (["absent.zip", "--absent", NOBODY], 0, "there is no case of the petition"),
        (["absent.zip", "--absent", "XF"], 1, "it is not about XF"),
        (["absent.zip", "--case", NOBODY], 1, "it shows that there is no case"),
        (["case.zip", "--absent", NOBODY], 1, "it shows a case"),
        (["case.zip", "--stated-since", "2026-11-24T12:00:00+08:00"], 0, "All of it holds"),
        (["case.zip", "--stated-since", "2026-11-24T12:00:01+08:00"], 3, "ask for a new file"),
        (["absent.zip", "--stated-since", "2026-11-24T12:00:01+08:00"], 3, "ask for a new file"),
        (["case.zip", "--stated-since", "2026-11-24T12:00:01"], 2, "has no offset"),
        (["case.zip", "--stated-since", "noon"], 2, "is no instant"),
        (["1.tlog-proof", "--absent", NOBODY], 2, "are for the bundle of a case"),
    ],
)
def test_a_script_gets_what_it_asked_for_or_is_told(arguments: list[str], status: int, found: str):
    """An answer to another question, or of another day, is no answer that holds."""
    exit_status, text = ran(*arguments, "--key", "key")
    assert (exit_status, found in text) == (status, True), text
