"""The page of events: every type that the program emits, with the members of its `data`."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cascadia.notify.model import NOT_TOLD
from tools.reference import source
from tools.reference.source import SOURCE, Module, NotReadable

PAGE: Final = """# Events

Generated; a test holds it against the source. How to read them is in [receive webhooks](../how-to/receive-webhooks.md).

`GET /api/v1/events` and `cascadia events` tell them in one gapless order; each has `id`, `type`, `subject` (the id of what it is about),
`at`, `program`, `actor` and `data`. One sees the events of programs in which one has a role and of one's own jobs; administrators
see those of no program besides. Types marked with * are not told by webhooks. Members may be added to `data` later; none is taken
away in `/api/v1`. What came with a commit has `commit` besides, its id, `seq`, its number on its branch, `branch_id` (0: `main`) and
`about`, a hash of its kind, import and programs, by which the seals of the audit trail cover them.

| type | when | `subject` | members of `data` |
|---|---|---|---|
{rows}
"""


@dataclass(frozen=True, slots=True)
class About:
    """One type: when it is emitted, what its subject is, and what each member of `data` holds. `maybe`: not always there.

    `committed`: it comes with a commit, and has the members of `COMMIT` besides.
    """

    when: str
    subject: str
    data: Mapping[str, str] = field(default_factory=dict)
    maybe: frozenset[str] = frozenset()
    committed: bool = False


COMMIT: Final = frozenset({"commit", "seq", "branch_id", "about"})


_NUMBER: Final = {"number": "its number"}
_ATTACHMENT: Final = {"item": "id of the item", "file": "id of the file"}
_MADE: Final = {
    "blob": "inner number of the contents",
    "file": "id of the file",
    "outputs": "how many derivatives were made",
    "made": "their kinds",
    "converter": "name and version of what made them",
}
_JOB: Final = {"type": "the job's type", "family": "its family"}
_WEBHOOK: Final = {"url": "its address"}

EVENTS: Final[Mapping[str, About]] = {
    "attachment.changed": About("an attachment of an item has another file, role or order", "the attachment", _ATTACHMENT, committed=True),
    "attachment.created": About("a file was attached to an item", "the attachment", _ATTACHMENT, committed=True),
    "attachment.deleted": About("a file was detached from an item", "the attachment", _ATTACHMENT, committed=True),
    "bom.changed": About("lines of a BOM were added, changed or removed", "the parent", {**_NUMBER, "lines": "how many"}, committed=True),
    "derivative.created": About("a conversion of a file succeeded", "the file", _MADE),
    "derivative.failed": About(
        "a conversion of a file failed for good",
        "the file",
        {"blob": _MADE["blob"], "file": _MADE["file"], "code": "an [error](errors.md) of a job", "message": "its sentence"},
    ),
    "derivative.missing": About(
        "the 3D model or the pictures of a file could not be made; what was read of it stays",
        "the file",
        {"blob": _MADE["blob"], "file": _MADE["file"], "code": "an [error](errors.md) of a job", "message": "its sentence"},
    ),
    "file.created": About(
        "a file arrived",
        "the file",
        {
            "file": "id of the file",
            "name": "its name",
            "media_type": "its media type",
            "sha256": "hash of its contents, hexadecimal",
            "size": "its size in bytes",
            "project": "id of its project",
        },
    ),
    "file.damaged": About(
        "the bytes of a file are not there, or not those that came", "the file", {"name": "its name", "damage": "`missing` or `changed`"}
    ),
    "instance.set_up": About("the first administrator was made", "the instance", {"organisation": "its name"}),
    "job.changed": About(
        "a job was asked for, or its state changed",
        "the job",
        {
            **_JOB,
            "state": "its state",
            "attempt": "number of the attempt",
            "error": "why it failed: `code` and `message`",
            "failed": "true where it is dead or cancelled",
        },
        frozenset({"error", "failed"}),
    ),
    "job.children_ended": About("the last job that another one had begun has ended", "the parent job", {**_JOB, "children": "how many"}),
    "number_scheme.changed": About(
        "numbers of a kind are made otherwise from now on",
        "the scheme",
        {"kind": "the kind of item", "segments": "what they consist of"},
    ),
    "part.alias_added": About("a part is found by one number more", "the part", {"alias": "that number"}),
    "part.alias_removed": About("a part is no longer found by an alias", "the part", {"alias": "that number"}),
    "part.changed": About("fields of a part changed", "the part", {**_NUMBER, "fields": "names of those that changed"}, committed=True),
    "part.created": About("a part was created", "the part", _NUMBER, committed=True),
    "part.deleted": About("a part was deleted; its past stays", "the part", _NUMBER, committed=True),
    "part.renumbered": About("a part that was never released got another number", "the part", {"old": "the old one", "new": "the new one"}),
    "preview.created": About("a preview of a file was made", "the file", _MADE),
    "program.quota_changed": About("what a program's files may take was set", "the program", {"allowed": "bytes; null: no bound"}),
    "program.created": About("a program was made", "the program", {"code": "its code", "name": "its name"}),
    "project.created": About(
        "a project was made", "the project", {"code": "its code", "name": "its name", "library": "whether everybody may read it"}
    ),
    "proposal.accepted": About(
        "a proposal was accepted, as one commit",
        "the proposal",
        {"file": "id of its file", "created": "how many parts it created", "rows": "how many rows it wrote"},
        committed=True,
    ),
    "proposal.discarded": About("a proposal was discarded", "the proposal"),
    "proposal.undone": About(
        "what accepting a proposal had written was taken back",
        "the proposal",
        {"undone": "the commit that was undone"},
        committed=True,
    ),
    "proposal.failed": About("a proposal cannot be made", "the proposal", {"code": "an [error](errors.md) of a job"}),
    "proposal.opened": About("a proposal can be reviewed", "the proposal", {"file": "id of its file"}),
    "proposal.requested": About(
        "a proposal was asked for",
        "the proposal",
        {
            "file": "id of its file",
            "name": "name of the file",
            "sha256": "hash of its contents",
            "project": "id of the project",
            "reader": "what reads it",
            "reading": "how it is to be read, where somebody said so of a list",
        },
    ),
    "role.granted": About("a person got a role in a program", "the person", {"program": "id of the program", "role": "the role"}),
    "role.revoked": About("a person has no role in a program any more", "the person", {"program": "id of the program"}),
    "session.ended": About("a session was ended by its person, or replaced by a new one", "the person"),
    "session.started": About("somebody signed in", "the person"),
    "token.created": About("an API token was made", "the token", {"name": "its name", "scope": "what it is for"}),
    "token.revoked": About("an API token was revoked, or the one that made it", "the token"),
    "user.changed": About(
        "an account changed",
        "the person",
        {
            "name": "the new name",
            "active": "whether it may sign in now",
            "administrator": "whether it is an administrator's now",
            "password": "true where it has a new one",
        },
        frozenset({"name", "active", "administrator", "password"}),
    ),
    "user.signed_out": About(
        "every session and API token of an account was ended", "the person", {"sessions": "how many", "tokens": "how many"}
    ),
    "user.created": About("an account was made", "the person", {"email": "its address", "administrator": "whether it administers"}),
    "webhook.changed": About("a webhook was changed", "the webhook", _WEBHOOK),
    "webhook.created": About("a webhook was made", "the webhook", _WEBHOOK),
    "webhook.deleted": About("a webhook was removed", "the webhook", _WEBHOOK),
    "webhook.disabled": About("a webhook was switched off after five days without success, or by a 410", "the webhook", {"reason": "why"}),
    "webhook.test": About("a webhook was tried; nobody but it is told", "the webhook", {"description": "of the webhook"}),
}

MAKERS: Final = frozenset({"Event", "_event", "_emit", "keeping"})
"""Functions that are given the type of an event as a text."""
TYPE: Final = re.compile(r"(…|[a-z_]+)\.[a-z_]+")
IN_SQL: Final = re.compile(r"emit\(gen_random_uuid\(\), '([a-z_.]+)'")
KINDS: Final = ("part",)
"""Kinds of items, which stand for the `…` of `f"{kind.name}.created"`."""


def page() -> str:
    """The whole page; raises `NotReadable` where it would not be what the source says."""
    emitted = types()
    lacking, gone = sorted(emitted - EVENTS.keys()), sorted(EVENTS.keys() - emitted)
    if lacking or gone:
        raise NotReadable(f"tools/reference/events.py lacks {lacking} and describes {gone}, which nothing emits")
    return PAGE.format(rows="\n".join(_row(name, about) for name, about in sorted(EVENTS.items())))


def types() -> set[str]:
    """Every type that the source emits."""
    in_sql = {name for path in SOURCE.rglob("*.sql") for name in IN_SQL.findall(path.read_text(encoding="utf-8"))}
    return in_sql | {name for module in source.modules() for call in _calls(module) for name in _types_of(call)}


def _calls(module: Module) -> Iterator[ast.Call]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in MAKERS:
                yield node


def _types_of(call: ast.Call) -> Iterator[str]:
    for argument in call.args:
        for text in source.texts(argument):
            if TYPE.fullmatch(text):
                yield from (text.replace(source.HOLE, kind) for kind in KINDS)


def members() -> Iterator[tuple[str, frozenset[str]]]:
    """Type and members of `data` wherever both stand at one place of the source."""
    for module in source.modules():
        for call in _calls(module):
            data = next((a for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, ast.Dict)), None)
            if data is not None and all(isinstance(key, ast.Constant) for key in data.keys):
                names = frozenset(str(key.value) for key in data.keys if isinstance(key, ast.Constant))
                yield from ((name, names) for name in _types_of(call))


def _row(name: str, about: About) -> str:
    members = "; ".join(f"`{m}`{' (maybe)' if m in about.maybe else ''}: {words}" for m, words in about.data.items())
    members += "; those of a commit" if about.committed else ""
    return f"| `{name}`{' *' if name in NOT_TOLD else ''} | {about.when} | {about.subject} | {members} |"
