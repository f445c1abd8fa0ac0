import type { Change, FieldChange } from "../../api/types";
import { formatValue, words } from "../../ui/format";
import { PartNumber } from "../../ui/PartNumber";
import { about, shownFields } from "./fields";

const SIGN = { added: "+", changed: "~", removed: "\u2212" } as const;
const TONE = { added: "redline-add", changed: "redline-mod", removed: "redline-del" } as const;
const KINDS: Record<string, string> = { item: "Part", bom: "BOM line", attachment: "File" };

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
  const child = about(change);
  return (
    <li>
      <div className="row row-wrap">
        <span className={`mark ${TONE[action]}`}>
          <strong className="mono" aria-hidden="true">
            {SIGN[action]}
          </strong>
          {KINDS[kind] ?? words(kind)} {action}
        </span>
        {!hideItem &&
          (item.restricted ? (
            <em className="muted">restricted</em>
          ) : (
            <PartNumber id={item.id ?? undefined} number={item.label ?? ""} />
          ))}
        {child && <span className="mono">{hideItem ? child : `→ ${child}`}</span>}
        <Fields action={action} fields={shownFields(change)} />
      </div>
    </li>
  );
}

function Fields({ action, fields }: { action: Change["action"]; fields: FieldChange[] }) {
  return fields.map(({ field, old, new: next }) => (
    <span key={field} className="field-change">
      <span className="muted">{words(field)}</span>{" "}
      {action !== "added" && old !== null && <span className="old">{formatValue(old)}</span>}{" "}
      {action !== "removed" && next !== null && (
        <span className={action === "changed" ? "new" : ""}>{formatValue(next)}</span>
      )}
    </span>
  ));
}
