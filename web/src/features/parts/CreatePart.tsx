import { Button, Group, Modal, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { invalidate } from "../../api/events";
import { createPart, kindQuery } from "../../api/parts";
import { projectsQuery } from "../../api/people";
import { Problem, readingsOf, sentence } from "../../api/problem";
import type { KindField, Project } from "../../api/types";
import { Readings } from "../../ui/Readings";
import { Notice } from "../../ui/states";
import { AttributeInput } from "./AttributeInput";

type Values = {
  project: string;
  name: string;
  number: string;
  description: string;
  attributes: Record<string, unknown>;
};

const OFFERED = ["procurement", "unit", "material", "mass"];

export function CreatePart({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title="New part" size="lg">
      {opened && <CreatePartForm close={close} />}
    </Modal>
  );
}

function CreatePartForm({ close }: { close: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { project: code } = useSearch({ strict: false }) as { project?: string };
  const { data: projects = [] } = useQuery(projectsQuery);
  const { data: kind } = useQuery(kindQuery);
  const form = useForm<Values>({
    initialValues: { project: "", name: "", number: "", description: "", attributes: {} },
    validate: {
      project: (value) => (value ? null : "Choose a project"),
      name: (value) => (value.trim() ? null : "Name the part"),
    },
  });
  const create = useMutation({
    mutationFn: ({ project, name, number, description, attributes }: Values) =>
      createPart({
        project,
        name: name.trim(),
        ...(number.trim() ? { number: number.trim() } : {}),
        ...(description.trim() ? { description: description.trim() } : {}),
        attributes,
      }),
    onSuccess: async (part) => {
      close();
      void invalidate(client, ["part", "commit"]);
      await navigate({ to: "/parts/$partId", params: { partId: part.id } });
    },
    onError: (error) => error instanceof Problem && form.setErrors(error.fields),
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: the choice offered first, once the projects are known
  useEffect(() => {
    const first =
      projects.find((project) => project.code === code) ?? (projects.length === 1 ? projects[0] : undefined);
    if (first && !form.values.project) form.setFieldValue("project", first.id);
  }, [projects, code]);

  const offered = kind?.fields.filter(({ name }) => OFFERED.includes(name)) ?? [];
  return (
    <form className="stack" onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <NativeSelect
        label="Project"
        withAsterisk
        data={[{ value: "", label: "Choose a project" }, ...projects.map(projectChoice)]}
        {...form.getInputProps("project")}
      />
      <TextInput label="Name" withAsterisk data-autofocus {...form.getInputProps("name")} />
      <TextInput
        label="Number"
        placeholder="drawn by the scheme"
        description="Leave it empty to get the next number of the scheme"
        classNames={{ input: "mono" }}
        {...form.getInputProps("number")}
      />
      <Textarea label="Description" autosize minRows={2} maxRows={6} {...form.getInputProps("description")} />
      {offered.map((field) => (
        <NewAttribute
          key={field.name}
          field={field}
          form={form}
          readings={readingsOf(create.error, `attributes.${field.name}`)}
        />
      ))}
      {create.isError && <Notice tone="bad">{sentence(create.error)}</Notice>}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={create.isPending}>
          Create part
        </Button>
      </Group>
    </form>
  );
}

const projectChoice = ({ id, code, name }: Project) => ({
  value: id,
  label: name && name !== code ? `${code} · ${name}` : code,
});

type AttributeProps = {
  field: KindField;
  form: Pick<UseFormReturnType<Values>, "errors" | "values" | "setFieldValue">;
  /** Both numbers that may have been meant. */
  readings: string[];
};

function NewAttribute({ field, form, readings }: AttributeProps) {
  const error = form.errors[`attributes.${field.name}`];
  function set(value: unknown) {
    const { [field.name]: _, ...others } = form.values.attributes;
    form.setFieldValue("attributes", value === null ? others : { ...others, [field.name]: value });
  }
  return (
    <div>
      <AttributeInput
        field={field}
        label={field.title}
        value={form.values.attributes[field.name] ?? null}
        onChange={set}
      />
      {error && (
        <p className="small bad" role="alert">
          {error}
        </p>
      )}
      {error && (
        <Readings
          readings={readings}
          take={(value) => set({ ...(form.values.attributes[field.name] as object), value })}
        />
      )}
    </div>
  );
}
