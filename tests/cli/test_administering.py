"""Commands of who administers tokens, people and room for files: the real program against the real program."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.cli.test_against_a_server import run, token_of
from tests.company import JSON, Person, Workshop
from tests.served import served
from tests.vault.test_uploads import Uploader, metadata


async def administering(person: Person) -> str:
    return str((await person.post("/tokens", {"name": "administering", "scope": "administer"}))["secret"])


async def answers(url: str, secret: str, method: str, path: str, body: JSON | None = None) -> int:
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {secret}"}) as script:
        return (await script.request(method, f"/api/v1{path}", json=body)).status_code


async def told(url: str, token: str, folder: Path, *arguments: str) -> Any:
    """What a command that ends well says as JSON."""
    code, out, said = await run(url, token, folder, [*arguments, "--json"])
    assert (code, said) == (0, "")
    return json.loads(out)


@pytest.mark.timeout(300)
async def test_a_token_that_a_command_makes_has_the_scope_that_it_names(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    token = await administering(workshop.engineer)
    part = {"project": workshop.project, "name": "Bracket"}
    async with served(app) as url:
        code, secret, said = await run(url, token, tmp_path, ["token", "create", "nightly", "--scope", "read"])
        assert (code, said) == (0, "")
        assert await answers(url, secret.strip(), "GET", "/parts") == 200
        assert await answers(url, secret.strip(), "POST", "/parts", part) == 403
        code, out, said = await run(url, secret.strip(), tmp_path, ["token", "create", "more", "--scope", "read"])
        assert (code, out, "scope" in said) == (1, "", True)
        assert [(t["name"], t["scope"]) for t in await told(url, token, tmp_path, "token", "list")] == [
            ("administering", "administer"),
            ("nightly", "read"),
        ]
    assert (await workshop.engineer.get("/parts"))["items"] == []


@pytest.mark.timeout(300)
async def test_who_administers_lists_everybodys_tokens_and_signs_somebody_out(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    token, theirs, email = await administering(workshop.lead), await token_of(workshop.engineer), workshop.engineer.user["email"]
    async with served(app) as url:
        code, out, _ = await run(url, token, tmp_path, ["token", "list", "--everybody"])
        heads, *lines = out.splitlines()
        assert (code, heads.split()[:3]) == (0, ["ID", "NAME", "OF"])
        assert [email in line for line in lines] == [False, True]
        code, out, said = await run(url, theirs, tmp_path, ["token", "list", "--everybody"])
        assert (code, out, "administrator" in said) == (1, "", True)
        assert (await run(url, theirs, tmp_path, ["user", "sign-out", workshop.lead.user["email"]]))[0] == 1
        done = await run(url, token, tmp_path, ["user", "sign-out", email.upper()])
        assert done == (0, f"Ended 1 sessions and 1 API tokens of {email.upper()}.\n", "")
        assert await answers(url, theirs, "GET", "/parts") == 401
        assert await answers(url, token, "GET", "/parts") == 200
    assert (await workshop.engineer.send("GET", "/parts")).status_code == 401


@pytest.mark.timeout(300)
async def test_room_is_bounded_seen_and_freed_of_uploads_by_commands(workshop: Workshop, app: FastAPI, tmp_path: Path) -> None:
    token, theirs = await administering(workshop.lead), await token_of(workshop.engineer)
    headers = {"Upload-Length": "1000", "Upload-Metadata": metadata(name="big.bin", project=workshop.project)}
    begun = await workshop.engineer.http.post("/api/v1/uploads", headers=headers)
    upload = begun.headers["location"].rpartition("/")[2]
    async with served(app) as url:
        (room,) = await told(url, token, tmp_path, "files", "quota", "rover", "--allow", "50GiB")
        assert (room["code"], room["used"], room["promised"], room["allowed"]) == ("ROVER", 0, 1000, 50 * 1024**3)
        code, out, said = await run(url, theirs, tmp_path, ["files", "quota", "ROVER", "--allow", "none"])
        assert (code, out) == (1, ""), said
        code, out, said = await run(url, token, tmp_path, ["files", "quota", "ROVER", "--allow", "plenty"])
        assert (code, out, said) == (1, "", "cascadia: plenty is no amount of whole bytes. Write 50GiB, 1.5TB, 1000, or none.\n")
        assert [u["id"] for u in await told(url, theirs, tmp_path, "files", "uploads")] == [upload]
        code, out, said = await run(url, await token_of(workshop.viewer), tmp_path, ["files", "drop", upload])
        assert (code, out) == (1, ""), said
        gone = (
            "Dropped the upload of big.bin with the 5 of 1000 bytes that had arrived. It became no file; send it again from its beginning."
        )
        (await Uploader(workshop).piece(begun.headers["location"], 0, b"01234")).raise_for_status()
        assert await run(url, token, tmp_path, ["files", "drop", upload]) == (0, f"{gone}\n", "")
        whole = await workshop.engineer.http.post("/api/v1/uploads", headers={**headers, "Upload-Length": "0"})
        done = (await workshop.engineer.http.get(whole.headers["location"])).json()
        stays = f"Forgot the upload of big.bin; the file that it became stays: {done['file']}.\n"
        assert await run(url, theirs, tmp_path, ["files", "drop", done["id"]]) == (0, stays, "")
        assert (await workshop.engineer.get(f"/files/{done['file']}"))["name"] == "big.bin"
        assert await told(url, theirs, tmp_path, "files", "uploads") == []
        assert {u["code"]: (u["promised"], u["allowed"]) for u in await told(url, token, tmp_path, "files", "quota")} == {
            "ROVER": (0, 50 * 1024**3),
            "SECRET": (0, None),
        }
        (room,) = await told(url, token, tmp_path, "files", "quota", "ROVER", "--allow", "none")
        assert room["allowed"] is None
