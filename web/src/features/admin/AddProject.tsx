import { Button, Checkbox, Group, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { invalidate } from "../../api/events";
import { addProgram, addProject, sessionQuery } from "../../api/people";
import { Problem, sentence } from "../../api/problem";
import type { Program } from "../../api/types";
import { Notice } from "../../ui/states";
import { toastDone } from "../../ui/toast";

type Values = {
  program: string;
  programCode: string;
  programName: string;
  code: string;
  name: string;
  library: boolean;
};

const NEW = "new";
const ADMINISTRATIVE = ["programs", "projects", "session"];

async function create(values: Values) {
  const named = (name: string) => (name.trim() ? { name: name.trim() } : {});
  const program =
    values.program === NEW
      ? (await addProgram({ code: values.programCode.trim(), ...named(values.programName) })).id
      : values.program;
  return addProject({ code: values.code.trim(), ...named(values.name), program, library: values.library });
}

type Props = { opened: boolean; close: () => void; programs: Program[] };

export function AddProject({ opened, close, programs }: Props) {
  return (
    <Modal opened={opened} onClose={close} title="New project">
      {opened && <AddProjectForm close={close} programs={programs.filter(({ role }) => role === "lead")} />}
    </Modal>
  );
}

function AddProjectForm({ close, programs }: Omit<Props, "opened">) {
  const client = useQueryClient();
  const { data: session } = useQuery(sessionQuery);
  const administrator = session?.user.administrator ?? false;
  const form = useForm<Values>({
    initialValues: {
      program: programs[0]?.id ?? NEW,
      programCode: "",
      programName: "",
      code: "",
      name: "",
      library: false,
    },
    validate: {
      code: (value) => (value.trim() ? null : "Give it a short code, such as rover"),
      programCode: (value, { program }) => (program !== NEW || value.trim() ? null : "Give it a short code"),
    },
  });
  const add = useMutation({
    mutationFn: create,
    onSuccess: async (project) => {
      toastDone(`Project ${project.code} is ready`);
      close();
      await invalidate(client, ADMINISTRATIVE);
    },
    onError: (error) => {
      void invalidate(client, ADMINISTRATIVE);
      if (error instanceof Problem) form.setErrors(error.fields);
    },
  });
  return (
    <form className="stack" onSubmit={form.onSubmit((values) => add.mutate(values))} noValidate>
      <TextInput
        label="Code"
        description="Short, as it shows in lists and addresses"
        withAsterisk
        data-autofocus
        {...form.getInputProps("code")}
      />
      <TextInput label="Name" {...form.getInputProps("name")} />
      <NativeSelect
        label="Program"
        description="Decides who may see and edit what is in it"
        data={[
          ...programs.map(({ id, code, name }) => ({
            value: id,
            label: name && name !== code ? `${code} · ${name}` : code,
          })),
          ...(administrator ? [{ value: NEW, label: "New program…" }] : []),
        ]}
        {...form.getInputProps("program")}
      />
      {form.values.program === NEW && (
        <Group grow align="flex-start">
          <TextInput label="Program code" withAsterisk {...form.getInputProps("programCode")} />
          <TextInput label="Program name" {...form.getInputProps("programName")} />
        </Group>
      )}
      <Checkbox size="xs" label="Library: readable by all" {...form.getInputProps("library", { type: "checkbox" })} />
      {add.isError && <Notice tone="bad">{sentence(add.error)}</Notice>}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={add.isPending}>
          Create project
        </Button>
      </Group>
    </form>
  );
}
