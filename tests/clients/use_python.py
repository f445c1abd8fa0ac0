"""Uses the generated client as somebody would who found it: `use_python.py URL TOKEN PROJECT`, with the client's folder on the path."""

import sys
from uuid import UUID

from plm import AuthenticatedClient  # type: ignore[import-not-found]
from plm.api.bom import add_bom_line, get_bom_tree, list_bom_lines  # type: ignore[import-not-found]
from plm.api.files import create_attachment, create_file, list_attachments  # type: ignore[import-not-found]
from plm.api.parts import create_part, edit_part, get_part, list_parts  # type: ignore[import-not-found]
from plm.models import AttachmentRole, NewAttachmentBody, NewLine, NewPart, PartPatch, Problem  # type: ignore[import-not-found]
from plm.types import File  # type: ignore[import-not-found]


def main(url: str, token: str, project: UUID) -> None:
    """One call of each kind; each is asserted."""
    import io

    client = AuthenticatedClient(base_url=url, token=token)
    top = create_part.sync(client=client, body=NewPart(project=project, name="Top"))
    below = create_part.sync(client=client, body=NewPart(project=project, name="Below", number="B-1"))
    assert [part.number for part in list_parts.sync(client=client, number="B-1", limit=1).items] == ["B-1"]
    refusal = get_part.sync(UUID(int=7), client=client)
    assert isinstance(refusal, Problem)
    assert (refusal.code, refusal.status) == ("not_found", 404)
    seen = get_part.sync_detailed(top.id, client=client)
    edited = edit_part.sync(top.id, client=client, body=PartPatch(name="Changed"), if_match=seen.headers["ETag"])
    assert edited.name == "Changed"
    stale = edit_part.sync(top.id, client=client, body=PartPatch(name="Late"), if_match=seen.headers["ETag"])
    assert (stale.code, stale.status) == ("stale_version", 412)
    bom = list_bom_lines.sync_detailed(top.id, client=client)
    line = add_bom_line.sync(top.id, client=client, body=NewLine(child=below.id, quantity="2.5"), if_match=bom.headers["ETag"])
    assert (line.child.number, line.quantity) == ("B-1", "2.5")
    tree = get_bom_tree.sync(top.id, client=client)
    assert tree.items.number[1:] == ["B-1"]
    file = create_file.sync(client=client, body=File(payload=io.BytesIO(b"words")), name="words.txt", project=project)
    attached = create_attachment.sync(top.id, client=client, body=NewAttachmentBody(file=file.id, role=AttachmentRole.SPECIFICATION))
    assert (attached.role, attached.file.name) == (AttachmentRole.SPECIFICATION, "words.txt")
    assert [a.id for a in list_attachments.sync(top.id, client=client).items] == [attached.id]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], UUID(sys.argv[3]))
