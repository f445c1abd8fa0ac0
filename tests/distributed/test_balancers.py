"""The tuned Nginx and HAProxy in front of the fleet's app servers: a restart of one of these is noticed by nobody."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.distributed.site import HOST
from tools.cluster import APPS, DEPLOYMENTS, Fleet, until
from tools.cluster_files import certificate

ADDRESS, HTTP_PORT, HTTPS_PORT = "127.0.0.5", 8081, 8445
STOP_SECONDS = 20
NGINX = """\
daemon off;
error_log {folder}/error.log;
pid {folder}/pid;
events {{}}
http {{
access_log off;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
{balancer}
}}
"""


def named(text: str) -> str:
    """The two servers where the fleet has them, and ports that anybody may open."""
    for number, address in enumerate(APPS.values(), 1):
        text = text.replace(f"app-server-{number}", address)
    return text


def nginx(folder: Path) -> list[str]:
    text = named((DEPLOYMENTS / "load-balancer/nginx.conf").read_text())
    text = text.replace("listen 80;", f"listen {ADDRESS}:{HTTP_PORT};").replace("listen 443 ssl", f"listen {ADDRESS}:{HTTPS_PORT} ssl")
    text = text.replace("/etc/nginx/tls/fullchain.pem", f"{folder}/certificate.pem").replace(
        "/etc/nginx/tls/privkey.pem", f"{folder}/key.pem"
    )
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, balancer=text))
    return ["/usr/sbin/nginx", "-c", str(folder / "nginx.conf")]


def haproxy(folder: Path) -> list[str]:
    text = named((DEPLOYMENTS / "load-balancer/haproxy.cfg").read_text())
    text = text.replace("bind :80", f"bind {ADDRESS}:{HTTP_PORT}").replace("bind :443 ssl", f"bind {ADDRESS}:{HTTPS_PORT} ssl")
    text = text.replace("/etc/haproxy/tls/plm.pem", f"{folder}/plm.pem").replace("maxconn 10000", "maxconn 200")
    (folder / "plm.pem").write_text((folder / "certificate.pem").read_text() + (folder / "key.pem").read_text())
    (folder / "haproxy.cfg").write_text(text)
    return ["/usr/sbin/haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


@contextmanager
def running(command: list[str], log: Path) -> Iterator[httpx.Client]:
    """A browser in front of a balancer."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
    address = f"https://{ADDRESS}:{HTTPS_PORT}"
    try:
        with httpx.Client(
            base_url=address, headers={"Host": HOST, "Accept": "text/html"}, verify=False, timeout=20, trust_env=False
        ) as http:
            until(lambda: answers(http), 30, lambda: f"{command[0]} does not answer: {log.read_text()[-2000:]}")
            yield http
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def answers(http: httpx.Client) -> bool:
    with suppress(httpx.TransportError):
        return http.get("/health/ready").status_code == 200
    return False


@pytest.mark.parametrize(
    "balancer", (pytest.param(nginx, marks=pytest.mark.needs("nginx")), pytest.param(haproxy, marks=pytest.mark.needs("haproxy")))
)
def test_a_restart_of_a_server_behind_it_is_noticed_by_nobody(fleet: Fleet, balancer: Callable[[Path], list[str]], tmp_path: Path) -> None:
    fleet.wait()
    tmp_path.chmod(0o755)
    certificate(tmp_path)
    with running(balancer(tmp_path), tmp_path / "said") as http:
        assert http.get("/metrics").status_code == 404
        plain = httpx.get(f"http://{ADDRESS}:{HTTP_PORT}/parts", headers={"Host": HOST}, trust_env=False)
        assert (plain.status_code in {301, 302}, plain.headers["location"].startswith("https://")) == (True, True)
        restarting = threading.Thread(target=fleet.compose, args=("app1", "restart", "app"))
        restarting.start()
        statuses: list[int] = []
        while restarting.is_alive() or len(statuses) < 100:
            statuses.append(http.get("/parts").status_code)
            time.sleep(0.02)
        restarting.join()
        fleet.wait()
    assert set(statuses) == {200}
