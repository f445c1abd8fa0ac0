"""The text of a STEP file before OpenCASCADE reads it: is it one, which schema, in which encoding, and where its documents lie."""

import codecs
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cascadia.cad import archive, encoding
from cascadia.cad.model import CadError
from cascadia.structures.model import Note

HEADER_MAX: Final = 16 << 20
BEGINNING: Final = 65536
PIECE_BYTES: Final = 1 << 20
NESTED_MAX: Final = 1000
"""CAD programs nest a handful of parentheses; two million end OpenCASCADE's parser, whose recursion has no limit."""
OTHERS: Final = bytes(set(range(256)) - set(b"();'"))
STRING: Final = re.compile(rb"'[^']*'")
SCHEMA: Final = re.compile(rb"FILE_SCHEMA\s*\(\s*\(([^)]{0,3000})\)", re.IGNORECASE)
QUOTED: Final = re.compile(rb"'((?:[^']|'')*)'")
REMARK: Final = re.compile(rb"('[^']*')|/\*.*?\*/", re.DOTALL)
FRONT: Final = re.compile(rb"(?:[\s\0]|/\*.*?\*/)*", re.DOTALL)
BEHIND_HEADER: Final = re.compile(rb"ENDSEC\s*;\s*DATA\s*[;(]", re.IGNORECASE)
GUESSED: Final = (
    "Names in the file are in no encoding that STEP knows. They were read as {}, such as “{}”. "
    "If that is wrong, discard this proposal and export the file with names in UTF-8 or in the escapes of STEP."
)
NAMED: Final = b"ISO-10303-21"
END: Final = b"END-" + NAMED
PROTOCOLS: Final = (
    (re.compile("CONFIG_CONTROL|CONFIGURATION_CONTROL|(?:STEP_|ISO_10303_)?AP_?203(?![0-9])|.*[^0-9]10303 +[24]03[^0-9]"), "AP203"),
    (re.compile("AUTOMOTIVE_DESIGN|(?:STEP_|ISO_10303_)?AP_?214(?![0-9])|.*[^0-9]10303 +214[^0-9]"), "AP214"),
    (re.compile("MANAGED_MODEL_BASED|(?:STEP_|ISO_10303_)?AP_?242(?![0-9])|.*[^0-9]10303 +442[^0-9]"), "AP242"),
)
"""By the beginning of the schema's name, or its object identifier: 403 and 442 are the long forms of AP203 edition 2 and AP242."""
UNSTATED: Final = "AP214"


@dataclass(frozen=True, slots=True)
class Source:
    """A STEP file that OpenCASCADE can read, the application protocol that it states, and what was guessed on the way.

    `home` is where it lies, unpacked, beside the documents that it refers to.
    """

    home: Path
    readable: Path
    protocol: str
    notes: tuple[Note, ...] = ()


def prepared(path: Path, scratch: Path) -> Source:
    """The file unpacked, in UTF-8, and without anything in front of it, in the folder `scratch` where that changes it.

    Raises `CadError` for what cannot be converted.
    """
    scratch.mkdir()
    whole = archive.unpacked(path, scratch / "unpacked")
    notes = []
    protocol = check(whole)
    if protocol is None:
        notes.append(Note(code="schema", message=f"The file states no schema. It was read as {UNSTATED}."))
    used = None
    if not encoding.is_utf8(whole):
        used, example = encoding.guessed(whole)
        notes.append(Note(code="encoding", message=GUESSED.format(encoding.NAMES[used], example)))
    front = _front(whole)
    if not front and used is None:
        return Source(whole, whole, protocol or UNSTATED, tuple(notes))
    readable = scratch / "readable.stp"
    with whole.open("rb") as file, readable.open("wb") as made:
        file.seek(front)
        if used is None:
            shutil.copyfileobj(file, made, PIECE_BYTES)
        else:
            made.writelines(encoding.in_utf8(line, used) for line in file)
    return Source(whole, readable, protocol or UNSTATED, tuple(notes))


def _front(path: Path) -> int:
    """How many bytes stand before the file's first words: a byte-order mark, blanks, remarks."""
    with path.open("rb") as file:
        head = file.read(BEGINNING)
    mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    found = FRONT.match(head, mark)
    return found.end() if found else mark


