"""The deployment files by themselves: valid for their programs, and without a variable that nobody reads."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cascadia.settings import Settings
from tools import engine as engines
from tools.cluster import DEPLOYMENTS
from tools.cluster_files import certificate, write_env

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COMPOSE_FILES = sorted(DEPLOYMENTS.rglob("docker-compose.yml"))
EXAMPLES = sorted(DEPLOYMENTS.rglob(".env.example"))
OURS = {name.upper() for name in Settings.model_fields}
COMPOSE_ONLY = {
    "APP_ADDRESS", "APP_PORT", "CASCADIA_APP_IMAGE", "CASCADIA_WORKER_IMAGE", "COMPOSE_PROFILES", "HTTPS_PORT", "HTTP_ADDRESS", "HTTP_PORT",
    "INFRASTRUCTURE_ADDRESS", "POSTGRES_DB", "POSTGRES_MAX_CONNECTIONS", "POSTGRES_PASSWORD", "POSTGRES_PORT", "POSTGRES_USER",
    "RABBITMQ_CONSOLE_PORT", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_VHOST", "RABBITMQ_PORT", "S3_CONSOLE_PORT",
    "S3_PORT",
}  # fmt: skip
"""Read by the compose files themselves or by other programs' images."""
OUTER = """\
error_log stderr;
pid {folder}/pid;
events {{}}
http {{
ssl_certificate {folder}/certificate.pem;
ssl_certificate_key {folder}/key.pem;
{balancer}
}}
"""


@pytest.mark.parametrize("path", (*COMPOSE_FILES, *EXAMPLES), ids=lambda path: str(path.relative_to(DEPLOYMENTS)))
def test_no_file_names_a_variable_that_nobody_reads(path: Path) -> None:
    text = re.sub(r"\$\$\w+", "", path.read_text())
    asked = set(re.findall(r"\$\{([A-Z][A-Z0-9_]*)", text))
    named = set(re.findall(r"(?m)^(?:# )?([A-Z][A-Z0-9_]*)=", text)) if path.name == ".env.example" else set()
    assert asked | named <= OURS | COMPOSE_ONLY, (asked | named) - OURS - COMPOSE_ONLY


def test_what_is_declared_for_compose_only_is_used() -> None:
    text = "".join(path.read_text() for path in [*COMPOSE_FILES, *EXAMPLES])
    assert {name for name in COMPOSE_ONLY if not re.search(rf"\b{name}\b", text)} == set()


@pytest.mark.needs("docker")
@pytest.mark.parametrize("command", (engines.COMPOSE_1, engines.COMPOSE_2), ids=" ".join)
@pytest.mark.parametrize("path", COMPOSE_FILES, ids=lambda path: path.parent.name)
def test_compose_accepts_every_file(path: Path, command: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "deployments" / path.parent.name
    shutil.copytree(path.parent, folder)
    passwords = {"POSTGRES_PASSWORD": "x", "RABBITMQ_DEFAULT_PASS": "x", "S3_SECRET_KEY": "ab$cd"}
    named = re.findall(r"(?m)^(?:# )?([A-Z][A-Z0-9_]*)=", (folder / ".env.example").read_text())
    write_env(folder, {name: value for name, value in passwords.items() if name in named})
    environment = {**os.environ, "DOCKER_CONFIG": str(engines.CONFIG)}
    told = subprocess.run([*command, "config"], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    services = set(re.findall(r"(?m)^  (\w+):$", told.stdout.split("services:")[1]))
    assert services


def test_compose_files_are_valid_for_their_schema() -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", *map(str, COMPOSE_FILES)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_nothing_is_to_be_said_against_the_dockerfile() -> None:
    told = subprocess.run([BIN / "hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, "")


@pytest.mark.needs("nginx")
@pytest.mark.parametrize("name", ("nginx.conf", "nginx-sample.conf"))
def test_nginx_accepts_the_balancers(name: str, tmp_path: Path) -> None:
    certificate(tmp_path)
    text = (DEPLOYMENTS / "load-balancer" / name).read_text()
    text = text.replace("/etc/nginx/tls/fullchain.pem", f"{tmp_path}/certificate.pem").replace(
        "/etc/nginx/tls/privkey.pem", f"{tmp_path}/key.pem"
    )
    text = text.replace("app-server-1", "127.0.0.2").replace("app-server-2", "127.0.0.3")
    outer = OUTER.format(folder=tmp_path, balancer=text)
    (tmp_path / "nginx.conf").write_text(outer)
    told = subprocess.run(["/usr/sbin/nginx", "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


@pytest.mark.needs("haproxy")
def test_haproxy_accepts_its_balancer(tmp_path: Path) -> None:
    certificate(tmp_path)
    (tmp_path / "plm.pem").write_text((tmp_path / "certificate.pem").read_text() + (tmp_path / "key.pem").read_text())
    text = (DEPLOYMENTS / "load-balancer/haproxy.cfg").read_text().replace("/etc/haproxy/tls/plm.pem", f"{tmp_path}/plm.pem")
    (tmp_path / "haproxy.cfg").write_text(text.replace("app-server-1", "127.0.0.2").replace("app-server-2", "127.0.0.3"))
    told = subprocess.run(["/usr/sbin/haproxy", "-c", "-f", tmp_path / "haproxy.cfg"], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr + told.stdout
