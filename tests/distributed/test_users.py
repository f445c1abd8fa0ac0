"""Many people at once, a large file, somebody who forges headers, and a browser: through the balancer, on the whole fleet."""

import hashlib
import json
import os
import random
import re
import socket
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.assets import as1
from tests.browser.conftest import CHROMIUM, PICTURES, SOFTWARE_WEBGL
from tests.distributed.load import database_url, invariants, under_load
from tests.distributed.site import EMAIL, HOST, PASSWORD, PIECES, Site, client
from tests.jobs.test_worker import descendants
from tools.cluster import APPS, JOBS, Fleet

ROOT: Final = Path(__file__).parents[2]
SECONDS: Final = float(os.environ.get("USERS_SECONDS", "20"))
USERS: Final = int(os.environ.get("USERS", "50"))
LARGE_MB: Final = int(os.environ.get("LARGE_MB", "128"))
PIECE: Final = 960 * 1024
CUTS: Final = 10
SPREAD_MB: Final = 64
IDLE_GB: Final = 1.5


def test_the_idle_fleet_is_small(fleet: Fleet) -> None:
    names = [*APPS, *JOBS, "postgres", "rabbitmq", "seaweedfs", "balancer"]
    held = {name: memory_mb(fleet, name) for name in names}
    sys.stdout.write(", ".join(f"{name} {mb:.0f} MB" for name, mb in held.items()) + f"; in all {sum(held.values()):.0f} MB\n")
    assert sum(held.values()) < IDLE_GB * 1024


def test_many_people_work_at_once(fleet: Fleet, project: str, site: Site) -> None:
    """Each does something about once a second; no action fails, and everything is there afterwards."""
    with under_load(fleet, project, workers=USERS, think_seconds=1.0) as load:
        time.sleep(SECONDS)
    sys.stdout.write(f"{USERS} users: {load.told()}; pages: p50 {load.percentile(0.5):.0f} ms, p95 {load.percentile(0.95):.0f} ms\n")
    invariants(fleet, load, site)


