"""The seed, line by line: its folders and commands, its ports, its balancer; then the main job through the whole fleet."""

import hashlib
import os
import subprocess
import time
from pathlib import Path

import httpx

from tests.assets import as1
from tests.distributed.site import HOST, Site, client, ready
from tests.until import wait_until
from tools.cluster import APPS, DEPLOYMENTS, JOBS, PREFIX, Fleet
from tools.images import LABEL

SAMPLE_SHA256 = "88b33e5ffcc00dabd80df8e17c0a05c9775b17694974a72c749ffb5aa7027fe2"
"""Of the Nginx sample that the seed gives."""
APP_MB, WORKER_MB = 250, 900
PIECE = 960 * 1024


def test_the_folders_are_those_of_the_seed() -> None:
    here = DEPLOYMENTS / "distributed"
    names = {str(path.relative_to(here)) for path in here.rglob("*") if path.is_file() and path.name != ".env"}
    folders = ("infrastructure", "app", "jobs")
    assert names >= {"README.md", *(f"{folder}/{file}" for folder in folders for file in ("docker-compose.yml", ".env.example"))}


def test_the_sample_of_the_balancer_is_the_seed_s_byte_for_byte() -> None:
    assert hashlib.sha256((DEPLOYMENTS / "load-balancer/nginx-sample.conf").read_bytes()).hexdigest() == SAMPLE_SHA256


def test_what_may_not_be_empty_is_asked_for_by_name(fleet: Fleet, tmp_path: Path) -> None:
    for name in ("docker-compose.yml", ".env.example"):
        (tmp_path / name).write_text((DEPLOYMENTS / "distributed/infrastructure" / name).read_text())
    (tmp_path / ".env").write_text((tmp_path / ".env.example").read_text())
    refused = subprocess.run(
        ["docker-compose", "up", "-d"], cwd=tmp_path, env=fleet.engine.environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode
    assert "set POSTGRES_PASSWORD in .env" in refused.stderr


def test_images_are_small_and_run_without_any_right(fleet: Fleet, found_images: dict[str, str]) -> None:
    sizes = {
        name.split("/")[1].split(":")[0]: int(origin.split()[1]) for name, origin in found_images.items() if name.startswith("cascadia/")
    }
    assert sizes["app"] <= APP_MB
    assert sizes["worker"] <= WORKER_MB
    for name in (*APPS, *JOBS):
        facts = fleet.engine.inspect(fleet.container(name))
        host = facts["HostConfig"]
        assert isinstance(host, dict)
        assert (host["ReadonlyRootfs"], host["CapDrop"], host["Privileged"]) == (True, ["ALL"], False)
        assert fleet.engine.run("exec", fleet.container(name), "id", "-u").strip() == "10001"
        written = fleet.engine.run("exec", fleet.container(name), "sh", "-c", "touch /opt/cascadia/x 2>&1 || echo refused")
        assert "refused" in written
    compilers = fleet.engine.run("exec", fleet.container("app1"), "sh", "-c", "ls /usr/bin/gcc /usr/bin/cc 2>/dev/null || true")
    assert compilers == ""


def test_every_server_is_healthy_and_knows_broker_and_storage(fleet: Fleet) -> None:
    fleet.wait()
    for name in APPS:
        deadline = time.monotonic() + 30
        while (state := ready(name)) != {"status_code": 200, "status": "ok", "degraded": []}:
            assert time.monotonic() < deadline, state
            time.sleep(0.5)
    for name in JOBS:
        assert fleet.engine.run("exec", fleet.container(name), "cascadia", "health", "worker").strip() == "ready"


def test_only_the_ports_of_the_seed_are_open(fleet: Fleet) -> None:
    listed = fleet.engine.run("ps", "--filter", f"name={PREFIX}", "--format", "{{.Names}} {{.Ports}}")
    opened = {part.split("->")[0] for line in listed.splitlines() for part in line.split() if "->" in part}
    gateway = fleet.engine.gateway
    wanted = {f"{gateway}:{port}" for port in (5432, 5672, 9000)} | {"127.0.0.1:15672"} | {f"{address}:3000" for address in APPS.values()}
    assert opened == wanted


def test_a_session_of_one_server_holds_on_the_other(fleet: Fleet, site: Site) -> None:
    assert "__Host-cascadia" in site.http.cookies
    for address in APPS.values():
        headers = {"Host": HOST, "Cookie": site.cookie}
        answer = httpx.get(f"http://{address}:3000/api/v1/sessions/current", headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text


def test_a_step_assembly_goes_through_the_whole_fleet(fleet: Fleet, site: Site, project: str, tmp_path: Path) -> None:
    path = tmp_path / "as1.stp"
    as1.write(path)
    proposal = site.converted(path, project)
    accepted = site.post(f"/proposals/{proposal['id']}/accept", {}, status=200)
    tree = site.get(f"/parts/{accepted['root_item']['id']}/bom/tree")
    assert tree["totals"]["leaf_occurrences"] == "18"
    wait_until(lambda: bool(site.get(f"/proposals/{proposal['id']}")["pictures"] == "there"))
    model = site.send("GET", f"/files/{proposal['file']['id']}/derivatives/glb")
    assert (model.status_code, model.content[:4]) == (200, b"glTF")


def test_a_file_that_the_sample_does_not_pass_goes_in_pieces_over_both_servers(fleet: Fleet, site: Site, project: str) -> None:
    """The sample passes 1 MB at most: whole it is refused, in pieces under that it arrives, each to another server."""
    content = os.urandom(3 * 1024 * 1024)
    whole = site.send("POST", "/files", params={"name": "large.bin", "project": project}, content=content)
    assert whole.status_code == 413
    where = site.begin_upload("large.bin", project, len(content), hashlib.sha256(content).hexdigest())
    file = None
    for start in range(0, len(content), PIECE):
        file = site.add_piece(where, start, content[start : start + PIECE]).headers.get("Cascadia-File")
    assert site.send("GET", f"/files/{file}/content").content == content


def test_nobody_is_let_in_from_another_origin(fleet: Fleet) -> None:
    with client(fleet, Origin="https://evil.example.org") as http:
        answer = http.post("/api/v1/sessions", json={"email": "a@example.org", "password": "x"})
        assert answer.status_code == 403, answer.text


def test_a_worker_with_a_family_that_does_not_exist_is_refused_by_name(fleet: Fleet) -> None:
    server = fleet.servers["cad"]
    told = fleet.compose("cad", "run", "--rm", "-e", "JOB_TYPES=conversion.card", "--no-deps", "worker", check=False)
    assert "conversion.card" in told
    assert "conversion.cad" in told
    assert server.folder.exists()


def test_standing_in_images_are_marked_as_such(found_images: dict[str, str], fleet: Fleet) -> None:
    for name, origin in found_images.items():
        if origin == "made here":
            assert LABEL in fleet.engine.run("image", "inspect", "--format", "{{json .Config.Labels}}", name)
