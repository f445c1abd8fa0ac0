"""What can be exported, and how."""

from pydantic import BaseModel, ConfigDict, Field

from cascadia.reports.model import ExportFormat, ExportView


class BomExport(BaseModel):
    """How a BOM is to be exported."""

    model_config = ConfigDict(extra="forbid")

    format: ExportFormat = ExportFormat.XLSX
    view: ExportView = Field(default=ExportView.INDENTED, description="`indented`: each place by level; `flat`: each part once.")