def test_a_large_file_is_cut_ten_times_and_goes_on_at_the_other_server(fleet: Fleet, project: str, site: Site) -> None:
    """The sample's 1 MB holds. Each cut is in the middle of a piece; the app servers' memory does not grow with the file."""
    size = LARGE_MB * 2**20
    block = random.randbytes(2**20)
    digest = hashlib.sha256(block * LARGE_MB).hexdigest()
    where = site.begin_upload("large.bin", project, size, digest)
    before, peak = {name: memory_mb(fleet, name) for name in APPS}, dict.fromkeys(APPS, 0.0)
    cuts = sorted(random.sample(range(size // PIECE), CUTS))
    servers, offset, number = list(APPS.values()), 0, 0
    while offset < size:
        start = offset % 2**20
        piece = (block[start:] + block * 2)[: min(PIECE, size - offset)]
        if cuts and number >= cuts[0]:
            cuts.pop(0)
            cut_off(site, servers[0], f"/api/v1{where}", offset, piece)
            servers.reverse()
            told = httpx.head(f"http://{servers[0]}:3000/api/v1{where}", headers=cookies(site), timeout=20, trust_env=False)
            assert int(told.headers["Upload-Offset"]) == offset, "half a piece counted"
        site.add_piece(where, offset, piece)
        offset, number = offset + len(piece), number + 1
        if number % 20 == 0:
            peak = {name: max(peak[name], memory_mb(fleet, name)) for name in APPS}
    file, deadline = None, time.monotonic() + 120
    while file is None and time.monotonic() < deadline:
        file = site.get(where)["file"]
        time.sleep(0.5)
    assert file is not None, site.get(where)
    arrived = hashlib.sha256()
    with site.http.stream("GET", f"/api/v1/files/{file}/content") as answer:
        for chunk in answer.iter_bytes():
            arrived.update(chunk)
    assert arrived.hexdigest() == digest
    assert all(peak[name] - before[name] < SPREAD_MB for name in APPS), (before, peak)


def cookies(site: Site) -> dict[str, str]:
    return {"Host": HOST, "Origin": f"https://{HOST}", "Cookie": site.cookie}


def cut_off(site: Site, address: str, path: str, offset: int, piece: bytes) -> None:
    """Sends a part of a piece to a server and hangs up."""
    told = {
        **cookies(site),
        "Upload-Offset": str(offset),
        "Content-Type": PIECES,
        "Content-Length": str(len(piece)),
    }
    head = f"PATCH {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told.items()) + "\r\n"
    with socket.create_connection((address, 3000), timeout=10) as link:
        link.sendall(head.encode() + piece[: random.randrange(1, len(piece))])
        link.shutdown(socket.SHUT_RDWR)


def memory_mb(fleet: Fleet, name: str) -> float:
    """What a container's processes hold, without the system's cache of files."""
    pid = int(fleet.engine.run("inspect", "--format", "{{.State.Pid}}", fleet.container(name)))
    total = 0
    for process in (pid, *descendants(pid)):
        found = re.search(r"^Pss_Anon:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
        total += int(found[1]) if found else 0
    return total / 1024


def test_forged_headers_change_nothing(fleet: Fleet, site: Site) -> None:
    """Through the balancer, and around it from inside an app server's own network: nobody is taken for somebody else."""
    forged = {
        "X-Forwarded-For": "203.0.113.7",
        "X-Real-IP": "203.0.113.7",
        "X-Forwarded-Host": "evil.example.org",
        "Forwarded": "for=203.0.113.7",
    }
    body = {"email": EMAIL, "password": PASSWORD}
    with client(fleet, **forged) as http:
        answer = http.post("/api/v1/sessions", json=body)
        assert answer.status_code == 201, answer.text
        assert "evil" not in answer.headers.get("Location", "") + answer.text
    code = (
        "import json, sys, urllib.request as u; told = json.loads(sys.argv[1])\n"
        "request = u.Request('http://app:3000/api/v1/sessions', json.dumps(told['body']).encode(), told['headers'])\n"
        "print(u.urlopen(request, timeout=10).status)"
    )
    headers = {"Content-Type": "application/json", "Host": HOST, "Origin": f"https://{HOST}", **forged}
    told = json.dumps({"body": body, "headers": headers})
    inside = fleet.compose("app1", "run", "--rm", "--no-deps", "--entrypoint", "python3", "app", "-c", code, told)
    assert inside.strip().endswith("201")
    with psycopg.connect(database_url(fleet), autocommit=True) as connection:
        found = connection.execute("SELECT DISTINCT address FROM audit WHERE address IS NOT NULL").fetchall()
    assert found
    assert not {str(row[0]) for row in found} & {"203.0.113.7"}
    other = site.http.get("/api/v1/sessions/current", headers={"Host": "evil.example.org"})
    assert "evil.example.org" not in other.text + str(other.headers)


@pytest.mark.needs("chromium")
def test_a_person_signs_in_and_converts_a_file_in_a_browser(fleet: Fleet, site: Site, tmp_path: Path) -> None:
    """https of the balancer, two app servers behind it, the conversion on a jobs server."""
    project = site.project("browser")
    step = tmp_path / "browser.stp"
    as1.write(step)
    rules = f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{fleet.https_port}"
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        options = ["--disable-quic", "--disable-background-networking", rules, *SOFTWARE_WEBGL]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *options])
        context = browser.new_context(base_url=f"https://{HOST}", ignore_https_errors=True, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto("/sign-in")
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(re.compile("/parts"))
        page.get_by_label("Files to import").set_input_files(step)
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Project").select_option(value=project)
        dialog.get_by_role("button", name="Upload and read").click()
        expect(page.get_by_role("button", name="Accept")).to_be_visible(timeout=120_000)
        page.screenshot(path=PICTURES / "fleet-proposal.png")
        page.get_by_role("button", name="Accept").click()
        expect(page).to_have_url(re.compile("/parts/.*/bom"), timeout=60_000)
        expect(page.get_by_role("treegrid")).to_contain_text("nut")
        page.screenshot(path=PICTURES / "fleet-bom.png")
        assert {cookie["name"] for cookie in context.cookies()} >= {"__Host-cascadia"}
        assert urlsplit(page.url).hostname == HOST
        context.close()
        browser.close()
