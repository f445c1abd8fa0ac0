import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { kindQuery, partQuery } from "../../api/parts";
import { usersQuery } from "../../api/people";
import type { KindField, Part } from "../../api/types";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { useAt, useEditBlock } from "../shell/point";
import { EditableAttribute } from "./EditableAttribute";

const COMMON: KindField[] = [
  {
    name: "name",
    title: "Name",
    type: "text",
    dimension: null,
    choices: [],
    units: [],
    control: "controlled",
    derived: false,
  },
  {
    name: "description",
    title: "Description",
    type: "text",
    dimension: null,
    choices: [],
    units: [],
    control: "controlled",
    derived: false,
  },
];

export function AttributesPage() {
  const { partId } = useParams({ from: "/app/parts/$partId" });
  const { data: part } = useQuery(partQuery(partId, useAt()));
  const kind = useQuery(kindQuery);
  const blocked = useEditBlock(part?.project.id);
  if (kind.isError) return <ErrorState error={kind.error} retry={() => kind.refetch()} />;
  if (!part || !kind.data) return <SkeletonRows rows={10} />;
  return (
    <div className="page page-narrow">
      <section className="card attributes" aria-label="Common attributes">
        {COMMON.map((field) => (
          <EditableAttribute
            key={field.name}
            part={part}
            field={field}
            value={part[field.name as "name" | "description"]}
            toPatch={(value) =>
              field.name === "name" ? { name: String(value ?? "") } : { description: value as string | null }
            }
            blocked={blocked}
          />
        ))}
        <Owner part={part} blocked={blocked} />
      </section>
      <section className="card attributes" aria-label="Attributes of a part">
        {kind.data.fields.map((field) => (
          <EditableAttribute
            key={field.name}
            part={part}
            field={field}
            value={part.attributes[field.name] ?? null}
            toPatch={(value) => ({ attributes: { [field.name]: value } })}
            blocked={field.derived ? "Follows from other attributes or from the CAD file" : blocked}
          />
        ))}
      </section>
      {part.aliases.length > 0 && (
        <p className="muted">
          Also found as <span className="mono">{part.aliases.join(", ")}</span>
        </p>
      )}
    </div>
  );
}

function Owner({ part, blocked }: { part: Part; blocked: string | undefined }) {
  const { data: users = [] } = useQuery(usersQuery);
  const names = new Map(users.map(({ id, name, email }) => [id, name || email]));
  if (part.owner) names.set(part.owner.id, part.owner.name);
  const field: KindField = {
    name: "owner",
    title: "Owner",
    type: "choice",
    dimension: null,
    choices: [...names.keys()],
    units: [],
    control: "free",
    derived: false,
  };
  return (
    <EditableAttribute
      part={part}
      field={field}
      names={names}
      value={part.owner?.id ?? null}
      toPatch={(value) => ({ owner: value as string | null })}
      blocked={blocked}
    />
  );
}
