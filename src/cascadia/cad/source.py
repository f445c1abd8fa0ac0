"""The text of a STEP file before OpenCASCADE reads it: is it one, which schema, in which encoding, and where its documents lie."""

import codecs
import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from cascadia.cad.model import CadError

HEADER_MAX: Final = 16 << 20
BEGINNING: Final = 65536
PIECE_BYTES: Final = 1 << 20
NESTED_MAX: Final = 1000
"""CAD programs nest a handful of parentheses; two million end OpenCASCADE's parser, whose recursion has no limit."""
OTHERS: Final = bytes(set(range(256)) - set(b"();'"))
STRING: Final = re.compile(rb"'[^']*'")
SCHEMA: Final = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'((?:[^']|''){0,300})'", re.IGNORECASE)
BEHIND_HEADER: Final = re.compile(rb"ENDSEC\s*;\s*DATA\s*[;(]", re.IGNORECASE)
NAMED: Final = b"ISO-10303-21"
END: Final = b"END-" + NAMED
PROTOCOLS: Final = (
    ("CONFIG_CONTROL_DESIGN", "AP203"),
    ("AP203_CONFIGURATION_CONTROLLED", "AP203"),
    ("AUTOMOTIVE_DESIGN", "AP214"),
    ("AP242_MANAGED_MODEL", "AP242"),
)


def check(path: Path) -> str:
    """The application protocol that the file states: `AP203`, `AP214` or `AP242`. Raises `CadError` for what cannot be converted."""
    with path.open("rb") as file:
        head = file.read(BEGINNING)
    if not head.strip(b" \t\r\n\0"):
        raise CadError("cad_empty", "The file is empty. Export it again from your CAD program.")
    if not head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(NAMED):
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
            if SCHEMA.search(head) or BEHIND_HEADER.search(head):
                break
    return head


def _is_nested_too_deep(path: Path) -> bool:
    """Looks at the parentheses of each entity, outside of its strings; an apostrophe in one is written twice, which changes nothing."""
    signs = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            outside, quote, _ = STRING.sub(b"", signs + piece.translate(None, OTHERS)).partition(b"'")
            *entities, begun = map(_reduced, outside.split(b";"))
            if None in entities or begun is None:
                return True
            signs = begun + quote
    return False


def _reduced(parentheses: bytes) -> bytes | None:
    """What stays open, the innermost pairs taken away round by round; None where that takes too many rounds, or too many stay."""
    for _ in range(NESTED_MAX):
        if b"()" not in parentheses:
            return parentheses if parentheses.count(b"(") <= NESTED_MAX else None
        parentheses = parentheses.replace(b"()", b"")
    return None


def _protocol(head: bytes) -> str:
    found = SCHEMA.search(head)
    schema = " ".join(found.group(1).decode("latin-1").upper().split()) if found else ""
    for name, protocol in PROTOCOLS:
        if schema.startswith(name):
            return protocol
    stated = (
        f"states the schema {schema.split(' ')[0]}" if schema else f"states no schema in the first {HEADER_MAX >> 20} MiB of its header"
    )
    raise CadError("cad_unsupported_schema", f"The file {stated}. Export it as STEP AP242, AP214 or AP203.")


def in_utf8(path: Path, target: Path) -> Path:
    """A file with the same content in UTF-8: the file itself where it is, else `target`.

    Old exporters write names in Windows-1252 or Latin-1, which OpenCASCADE would take for UTF-8 and garble. The escapes of ISO 10303-21
    are ASCII, and OpenCASCADE decodes them well.
    """
    if _is_utf8(path):
        return path
    with path.open("rb") as source, target.open("wb") as made:
        for line in source:
            made.write(_line_in_utf8(line))
    return target


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _line_in_utf8(line: bytes) -> bytes:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding).encode()
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1").encode()


def beside(path: Path, name: str) -> Path | None:
    """The file that a document's name means: one of the same folder, or None. Folders in the name are never followed."""
    bare = PurePosixPath(PureWindowsPath(name).name).name
    if not bare or bare in {".", ".."} or "\0" in bare:
        return None
    wanted = bare.casefold()
    for candidate in sorted(path.parent.iterdir()):
        if candidate.name.casefold() == wanted and candidate.is_file() and not candidate.is_symlink():
            return candidate
    return None
