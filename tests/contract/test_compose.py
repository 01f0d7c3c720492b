"""The deployment that docker-compose.yml describes keeps the promises of docs/operations.md."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
SERVICES = ("intake", "responsibility", "notify", "audit")
SERVERS = ("postgres", "rabbitmq")
SECRETS = {
    "SHOUWEN_DATABASE_URL",
    "SHOUWEN_AMQP_URI",
    "SHOUWEN_IDENTITY_KEYS",
    "SHOUWEN_SERVICE_TOKEN_INTAKE",
    "SHOUWEN_SERVICE_TOKEN_RESPONSIBILITY",
    "SHOUWEN_SERVICE_TOKEN_NOTIFY",
    "SHOUWEN_SERVICE_TOKEN_AUDIT",
    "SHOUWEN_VAULT_KEY",
    "SHOUWEN_LEDGER_KEY",
    "POSTGRES_PASSWORD",
    "RABBITMQ_PASSWORD",
}

parts = yaml.safe_load(FILE.read_text())["services"]


def variables(text: str, form: str) -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)" + form, text))


def compose() -> list[str]:
    """The client that is here: the plugin of docker, or the program of its own; else empty."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            asked = subprocess.run([*command, "version"], capture_output=True, check=False)
            if asked.returncode == 0:
                return command
    return []


def accepted(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*compose(), "--file", str(FILE), "config", "--quiet"]
    given = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment}
    return subprocess.run(command, env=given, cwd="/", text=True, capture_output=True, check=False)


@pytest.mark.skipif(not compose(), reason="neither docker compose nor docker-compose is here")
class TestComposeItself:
    def test_it_accepts_the_file(self):
        answer = accepted(dict.fromkeys(SECRETS, "filled-in"))
        assert answer.returncode == 0, answer.stderr

    def test_it_refuses_to_start_without_a_secret_and_names_it(self):
        answer = accepted(dict.fromkeys(SECRETS - {"SHOUWEN_VAULT_KEY"}, "filled-in"))
        assert answer.returncode != 0
        assert "SHOUWEN_VAULT_KEY" in answer.stderr


def test_nothing_starts_without_its_secrets():
    """A missing secret stops the start; none has a default that somebody could forget to change."""
    assert variables(FILE.read_text(), ":\\?") == SECRETS


def test_the_example_explains_every_variable():
    explained = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert explained == variables(FILE.read_text(), "")


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_is_a_container_that_answers_for_its_health(service):
    assert parts[service]["command"] == ["serve", service]
    assert parts[service]["healthcheck"]["test"] == ["CMD", "shouwen", "call", f"{service}.health"]


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_starts_before_the_schema_and_the_servers(service):
    awaited = {part: on["condition"] for part, on in parts[service]["depends_on"].items()}
    assert awaited == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "rabbitmq": "service_healthy",
    }


@pytest.mark.parametrize("part", [*SERVICES, "migrate"])
def test_our_own_containers_write_nowhere_and_gain_no_privilege(part):
    assert parts[part]["read_only"] is True
    assert parts[part]["cap_drop"] == ["ALL"]
    assert parts[part]["security_opt"] == ["no-new-privileges:true"]


def test_only_intake_can_open_the_vault():
    holders = {name for name, part in parts.items() if "SHOUWEN_VAULT_KEY" in part["environment"]}
    assert holders == {"intake"}


def test_only_audit_can_sign_the_ledger():
    holders = {name for name, part in parts.items() if "SHOUWEN_LEDGER_KEY" in part["environment"]}
    assert holders == {"audit"}


@pytest.mark.parametrize("part", [*SERVICES, *SERVERS])
def test_everything_that_stays_up_is_watched_and_gets_time_to_stop(part):
    assert parts[part]["healthcheck"]["test"]
    assert parts[part]["restart"] == "unless-stopped"
    assert parts[part]["stop_grace_period"]


@pytest.mark.parametrize("part", [*SERVERS, "notify", "audit"])
def test_what_must_survive_is_in_a_named_volume(part):
    volume, *settings = parts[part]["volumes"]
    assert all(setting.endswith(":ro") for setting in settings)
    assert volume.partition(":")[0] in yaml.safe_load(FILE.read_text())["volumes"]


def test_no_port_is_open_to_the_network():
    published = [port for part in parts.values() for port in part.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_runs_as_nobody_special_and_checks_hashes():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "USER 10001:10001" in dockerfile
    assert "--require-hashes" in dockerfile


@pytest.mark.parametrize("service", ["notify", "audit"])
def test_a_service_that_keeps_files_keeps_them_in_its_volume(service):
    """The rest of the container is read-only: reminders and the ledger are under SHOUWEN_HOME."""
    (volume,) = parts[service]["volumes"]
    assert f"SHOUWEN_HOME={volume.partition(':')[2]} " in (ROOT / "Dockerfile").read_text()


def test_every_variable_given_to_a_service_is_one_that_it_reads():
    code = "".join(
        path.read_text()
        for package in ("chassis", "services", "shouwen")
        for path in (ROOT / package).rglob("*.py")
    )
    given = {name for part in SERVICES for name in parts[part]["environment"]}
    assert {name for name in given if f'"{name}"' not in code} == set()
