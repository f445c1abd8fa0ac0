import { useQuery } from "@tanstack/react-query";
import { lineQuery } from "../../api/bom";
import type { Change, FieldChange } from "../../api/types";
import { formatValue, words } from "../../ui/format";
import { PartNumber } from "../../ui/PartNumber";
import { about, shownFields } from "./fields";

const SIGN = { added: "+", changed: "~", removed: "\u2212" } as const;
const TONE = { added: "redline-add", changed: "redline-mod", removed: "redline-del" } as const;
const KINDS: Record<string, string> = { item: "Part", bom: "BOM line", attachment: "File" };

/** What a commit did, row by row: sign, words and both values, never colour alone. */
type Props = { changes: Change[]; seq: number; hideItem?: boolean };

export function ChangeList({ changes, seq, hideItem = false }: Props) {
  return (
    <ul className="change-list">
      {changes.map((change) => (
        <ChangeRow key={`${change.kind}-${change.id}`} change={change} seq={seq} hideItem={hideItem} />
      ))}
    </ul>
  );
}

function ChangeRow({ change, seq, hideItem }: { change: Change; seq: number; hideItem: boolean }) {
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
        {!hideItem && kind === "bom" && "→"}
        {child ? <span className="mono">{child}</span> : kind === "bom" && <LineChild line={change.id} seq={seq} />}
        <Fields action={action} fields={shownFields(change)} />
      </div>
    </li>
  );
}

/** A changed line tells its changed fields only: which child it is about is asked for. */
function LineChild({ line, seq }: { line: string; seq: number }) {
  const { data } = useQuery(lineQuery(line, seq));
  return data ? <span className="mono">{data.child.number ?? "restricted"}</span> : null;
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
