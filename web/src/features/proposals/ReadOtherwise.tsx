import type { PartRow } from "../../api/types";
import { Notice } from "../../ui/states";

/** How many parts are named here; `cascadia proposal show` and the API have all. */
const SHOWN = 10;

/** Parts that were read otherwise than the file has them, such as without characters that nobody sees. */
export function ReadOtherwise({ parts }: { parts: PartRow[] }) {
  const rows = parts.filter(({ notes }) => notes?.length);
  if (rows.length === 0) return null;
  return (
    <Notice tone="info">
      <p>
        Read otherwise than the file has it{rows.length > SHOWN ? `, ${rows.length} parts; the first ${SHOWN}:` : ":"}
      </p>
      <ul>
        {rows.slice(0, SHOWN).map(({ id, name, number, notes }) => (
          <li key={id}>
            {number ?? name}: {notes?.join("; ")}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
