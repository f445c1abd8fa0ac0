import type { Meaning, ReadingOptions, ReadingReport } from "../../api/types";

const MEANINGS: Record<Meaning, string> = {
  number: "part number",
  name: "name",
  description: "description",
  value: "value",
  footprint: "footprint, package",
  symbol: "symbol, device",
  designators: "designators",
  quantity: "quantity",
  unit: "unit",
  kind: "kind of quantity",
  find: "find number",
  index: "count of rows",
  level: "level",
  parent: "parent’s number",
  revision: "revision",
  note: "note",
  mpn: "manufacturer’s number",
  manufacturer: "manufacturer",
  supplier_number: "supplier’s number",
  datasheet: "datasheet",
  unfitted: "not fitted (DNP)",
  fitted: "fitted",
  excluded: "excluded from the BOM",
  included: "in the BOM",
  ignore: "not used, on purpose",
};
const ALL = Object.keys(MEANINGS) as Meaning[];

type Props = {
  report: ReadingReport;
  options: ReadingOptions;
  editable: boolean;
  say: (said: Partial<ReadingOptions>) => void;
};

/** Each column with what it is read as and its first cells; what is not used stands there as such. */
export function ReadColumns({ report, options, editable, say }: Props) {
  const said = options.columns ?? {};
  function choose(heading: string, meaning: string) {
    const { [heading]: _, ...others } = said;
    say({ columns: meaning ? { ...others, [heading]: meaning as Meaning } : others });
  }
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Column</th>
          <th>Read as</th>
          <th>First cells</th>
        </tr>
      </thead>
      <tbody>
        {report.columns.map(({ place, heading, meaning, examples }) => {
          const name = heading || `column ${place}`;
          const words = meaning ? MEANINGS[meaning] : "not used";
          return (
            <tr key={place}>
              <td>{name}</td>
              <td>
                {editable ? (
                  <select
                    className="cell-select"
                    aria-label={`${name} is read as`}
                    value={said[name] ?? ""}
                    onChange={(event) => choose(name, event.target.value)}
                  >
                    <option value="">{words}</option>
                    {ALL.map((each) => (
                      <option key={each} value={each}>
                        {MEANINGS[each]}
                      </option>
                    ))}
                  </select>
                ) : (
                  words
                )}
              </td>
              <td className="muted">{examples?.join(" · ")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
