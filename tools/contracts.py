"""The project's own contract for import-linter: modules that are private to their package."""

from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateModules(Contract):
    """Modules called `names` are imported only from inside the package that holds them, or by modules under `except_importers`."""

    names = fields.SetField(subfield=fields.StringField())
    except_importers = fields.SetField(subfield=fields.StringField(), required=False, default=set())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 -- the signature is import-linter's
        names, excepted = cast("set[str]", self.names), tuple(cast("set[str]", self.except_importers))
        found = sorted(
            (importer, module)
            for module in graph.modules
            if (owner := _owner(module, names))
            for importer in graph.find_modules_that_directly_import(module)
            if importer != owner and not importer.startswith((f"{owner}.", *excepted))
        )
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, module in check.metadata["found"]:
            output.print_error(f"{importer} imports {module}, which is private to its package")


def _owner(module: str, names: set[str]) -> str | None:
    """The package to which `module` is private; none when it is public."""
    parts = module.split(".")
    return next((".".join(parts[:place]) for place, part in enumerate(parts) if place > 1 and part in names), None)
