import { Checkbox, TextInput } from "@mantine/core";
import type { ReadingOptions, ReadingReport } from "../../api/types";

/** How many rows are shown; the next ones follow as these are mended, and the command line has all. */
const SHOWN = 20;

type Row = ReadingReport["rows"][number];
type Props = {
  report: ReadingReport;
  options: ReadingOptions;
  editable: boolean;
  say: (said: Partial<ReadingOptions>) => void;
};

/** Rows that are wrong, each with a place to mend its cell or to leave it out; and what was said of others. */
export function ReadRows({ report, options, editable, say }: Props) {
  const wrong = report.rows.filter(({ verdict }) => verdict === "wrong");
  const others = report.rows.filter(({ verdict }) => verdict !== "wrong");
  return (
    <>
      {wrong.length > 0 && (
        <ul className="stack">
          {wrong.slice(0, SHOWN).map((row) => (
            <li key={row.place}>
              <strong>Row {row.place}</strong>: {row.messages?.join("; ")}
              <div className="muted clip">{row.cells?.join(" | ")}</div>
              {editable && <Mend row={row} report={report} options={options} say={say} />}
            </li>
          ))}
        </ul>
      )}
      {wrong.length > SHOWN && (
        <p>
          The first {SHOWN} of {report.counts.wrong} rows that cannot be meant.
        </p>
      )}
      {editable && wrong.length > 1 && (
        <Checkbox
          size="xs"
          label="Leave out every row that cannot be meant"
          checked={options.leave_out_wrong ?? false}
          onChange={(event) => say({ leave_out_wrong: event.currentTarget.checked })}
        />
      )}
      {others.length > 0 && (
        <details>
          <summary>{others.length} rows that were left out or read with a warning</summary>
          <ul className="notes">
            {others.map(({ place, verdict, messages }) => (
              <li key={place}>
                Row {place} {verdict === "left_out" ? "is left out" : "is read"}: {messages?.join("; ")}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** The cell that is wrong, or (where it is none) each that holds something, to write another; and the row to leave out. */
function Mend({ row, report, options, say }: Omit<Props, "editable"> & { row: Row }) {
  const left = options.leave_out ?? [];
  const cells = options.cells ?? {};
  const key = String(row.place);
  const shown = row.column
    ? report.columns.filter(({ heading }) => heading === row.column)
    : report.columns.filter(({ heading, meaning }) => heading && meaning && meaning !== "ignore");
  return (
    <div className="row">
      {shown.map(({ place, heading }) => (
        <TextInput
          key={place}
          size="xs"
          aria-label={`${heading} of row ${row.place}`}
          placeholder={row.column ? `another ${heading}` : heading}
          value={cells[key]?.[heading] ?? ""}
          onChange={(event) =>
            say({ cells: { ...cells, [key]: { ...cells[key], [heading]: event.currentTarget.value } } })
          }
        />
      ))}
      <Checkbox
        size="xs"
        label="Leave out"
        aria-label={`Leave out row ${row.place}`}
        checked={left.includes(row.place)}
        onChange={(event) =>
          say({
            leave_out: event.currentTarget.checked ? [...left, row.place] : left.filter((place) => place !== row.place),
          })
        }
      />
    </div>
  );
}
