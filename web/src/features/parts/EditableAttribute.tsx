import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invalidate } from "../../api/events";
import { keys } from "../../api/keys";
import { changePart, type PartPatch } from "../../api/parts";
import { isCode, readingsOf, sentence } from "../../api/problem";
import type { KindField, Part } from "../../api/types";
import { ControlBadge } from "../../ui/badges";
import { ConflictDialog } from "../../ui/ConflictDialog";
import { formatValue, words } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Readings } from "../../ui/Readings";
import { AttributeInput } from "./AttributeInput";

type Props = {
  part: Part;
  field: KindField;
  value: unknown;
  toPatch: (value: unknown) => PartPatch;
  /** Why it may not be edited. */
  blocked: string | undefined;
  /** What to show for the values of a choice, where they are ids. */
  names?: Map<string, string>;
};

/** The same attribute in another state of the part, such as the one a 412 carries. */
function valueIn(part: Part, name: string): unknown {
  if (name === "owner") return part.owner?.id ?? null;
  return name === "name" || name === "description" ? part[name] : (part.attributes[name] ?? null);
}

export function EditableAttribute({ part, field, value, toPatch, blocked, names }: Props) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<unknown>(undefined);
  const [seen, setSeen] = useState(part.version);
  const [saved, setSaved] = useState(false);
  const editing = draft !== undefined;
  const save = useMutation({
    mutationFn: ({ wanted, version }: { wanted: unknown; version: string }) =>
      changePart(part.id, version, toPatch(wanted)),
    onSuccess: (changed) => {
      client.setQueryData(keys.part(undefined, part.id), changed);
      setDraft(undefined);
      setSaved(true);
      setTimeout(() => setSaved(false), 2000);
      void invalidate(client, ["part", "bom", "commit"]);
    },
  });
  const stale = isCode(save.error, "stale_version") ? (save.error.body.current as Part | undefined) : undefined;
  const submit = (wanted: unknown) => {
    if (JSON.stringify(wanted) === JSON.stringify(value)) setDraft(undefined);
    else save.mutate({ wanted, version: seen });
  };
  const open = () => {
    setSeen(part.version);
    setDraft(value);
  };
  const takeTheirs = () => {
    save.reset();
    setDraft(undefined);
    void invalidate(client, ["part", "commit"]);
  };
  const shown = (given: unknown) =>
    names
      ? formatValue(names.get(String(given)) ?? given)
      : field.type === "choice" && given
        ? words(String(given))
        : formatValue(given);

  return (
    <div className="attribute">
      <span className="attribute-label">{field.title}</span>
      {editing ? (
        <form
          className="attribute-edit"
          onSubmit={(event) => {
            event.preventDefault();
            submit(draft);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            save.reset();
            setDraft(undefined);
          }}
        >
          <div className="grow">
            <Input field={field} names={names} value={draft} onChange={setDraft} />
            {save.isError && !stale && (
              <p className="small bad" role="alert">
                {sentence(save.error)}
              </p>
            )}
            <Readings
              readings={readingsOf(save.error, `attributes.${field.name}`)}
              take={(reading) => submit({ ...(draft as object), value: reading })}
            />
          </div>
          <button type="submit" className="icon-button" aria-label={`Save ${field.title}`} disabled={save.isPending}>
            <Icon name="check" />
          </button>
          <button type="button" className="icon-button" aria-label="Cancel" onClick={() => setDraft(undefined)}>
            <Icon name="close" />
          </button>
        </form>
      ) : (
        <Shown text={shown(value)} title={field.title} blocked={blocked} edit={open} />
      )}
      <span className="attribute-state">
        {save.isPending ? (
          <span className="muted small">saving…</span>
        ) : saved ? (
          <Saved />
        ) : (
          <ControlBadge control={field.control} />
        )}
      </span>
      {stale && (
        <ConflictDialog
          conflict={{
            subject: `${field.title} of ${part.number}`,
            mine: shown(draft),
            theirs: shown(valueIn(stale, field.name)),
            by: stale.updated_by?.name,
            keepMine: () => save.mutate({ wanted: draft, version: stale.version }),
            takeTheirs,
          }}
        />
      )}
    </div>
  );
}

function Saved() {
  return (
    <span className="row small ok" role="status" style={{ gap: 4 }}>
      <Icon name="check" size={14} /> saved
    </span>
  );
}

type ShownProps = { text: string; title: string; blocked: string | undefined; edit: () => void };

function Shown({ text, title, blocked, edit }: ShownProps) {
  if (blocked) {
    return (
      <span className="attribute-value" title={blocked}>
        {text}
      </span>
    );
  }
  return (
    <button type="button" className="attribute-value" aria-label={`${title}: ${text}. Edit`} onClick={edit}>
      {text}
    </button>
  );
}

type InputProps = {
  field: KindField;
  names: Map<string, string> | undefined;
  value: unknown;
  onChange: (value: unknown) => void;
};

function Input({ field, names, value, onChange }: InputProps) {
  if (!names) return <AttributeInput field={field} value={value} onChange={onChange} autoFocus />;
  return (
    <select
      className="cell-input"
      aria-label={field.title}
      value={String(value ?? "")}
      onChange={(event) => onChange(event.target.value || null)}
    >
      <option value="">–</option>
      {[...names].map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
