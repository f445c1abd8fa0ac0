import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { programsQuery, projectsQuery } from "../../api/people";
import { Icon } from "../../ui/Icon";
import { Empty } from "../../ui/states";
import { AddProject } from "../admin/AddProject";
import { useMayAddProject } from "../admin/useMayAddProject";
import { useImport } from "../vault/importing";

/** What to do next where the parts list is empty. */
export function NoParts({ filtered, create }: { filtered: boolean; create: () => void }) {
  const navigate = useNavigate();
  const { data: projects, isPending } = useQuery(projectsQuery);
  if (isPending) return null;
  if (filtered) {
    return (
      <Empty
        icon="search"
        title="No part matches these filters"
        action={
          <Button variant="default" onClick={() => navigate({ to: "/parts", search: {} })}>
            Clear filters
          </Button>
        }
      >
        Search looks at numbers, aliases and names.
      </Empty>
    );
  }
  return projects?.length ? <FirstPart create={create} /> : <FirstProject />;
}

function FirstProject() {
  const [adding, setAdding] = useState(false);
  const { data: programs = [] } = useQuery(programsQuery);
  if (!useMayAddProject()) {
    return (
      <Empty icon="folder" title="Nothing to see yet">
        You have no role in any program. Ask an administrator or the lead of a program to give you one.
      </Empty>
    );
  }
  return (
    <>
      <Empty
        icon="folder"
        title="Start with a project"
        action={
          <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
            New project
          </Button>
        }
      >
        Parts are developed together in projects. A project belongs to a program, which decides who may see and edit it.
      </Empty>
      <AddProject opened={adding} close={() => setAdding(false)} programs={programs} />
    </>
  );
}

function FirstPart({ create }: { create: () => void }) {
  const { choose } = useImport();
  return (
    <Empty
      icon="cube"
      title="No parts yet"
      action={
        <>
          <Button leftSection={<Icon name="upload" />} onClick={choose}>
            Import a file
          </Button>
          <Button variant="default" leftSection={<Icon name="plus" />} onClick={create}>
            New part
          </Button>
        </>
      }
    >
      Drop a STEP assembly or a CSV parts list anywhere on this page: its parts and quantities, with placements and 3D
      view or designators, become a proposal that you review before anything is saved.
    </Empty>
  );
}
