import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { setQuota, usageQuery } from "../../api/people";
import { sentence } from "../../api/problem";
import type { Usage } from "../../api/types";
import { formatSize } from "../../ui/format";
import { Notice } from "../../ui/states";
import { readGigabytes, writeGigabytes } from "./gigabytes";

/** What the files of each program take, and what they may take. */
export function ProgramUsage() {
  const { data } = useQuery(usageQuery);
  const [changing, setChanging] = useState<Usage | null>(null);
  if (!data?.length) return null;
  return (
    <>
      <table className="table card" aria-label="Room for files">
        <thead>
          <tr>
            <th>Files of</th>
            <th>Take</th>
            <th>On their way</th>
            <th>May take</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {data.map((usage) => (
            <tr key={usage.id}>
              <td>{usage.code}</td>
              <td>{formatSize(usage.used)}</td>
              <td>{usage.promised > 0 && formatSize(usage.promised)}</td>
              <td>{usage.allowed === null ? <span className="muted">no bound</span> : formatSize(usage.allowed)}</td>
              <td className="table-actions">
                <Button size="compact-xs" variant="default" onClick={() => setChanging(usage)}>
                  Change
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {changing && <ChangeQuota usage={changing} close={() => setChanging(null)} />}
    </>
  );
}

function ChangeQuota({ usage, close }: { usage: Usage; close: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { gigabytes: writeGigabytes(usage.allowed) },
    validate: {
      gigabytes: (text) => {
        const read = readGigabytes(text);
        return "problem" in read ? read.problem : null;
      },
    },
  });
  const change = useMutation({
    mutationFn: (bytes: number | null) => setQuota(usage.id, bytes),
    onSuccess: async () => {
      close();
      await client.invalidateQueries({ queryKey: keys.usage });
    },
  });
  const save = ({ gigabytes }: { gigabytes: string }) => {
    const read = readGigabytes(gigabytes);
    if ("bytes" in read) change.mutate(read.bytes);
  };
  return (
    <Modal opened onClose={close} title={`Room for the files of ${usage.code}`}>
      <form className="stack" onSubmit={form.onSubmit(save)} noValidate>
        <TextInput
          label="Gigabytes"
          description="Empty: no bound. Files that are there stay."
          inputMode="decimal"
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("gigabytes")}
        />
        {change.isError && <Notice tone="bad">{sentence(change.error)}</Notice>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={change.isPending}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
