import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invalidate } from "../../api/events";
import { addProgram, programsQuery, sessionQuery } from "../../api/people";
import { Problem, sentence } from "../../api/problem";
import type { Program } from "../../api/types";
import { Badge } from "../../ui/badges";
import { words } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Empty, ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { ProgramRoles } from "./ProgramRoles";
import { ProgramUsage } from "./ProgramUsage";

export function ProgramsPage() {
  const [adding, setAdding] = useState(false);
  const [opened, setOpened] = useState<string | null>(null);
  const query = useQuery(programsQuery);
  const { data: session } = useQuery(sessionQuery);
  const chosen = query.data?.find(({ id }) => id === opened);
  return (
    <div className="page page-narrow">
      <PageHead title="Programs" note="who may see and edit what">
        {session?.user.administrator && (
          <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
            New program
          </Button>
        )}
      </PageHead>
      {query.isPending && <SkeletonRows rows={4} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data?.length === 0 && (
        <Empty icon="folder" title="No programs yet">
          A program is the boundary of ownership and access: people get roles in it, projects belong to it.
        </Empty>
      )}
      {query.data && query.data.length > 0 && (
        <ProgramTable programs={query.data} chosen={chosen?.id} open={setOpened} />
      )}
      {session?.user.administrator && <ProgramUsage />}
      {chosen && <ProgramRoles key={chosen.id} program={chosen} />}
      {adding && <AddProgram close={() => setAdding(false)} />}
    </div>
  );
}

type TableProps = { programs: Program[]; chosen: string | undefined; open: (id: string | null) => void };

function ProgramTable({ programs, chosen, open }: TableProps) {
  return (
    <table className="table card" aria-label="Programs">
      <thead>
        <tr>
          <th>Code</th>
          <th>Name</th>
          <th>My role</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {programs.map((program) => (
          <tr key={program.id}>
            <td>{program.code}</td>
            <td>{program.name}</td>
            <td>
              {program.role ? <Badge tone="accent">{words(program.role)}</Badge> : <span className="muted">none</span>}
            </td>
            <td className="table-actions">
              <Button
                size="compact-xs"
                variant="default"
                aria-expanded={chosen === program.id}
                onClick={() => open(chosen === program.id ? null : program.id)}
              >
                Roles
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function AddProgram({ close }: { close: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { code: "", name: "" },
    validate: { code: (value: string) => (value.trim() ? null : "Give it a short code, such as rover") },
  });
  const add = useMutation({
    mutationFn: ({ code, name }: { code: string; name: string }) =>
      addProgram({ code: code.trim(), ...(name.trim() ? { name: name.trim() } : {}) }),
    onSuccess: async () => {
      close();
      await invalidate(client, ["programs", "session"]);
    },
    onError: (error) => error instanceof Problem && form.setErrors(error.fields),
  });
  return (
    <Modal opened onClose={close} title="New program">
      <form className="stack" onSubmit={form.onSubmit((values) => add.mutate(values))} noValidate>
        <TextInput label="Code" withAsterisk data-autofocus {...form.getInputProps("code")} />
        <TextInput label="Name" {...form.getInputProps("name")} />
        {add.isError && <Notice tone="bad">{sentence(add.error)}</Notice>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Create program
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