def check(path: Path) -> str | None:
    """The application protocol that the file states: `AP203`, `AP214` or `AP242`, None where it leaves its schema empty."""
    with path.open("rb") as file:
        head = file.read(BEGINNING)
    if not head.strip(b" \t\r\n\0"):
        raise CadError("cad_empty", "The file is empty. Export it again from your CAD program.")
    if not head[_front(path) :].startswith(NAMED):
        raise CadError("cad_not_step", "This is not a STEP file (ISO 10303-21), whatever its name says. Export the model as STEP.")
    if not _has_its_end(path):
        raise CadError("cad_truncated", "The file ends in the middle: it was cut off on its way. Export or send it again.")
    if _is_nested_too_deep(path):
        raise CadError("cad_too_nested", f"It nests parentheses more than {NESTED_MAX} deep, as no CAD program does. Export it again.")
    return _protocol(_header(path))


def _has_its_end(path: Path) -> bool:
    """Whether the exchange structure that begins last in the file ends in it too. Signatures and blanks may stand behind its end."""
    with path.open("rb") as file:
        end, begun = path.stat().st_size, b""
        while end > 0:
            start = max(0, end - PIECE_BYTES)
            file.seek(start)
            piece = file.read(end - start) + begun
            found = piece.rfind(NAMED)
            if found >= len(END) - len(NAMED) or (found >= 0 and start == 0):
                return piece[:found].endswith(b"END-")
            end, begun = start, piece[: len(END)]
    return False


def _header(path: Path) -> bytes:
    """As much of the file as names its schema, or is its header."""
    head = b""
    with path.open("rb") as file:
        while len(head) < HEADER_MAX and (piece := file.read(max(len(head), BEGINNING))):
            head += piece
            plain = REMARK.sub(lambda match: match[1] or b" ", head)
            if SCHEMA.search(plain) or BEHIND_HEADER.search(plain):
                return plain
    return head


def _is_nested_too_deep(path: Path) -> bool:
    """Looks at the parentheses of each entity, outside of its strings; an apostrophe in one is written twice, which changes nothing."""
    signs = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            outside, quote, _ = STRING.sub(b"", signs + piece.translate(None, OTHERS)).partition(b"'")
            *entities, begun = outside.split(b";")
            kept = _reduced(begun)
            if kept is None or None in [_reduced(each) for each in entities if len(each) > NESTED_MAX]:
                return True
            signs = kept + quote
    return False


def _reduced(parentheses: bytes) -> bytes | None:
    """What stays open, the innermost pairs taken away round by round; None where that takes too many rounds, or too many stay."""
    for _ in range(NESTED_MAX):
        if b"()" not in parentheses:
            return parentheses if parentheses.count(b"(") <= NESTED_MAX else None
        parentheses = parentheses.replace(b"()", b"")
    return None


def _protocol(head: bytes) -> str | None:
    found = SCHEMA.search(head)
    stated = [name.decode("latin-1").strip() for name in QUOTED.findall(found[1])] if found else []
    for name in stated:
        plain = re.sub(r"[^A-Z0-9]+", "_", name.partition("{")[0].upper()).strip("_") + name.partition("{")[2]
        for known, protocol in PROTOCOLS:
            if known.match(plain):
                return protocol
    named = [name.partition("{")[0].strip() for name in stated if name]
    if found and not named:
        return None
    words = f"states the schema {', '.join(named)}" if named else f"states no schema in the first {HEADER_MAX >> 20} MiB of its header"
    raise CadError("cad_unsupported_schema", f"The file {words}. Export it as STEP AP242, AP214 or AP203.")


def beside(path: Path, name: str) -> Path | None:
    """The file that a document's name means: one of the same folder, or None. Folders in the name are never followed."""
    wanted = archive.bare(name).casefold()
    if not wanted or wanted in {".", ".."} or "\0" in wanted:
        return None
    for candidate in sorted(path.parent.iterdir()):
        if candidate.name.casefold() == wanted and candidate.is_file() and not candidate.is_symlink():
            return candidate
    return None
