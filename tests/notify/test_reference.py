"""Events as they really come have the members that the reference says."""

import hashlib

from cascadia.kernel.db import Database
from tests.company import Person, Workshop
from tools.reference.events import COMMIT, EVENTS

SEEN = {
    "attachment.created",
    "attachment.deleted",
    "bom.changed",
    "file.created",
    "instance.set_up",
    "part.alias_added",
    "part.alias_removed",
    "part.changed",
    "part.created",
    "part.deleted",
    "part.renumbered",
    "program.created",
    "project.created",
    "proposal.requested",
    "role.granted",
    "role.revoked",
    "session.started",
    "token.created",
    "token.revoked",
    "user.changed",
    "user.created",
    "webhook.created",
    "webhook.deleted",
}


async def test_what_is_told_has_the_members_that_are_documented(workshop: Workshop) -> None:
    await something_of_everything(workshop)
    database: Database = workshop.company.app.state.database
    async with database.primary() as primary:
        rows = await primary.rows("SELECT type, data FROM outbox")
    assert SEEN - {row["type"] for row in rows} == set()
    for row in rows:
        about = EVENTS[row["type"]]
        members = row["data"].keys() - (COMMIT if about.committed else set())
        assert members <= about.data.keys(), row
        assert about.data.keys() - about.maybe <= members, row
        assert not about.committed or row["data"].keys() >= COMMIT, row


async def something_of_everything(workshop: Workshop) -> None:
    engineer, lead = workshop.engineer, workshop.lead
    part, child = await engineer.part(workshop.project, "Frame"), await engineer.part(workshop.project, "Bolt")
    await engineer.line(part["id"], child["id"])
    await changed(engineer, "PATCH", f"/parts/{part['id']}", {"name": "Frame of steel"})
    for path, body in (("number", {"number": "F-100"}), ("aliases", {"alias": "OLD-1"})):
        await changed(engineer, "POST", f"/parts/{part['id']}/{path}", body)
    await changed(engineer, "DELETE", f"/parts/{part['id']}/aliases/OLD-1")
    await changed(engineer, "DELETE", f"/parts/{(await engineer.part(workshop.project))['id']}")
    await files(engineer, workshop.project, part["id"])
    token = await engineer.post("/tokens", {"name": "script"})
    await changed(engineer, "DELETE", f"/tokens/{token['id']}")
    hook = await lead.post(
        "/webhooks", {"url": "https://example.org/", "types": ["part.*"], "program": workshop.program, "description": ""}
    )
    await changed(lead, "DELETE", f"/webhooks/{hook['id']}")
    gone = await workshop.company.person("Gone", {workshop.program: "viewer"})
    await changed(workshop.company.administrator, "DELETE", f"/programs/{workshop.program}/roles/{gone.user['id']}")
    await changed(workshop.company.administrator, "PATCH", f"/users/{gone.user['id']}", {"active": False})


async def files(engineer: Person, project: str, part: str) -> None:
    content = b"RefDes,Value\nR1,10k\n"
    sent = await engineer.http.post("/api/v1/files", params={"name": "list.csv", "project": project}, content=content)
    assert sent.status_code == 201, sent.text
    assert sent.json()["sha256"] == hashlib.sha256(content).hexdigest()
    attached = await engineer.post(f"/parts/{part}/attachments", {"file": sent.json()["id"], "role": "other"})
    await changed(engineer, "DELETE", f"/attachments/{attached['id']}")
    await engineer.post("/proposals", {"file": sent.json()["id"], "project": project}, status=202)


async def changed(person: Person, method: str, path: str, body: object = None) -> None:
    """A write on what is there now."""
    thing = path.split("/number", maxsplit=1)[0].split("/aliases", maxsplit=1)[0]
    seen = await person.http.get(f"/api/v1{thing}")
    headers = {"If-Match": seen.headers["ETag"]} if seen.status_code == 200 and "ETag" in seen.headers else {}
    answer = await person.send(method, path, body, headers=headers)
    assert answer.status_code < 300, f"{method} {path}: {answer.text}"
