import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { partQuery } from "../../api/parts";
import { projectsQuery } from "../../api/people";
import { Icon } from "../../ui/Icon";
import { PointPicker } from "./PointPicker";
import { describePoint, useSetPoint } from "./pointInTime";

/** Which project, branch and moment everything below shows; all of it is in the URL. */
export function ContextBar() {
  const { at } = useSearch({ strict: false }) as { at?: string };
  return (
    <section aria-label="What is shown">
      <div className="context-bar">
        <ProjectChoice />
        <span className="context-item" title="The branch that everyone sees">
          <Icon name="branch" size={14} />
          <span className="visually-hidden">Branch</span> main
        </span>
        <PointPicker at={at} />
      </div>
      {at && <ReadOnlyBanner at={at} />}
    </section>
  );
}

function ProjectChoice() {
  const navigate = useNavigate();
  const { partId } = useParams({ strict: false });
  const { project } = useSearch({ strict: false }) as { project?: string };
  const { data: projects = [] } = useQuery(projectsQuery);
  const { at } = useSearch({ strict: false }) as { at?: string };
  const { data: part } = useQuery({ ...partQuery(partId ?? "", at), enabled: partId !== undefined });
  const value = part?.project.code ?? project ?? "";

  function choose(code: string) {
    const wanted = code || undefined;
    if (partId || project === undefined) void navigate({ to: "/parts", search: { project: wanted } });
    else void navigate({ to: ".", search: (old: object) => ({ ...old, project: wanted }) } as never);
  }

  return (
    <label className="context-item">
      <Icon name="folder" size={14} />
      <span className="visually-hidden">Project</span>
      <select className="context-select" value={value} onChange={(event) => choose(event.target.value)}>
        <option value="">All projects</option>
        {projects.map(({ id, code, name }) => (
          <option key={id} value={code}>
            {name && name !== code ? `${code} · ${name}` : code}
          </option>
        ))}
      </select>
    </label>
  );
}

function ReadOnlyBanner({ at }: { at: string }) {
  const setPoint = useSetPoint();
  return (
    <div className="banner" role="status">
      <Icon name="history" />
      <span className="grow">
        You are looking at <strong>{describePoint(at)}</strong>. Nothing can be edited here.
      </span>
      <Button size="compact-xs" variant="default" onClick={() => setPoint(undefined)}>
        Back to now
      </Button>
    </div>
  );
}
