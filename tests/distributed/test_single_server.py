"""The single server as its page says, beside the fleet."""

import shutil
from pathlib import Path

import httpx

from tests.distributed.page import block, type_line
from tools import engine as engines
from tools.cluster import DEPLOYMENTS, Fleet, until
from tools.cluster_files import certificate, write_env
from tools.engine import compose


def test_it_comes_up_as_its_page_says(fleet: Fleet, tmp_path: Path) -> None:
    """The page is typed line by line; beside the fleet it has other ports."""
    folder = tmp_path / "deployments/single-server"
    shutil.copytree(DEPLOYMENTS / "single-server", folder)
    ports = {"HTTP_ADDRESS": "127.0.0.4", "HTTP_PORT": "8080", "HTTPS_PORT": "8444"}
    engine = engines.engine()
    environment = {**engine.environment, "COMPOSE_PROJECT_NAME": "cascadia-single"}
    where, line = tmp_path, ""
    try:
        for line in block(DEPLOYMENTS / "single-server/README.md"):
            if line.startswith("cd "):
                where = tmp_path / line.removeprefix("cd ")
            elif line.startswith("# edit .env"):
                write_env(where, {"POSTGRES_PASSWORD": "single-secret", **ports}, base=".env")
            elif line.startswith("# put the certificate"):
                certificate(where / "tls")
                (where / "tls/certificate.pem").rename(where / "tls/fullchain.pem")
                (where / "tls/key.pem").rename(where / "tls/privkey.pem")
            else:
                assert not line.startswith("#"), line
                type_line(line, where, environment, engines.COMPOSE_1)
                if " up " in line:
                    until(_single_server_is_ready, 180, lambda: engine.run("ps", "--all"))
        until(lambda: '"token"' in type_line(line, where, environment, engines.COMPOSE_1), 60, lambda: f"no token by `{line}`")
        until(lambda: "(healthy)" in _status(engine), 60, lambda: _status(engine))
    finally:
        compose(engine, folder, "cascadia-single", "down", "--volumes", "--timeout", "5")


def _status(engine: engines.Engine) -> str:
    return engine.run("ps", "--all", "--filter", "name=cascadia-single_worker", "--format", "{{.Status}}")


def _single_server_is_ready() -> bool:
    try:
        answer = httpx.get("https://127.0.0.4:8444/health/ready", headers={"Host": "plm.example.com"}, verify=False, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and answer.json() == {"status": "ok", "degraded": []}
