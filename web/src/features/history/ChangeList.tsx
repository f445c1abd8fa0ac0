import type { Change, FieldChange } from "../../api/types";
import { formatValue, words } from "../../ui/format";
import { PartNumber } from "../../ui/PartNumber";

const SIGN = { added: "+", changed: "~", removed: "\u2212" } as const;
const SHOWN_FIELDS = 12;

/** What a commit did, row by row: sign, words and both values, never colour alone. */
export function ChangeList({ changes, hideItem = false }: { changes: Change[]; hideItem?: boolean }) {
  return (
    <ul className="change-list">
      {changes.map((change) => (
        <ChangeRow key={`${change.kind}-${change.id}`} change={change} hideItem={hideItem} />
      ))}
    </ul>
  );
}

function ChangeRow({ change, hideItem }: { change: Change; hideItem: boolean }) {
  const { item, action, kind } = change;
  const fields = change.fields.filter(({ field }) => field !== "placements").slice(0, SHOWN_FIELDS);
  return (
    <li>
      <div className="row row-wrap">
        <span className="mono" aria-hidden="true">
          {SIGN[action]}
        </span>
        <span>
          {words(kind)} {action}
        </span>
        {!hideItem &&
          (item.restricted ? (
            <em className="muted">restricted</em>
          ) : (
            <PartNumber id={item.id ?? undefined} number={item.label ?? ""} />
          ))}
      </div>
      <FieldChanges action={action} fields={fields} />
    </li>
  );
}

function FieldChanges({ action, fields }: { action: Change["action"]; fields: FieldChange[] }) {
  if (fields.length === 0) return null;
  return (
    <ul className="field-changes">
      {fields.map(({ field, old, new: next }) => (
        <li key={field}>
          <span className="muted">{words(field)}:</span>{" "}
          {action !== "added" && !isNothing(old) && <span className="old">{formatValue(old)}</span>}{" "}
          {action !== "removed" && <span className="new">{formatValue(next)}</span>}
        </li>
      ))}
    </ul>
  );
}

const isNothing = (value: unknown) => value === null || value === undefined || value === "";
