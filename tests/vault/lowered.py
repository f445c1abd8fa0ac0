"""The program's own registry with one MiB as the limit of whatever has a limit of what it writes."""

from dataclasses import replace
from functools import cache

from cascadia.jobs.registry import Registry
from cascadia.worker.registry import registry as whole


@cache
def registry() -> Registry:
    known = whole()
    families = {name: replace(family, output_mb=1) if family.output_mb else family for name, family in known.families.items()}
    return replace(known, families=families)
