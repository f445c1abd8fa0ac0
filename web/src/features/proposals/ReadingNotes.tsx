import type { Proposal } from "../../api/types";
import { Notice } from "../../ui/states";

const NOTES_OPEN = 5;

/** What the file does not say, or says wrongly: first, since no row shows it. */
export function ReadingNotes({ proposal }: { proposal: Proposal }) {
  // Rows of a list that are wrong are told beside the place to mend them.
  const notes = proposal.notes.filter(({ code }) => code !== "table_rows_wrong");
  if (!notes.length) return null;
  const listed = (
    <ul className="notes">
      {notes.map(({ code, component, message }) => (
        <li key={`${code} ${component} ${message}`}>{message}</li>
      ))}
    </ul>
  );
  const many = notes.length > NOTES_OPEN;
  return (
    <Notice tone="warn">
      <details open={!many}>
        <summary>{notes.length === 1 ? "A note" : `${notes.length} notes`} on what was read from the file</summary>
        {listed}
      </details>
    </Notice>
  );
}
