"""The page of errors: every code that an answer, a command or a failed job may carry."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from cascadia.api.openapi import PROBLEMS
from cascadia.api.problems import SAID
from cascadia.cli import exits
from tools.reference import source
from tools.reference.source import SOURCE, Kind, Module, Said

PAGE: Final = """# Errors

Generated from the source; do not edit.

## Answers of the API

A refusal is a problem document (RFC 9457): `code` below is stable, `detail` is a sentence for people that says what to do, `errors`
names each place that is wrong, `request_id` is what the log has. Decide by `code`, show `detail`. `…` stands for what is put in.

| code | status | what it says |
|---|---|---|
{answers}

## Commands

A command that cannot do what it should prints one such sentence and ends with an [exit code](exit-codes.md). Beside the codes of the API,
which commands pass on, these are said on the machine itself:

| code | exit code | what it says |
|---|---|---|
{commands}

## Jobs that failed

`error` of a job that is dead or cancelled, in the API, in the interface and in mail:

| code | what it says |
|---|---|
{jobs}
"""
ON_THE_MACHINE: Final = ("cli", "kernel/embedded", "migrations/run.py", "migrations/waiting.py", "settings.py")
IN_JOBS: Final = ("notify/jobs.py", "notify/mail")
IN_SQL: Final = re.compile(r"""["']code["']\s*[:,]\s*["'](\w+)["'],\s*["']message["']\s*[:,]\s*["']([^"']+)["']""")
GENERAL: Final = frozenset(
    {"Invalid", "BadRequest", "NotSignedIn", "Forbidden", "NotFound", "Conflict", "Stale", "PreconditionRequired", "TooMany", "Unavailable"}
)
"""Classes whose own code is said in many places: their row says what all of them mean."""
MOST_SENTENCES: Final = 6


def page() -> str:
    """The whole page."""
    found = source.modules()
    known = source.kinds(found, "CascadiaError")
    said = [s for s in source.errors(found, known) if not s.place.startswith("src/cascadia/cli/remote/")]
    here = [s for s in said if _made_in(s, ON_THE_MACHINE)]
    answers = _answers([s for s in said if not _made_in(s, (*ON_THE_MACHINE, *IN_JOBS))], known, found)
    in_jobs = [s for s in said if _made_in(s, IN_JOBS)]
    return PAGE.format(answers=_rows(answers), commands=_rows(_commands(here, known)), jobs=_rows(_jobs(found, known, in_jobs)))


def _made_in(said: Said, places: Iterable[str]) -> bool:
    return said.place.startswith(tuple(f"src/cascadia/{path}" for path in places))


def _answers(said: Iterable[Said], known: Mapping[str, Kind], found: Sequence[Module]) -> Iterator[tuple[str, str, str]]:
    rows: dict[tuple[str, int], list[str]] = defaultdict(list)
    for one in said:
        status, own = source.of(one.kind, "status", known), source.of(one.kind, "code", known)
        assert isinstance(status, int)
        assert isinstance(own, str)
        rows[one.code or own, status] += list(one.sentences or [str(source.of(one.kind, "title", known))])
    for kind in GENERAL:
        rows[str(known[kind].code), known[kind].status or 0] = [PROBLEMS[known[kind].status or 0]]
    for status, (code, detail) in SAID.items():
        rows[code, status] += [] if rows[code, status] else [detail]
    for code, status, sentence in _problems(found):
        rows[code, status] += [] if rows[code, status] else [sentence]
    for (code, status), sentences in sorted(rows.items()):
        yield f"`{code}`", str(status), _sentences(sentences)


def _problems(found: Sequence[Module]) -> Iterator[tuple[str, int, str]]:
    """What is answered without an error of ours: `problem(status, code, title, detail)` with a code of its own."""
    for module in found:
        for status, code, sentences in source.problems(module):
            yield code, status, _sentences(sentences)


def _commands(said: Iterable[Said], known: Mapping[str, Kind]) -> Iterator[tuple[str, str, str]]:
    rows: dict[str, list[str]] = defaultdict(list)
    for one in said:
        rows[one.code or str(source.of(one.kind, "code", known))] += one.sentences or [str(source.of(one.kind, "title", known))]
    for code, sentences in sorted(rows.items()):
        yield f"`{code}`", str(exits.BY_CODE.get(code, exits.FAILED)), _sentences(sentences)


def _jobs(found: Sequence[Module], known: Mapping[str, Kind], besides: Iterable[Said]) -> Iterator[tuple[str, str]]:
    rows: dict[str, list[str]] = defaultdict(list)
    for one in besides:
        rows[one.code or str(source.of(one.kind, "code", known))] += one.sentences or ["It is tried again."]
    for one in source.errors(found, source.kinds(found, *source.BY_POSITION)):
        if one.code:
            rows[one.code] += one.sentences
    for path in sorted((SOURCE / "migrations/sql").rglob("*.sql")):
        for code, sentence in IN_SQL.findall(path.read_text(encoding="utf-8")):
            rows[code].append(sentence)
    for code, sentences in sorted(rows.items()):
        yield f"`{code}`", _sentences(sentences)


def _sentences(said: Iterable[str]) -> str:
    """Each once, the last full stop in place, and no more than a reader wants."""
    once = list(dict.fromkeys(one.strip() for one in said if one.strip(f"{source.HOLE} .")))
    more = f" · and {len(once) - MOST_SENTENCES} more" if len(once) > MOST_SENTENCES else ""
    return " · ".join(one if one[-1] in f".?!{source.HOLE}" else f"{one}." for one in once[:MOST_SENTENCES]) + more


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
