import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { programsQuery, projectsQuery } from "../../api/people";
import { Badge } from "../../ui/badges";
import { Icon } from "../../ui/Icon";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { AddProject } from "./AddProject";
import { useMayAddProject } from "./useMayAddProject";

export function ProjectsPage() {
  const [adding, setAdding] = useState(false);
  const mayAdd = useMayAddProject();
  const query = useQuery(projectsQuery);
  const { data: programs = [] } = useQuery(programsQuery);
  return (
    <div className="page page-narrow">
      <PageHead title="Projects" note="groups of items developed together">
        {mayAdd && (
          <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
            New project
          </Button>
        )}
      </PageHead>
      {query.isPending && <SkeletonRows rows={4} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data?.length === 0 && <Empty icon="tree" title="No projects yet" />}
      {query.data && query.data.length > 0 && (
        <table className="table card" aria-label="Projects">
          <thead>
            <tr>
              <th>Code</th>
              <th>Name</th>
              <th>Program</th>
              <th>
                <span className="visually-hidden">Library</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {query.data.map((project) => (
              <tr key={project.id}>
                <td>
                  <Link to="/parts" search={{ project: project.code }}>
                    {project.code}
                  </Link>
                </td>
                <td>{project.name}</td>
                <td className="muted">{project.program.name || project.program.code}</td>
                <td>{project.library && <Badge tone="mute">library</Badge>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <AddProject opened={adding} close={() => setAdding(false)} programs={programs} />
    </div>
  );
}
