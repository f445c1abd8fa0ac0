"""Shapes of how a parts list is read: what its person says, and how it was read."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from cascadia.kernel.schemas import Lines, OneLine
from cascadia.structures.meanings import Meaning
from cascadia.structures.reading import Levels, Options, Verdict, options_of

Place = Annotated[int, Field(ge=1, le=10_000_000)]
Heading = Annotated[OneLine, Field(min_length=1, max_length=500)]
Cell = Annotated[Lines, Field(max_length=20_000)]
Quote = Annotated[str, Field(pattern="^[\"'`|]?$")]


def _sign(value: str) -> str:
    """A sign that can stand between cells."""
    if value in " \t" or (value.isprintable() and not value.isalnum()):
        return value
    raise ValueError("a sign, a blank or a tab")


Delimiter = Annotated[str, Field(min_length=1, max_length=1), AfterValidator(_sign)]


class ReadingOptions(BaseModel):
    """How a parts list is to be read; what is null or empty is recognised. Rows are counted from 1, as they stand in the file."""

    model_config = ConfigDict(extra="forbid")

    encoding: Annotated[OneLine, Field(min_length=1, max_length=100)] | None = Field(default=None, description="Of a text, as `cp1252`.")
    delimiter: Delimiter | None = Field(default=None, description="Between the cells of a text: a sign, a blank or a tab.")
    quote: Quote | None = Field(default=None, description="Around cells of a text. Empty: quotation marks are text.")
    sheet: Annotated[OneLine, Field(min_length=1, max_length=500)] | None = Field(default=None, description="Of a workbook.")
    heading_row: Place | None = Field(default=None, description="The row whose cells name the columns.")
    columns: dict[Heading, Meaning] = Field(
        default={}, max_length=500, description="Heading (or `column 4`) → what its cells are; `ignore`: not used."
    )
    decimals: Annotated[str, Field(pattern="^[.,]$")] | None = Field(default=None, description="What stands before decimals.")
    levels: Levels | None = Field(default=None, description="Where levels stand; `none`: the list is flat.")
    cells: dict[Place, dict[Heading, Cell]] = Field(default={}, max_length=1000, description="Row → heading → what its cell should be.")
    leave_out: list[Place] = Field(default=[], max_length=10_000, description="Rows that are left out.")
    leave_out_wrong: bool = Field(default=False, description="Leave out every row that cannot be meant.")

    def options(self) -> Options:
        """As readers take them."""
        return options_of(self.model_dump(mode="json", exclude_defaults=True))


class ReadColumn(BaseModel):
    """A column: what it is read as (null: it is not used) and what told it: `said`, `preset`, `name` or `content`."""

    place: int
    heading: str
    meaning: Meaning | None = None
    by: str | None = None
    examples: list[str] = []


class ReadRow(BaseModel):
    """A row that was not simply taken, with the reasons and its cells; `column`: the heading of the cell that is wrong."""

    place: int
    verdict: Verdict
    messages: list[str] = []
    column: str | None = None
    cells: list[str] = []


class ReadingReport(BaseModel):
    """How a parts list was read. `guessed`: what of it was recognised and may be otherwise."""

    format: str
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    sheet: str | None = None
    sheets: list[str] = []
    heading_row: int
    program: str | None = Field(default=None, description="The program whose list it is, where its headings tell.")
    decimals: str | None = None
    levels: Levels
    guessed: list[str] = []
    columns: list[ReadColumn]
    counts: dict[Verdict, int] = Field(description="Rows by verdict.")
    rows: list[ReadRow] = Field(description="Rows that are not simply taken, 500 at most, the wrong ones before all others.")


class ProposalReading(BaseModel):
    """How the list of a proposal is read: what was said, and (once it was read) what was made of it."""

    options: ReadingOptions
    report: ReadingReport | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> "ProposalReading":
        """The answer for what a proposal keeps."""
        report = {"levels": Levels.NONE, **row["report"]} if row["report"] else None
        return cls(options=ReadingOptions.model_validate(row["reading"]), report=ReadingReport.model_validate(report) if report else None)
