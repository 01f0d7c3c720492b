"""The command line teaches: each command says what it is for, and gives examples that exist."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from chassis.identity import ClaimInvalid, TokenVerifier
from contracts.rpc import METHODS
from services.intake.gateways.vault import Vault
from shouwen.__main__ import main
from shouwen.cli import app
from shouwen.importing import HEADINGS

ROOT = Path(__file__).parents[3]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / ".env.example",
    ROOT / "shouwen/demo.py",
    ROOT / "shouwen/cli.py",
    *(ROOT / "services").glob("*/settings.py"),
    ROOT / "chassis/runtime/surroundings.py",
]
COMMANDS = get_command(app)


def run(*arguments, env=None):
    return CliRunner().invoke(app, list(arguments), env=env)


@pytest.mark.parametrize("name", sorted(COMMANDS.commands))
def test_each_command_says_what_it_is_for(name):
    assert COMMANDS.commands[name].get_short_help_str(limit=200)
    assert run(name, "--help").exit_code == 0


def test_every_command_named_in_documents_exists():
    """`shouwen SOMETHING` in a document, a setting or an example is a command that there is."""
    named = {
        (document.name, words)
        for document in DOCUMENTS
        for words in re.findall(r"`(?:\.venv/bin/)?shouwen ([^`]+)`", document.read_text())
    }
    assert named
    for document, words in named:
        first, *rest = shlex.split(words, comments=True)
        command = COMMANDS.commands.get(first)
        assert command is not None, f"{document}: shouwen {words}"
        if first == "key" and rest:
            assert rest[0] in command.commands, f"{document}: shouwen {words}"


def test_calling_nothing_lists_what_can_be_called():
    listed = run("call").output
    assert all(path in listed for path in METHODS)


def test_a_method_explains_what_it_takes_and_who_may_call_it():
    explained = run("call", "responsibility.succeed", "--explain").output
    assert "office_head" in explained
    assert "left_post | long_leave" in explained or "long_leave | left_post" in explained


@pytest.mark.parametrize("given", ["{", "[1]", '"text"'])
def test_arguments_that_are_no_object_are_refused_in_words(given):
    result = run("call", "intake.health", given)
    assert result.exit_code == 2
    assert "is no JSON" in result.output


class TestKeys:
    def test_a_token_of_an_issuers_own_key_is_taken_where_its_public_half_is_known(self, tmp_path):
        file = str(tmp_path / "issuer.pem")
        assert run("key", "issuer", file).exit_code == 0
        jwks = json.loads(run("key", "public", "--key", file).output)
        token = run("token", "service:intake", "--role", "service", "--key", file).output.strip()
        assert TokenVerifier(jwks).verify(token).subject == "service:intake"

    def test_a_key_in_use_is_never_overwritten(self, tmp_path):
        file = tmp_path / "issuer.pem"
        run("key", "issuer", str(file))
        before = file.read_bytes()
        assert run("key", "issuer", str(file)).exit_code == 2
        assert file.read_bytes() == before

    def test_the_private_key_is_readable_by_its_owner_alone(self, tmp_path):
        file = tmp_path / "issuer.pem"
        run("key", "issuer", str(file))
        assert file.stat().st_mode & 0o077 == 0

    def test_a_vault_key_opens_a_vault(self):
        assert Vault.from_text(run("key", "vault").output.strip())

    def test_what_is_no_key_is_refused_in_words(self, tmp_path):
        file = tmp_path / "issuer.pem"
        file.write_text("not a key")
        result = run("token", "K1", "--role", "clerk", "--key", str(file))
        assert result.exit_code == 2
        assert "no Ed25519 private key" in result.output


class TestImportOfWhatIsNoTable:
    @pytest.mark.parametrize("name", ["table.csv", "table.xlsx"])
    def test_it_is_refused_in_words(self, tmp_path, name):
        file = tmp_path / name
        file.write_bytes(b"\xff\xfe\x00broken")
        result = run("import", str(file), env={"SHOUWEN_HOME": str(tmp_path / "home")})
        assert result.exit_code == 2
        assert name in result.output


def test_the_help_of_import_names_every_field_that_it_reads():
    words = set(re.findall(r"\w+", COMMANDS.commands["import"].help))
    assert set(HEADINGS) <= words


@pytest.mark.parametrize("name", sorted(set(COMMANDS.commands) - {"key"}))
def test_each_command_gives_examples(name):
    assert f"shouwen {name}" in COMMANDS.commands[name].epilog


class TestClaimsThatNoTokenCanMake:
    @pytest.mark.parametrize(
        ("arguments", "named"),
        [
            (["token", "", "--role", "clerk"], "subject ''"),
            (["token", "张三", "--role", "clerk"], "subject '张三'"),
            (["token", "K1", "--role", "clerk", "--office", "zz"], "office 'zz'"),
            (["token", "K1", "--role", "boss"], "role boss"),
            (["call", "intake.health", "--role", "clerk", "--office", "3304"], "office '3304'"),
        ],
    )
    def test_are_named(self, tmp_path, arguments, named):
        result = run(*arguments, env={"SHOUWEN_HOME": str(tmp_path)})
        assert isinstance(result.exception, ClaimInvalid)
        assert named in str(result.exception)

    def test_end_the_program_with_a_sentence(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr("sys.argv", ["shouwen", "token", "", "--role", "clerk"])
        monkeypatch.setenv("SHOUWEN_HOME", str(tmp_path))
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 2
        assert "\nNo token can be signed for subject ''" in capsys.readouterr().err
