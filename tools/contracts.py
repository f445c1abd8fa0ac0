"""The project's own contract for import-linter: modules that are private to their package."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateModules(Contract):
    """Modules called `names` are imported only from inside the package that holds them, or by modules under `except_importers`."""

    names = fields.SetField(subfield=fields.StringField())
    except_importers = fields.SetField(subfield=fields.StringField(), required=False, default=set())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 -- the signature is import-linter's
        found = sorted(
            (importer, module)
            for module in graph.modules
            if set(module.split(".")[2:]) & self.names  # type: ignore[operator] -- a field becomes its value on the instance
            for importer in graph.find_modules_that_directly_import(module)
            if not self._may_import(importer, module)
        )
        return ContractCheck(kept=not found, metadata={"found": found})

    def _may_import(self, importer: str, module: str) -> bool:
        parts = module.split(".")
        private = next(place for place, part in enumerate(parts) if place > 1 and part in self.names)  # type: ignore[operator]
        owner = ".".join(parts[:private]) + "."
        return importer.startswith((owner, *self.except_importers)) or importer + "." == owner  # type: ignore[misc]

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, module in check.metadata["found"]:
            output.print_error(f"{importer} imports {module}, which is private to its package")
