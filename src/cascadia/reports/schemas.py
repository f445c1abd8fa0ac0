"""What can be exported, and how."""

from pydantic import BaseModel, ConfigDict, Field

from cascadia.reports.model import Format, View


class BomExport(BaseModel):
    """How a BOM is to be exported."""

    model_config = ConfigDict(extra="forbid")

    format: Format = Format.XLSX
    view: View = Field(default=View.INDENTED, description="`indented`: each place by level; `flat`: each part once.")
