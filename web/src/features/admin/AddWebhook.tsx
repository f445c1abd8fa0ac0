import { Button, Group, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import { programsQuery, sessionQuery } from "../../api/people";
import { Problem, sentence } from "../../api/problem";
import { addWebhook } from "../../api/webhooks";
import { Notice } from "../../ui/states";

type Props = { close: () => void; tellSecret: (secret: string) => void };

export function AddWebhook({ close, tellSecret }: Props) {
  const client = useQueryClient();
  const { data: session } = useQuery(sessionQuery);
  const { data: programs = [] } = useQuery(programsQuery);
  const administrator = session?.user.administrator ?? false;
  const choices = [
    ...programs
      .filter(({ role }) => administrator || role === "lead")
      .map(({ id, code }) => ({ value: id, label: code })),
    ...(administrator ? [{ value: "", label: "No program: users, roles, settings" }] : []),
  ];
  const form = useForm({
    initialValues: { url: "", types: "*", description: "", program: choices[0]?.value ?? "" },
    validate: {
      url: (value) => (/^https?:\/\/\S+$/.test(value) ? null : "Enter an address such as https://example.org/hook"),
      types: (value) => (value.trim() ? null : "Name types of events, or * for all"),
    },
  });
  const add = useMutation({
    mutationFn: ({ url, types, description, program }: typeof form.values) =>
      addWebhook({
        url: url.trim(),
        types: types.split(/[\s,]+/).filter(Boolean),
        description: description.trim(),
        program: program || null,
      }),
    onSuccess: async ({ secret }) => {
      tellSecret(secret);
      close();
      await client.invalidateQueries({ queryKey: keys.webhooks });
    },
    onError: (error) => error instanceof Problem && form.setErrors(error.fields),
  });
  return (
    <Modal opened onClose={close} title="Add webhook">
      <form className="stack" onSubmit={form.onSubmit((values) => add.mutate(values))} noValidate>
        <TextInput label="Address" data-autofocus withAsterisk {...form.getInputProps("url")} />
        <TextInput
          label="Events"
          description="Types, separated by commas; * stands for any letters: part.*, bom.*"
          {...form.getInputProps("types")}
        />
        <NativeSelect label="Of program" data={choices} {...form.getInputProps("program")} />
        <TextInput label="What it is for" {...form.getInputProps("description")} />
        {add.isError && <Notice tone="bad">{sentence(add.error)}</Notice>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add webhook
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
