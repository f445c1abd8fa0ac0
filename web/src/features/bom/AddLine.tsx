import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { addLine, readBomTag } from "../../api/bom";
import { invalidate } from "../../api/events";
import { isCode, Problem, readingsOf, sentence } from "../../api/problem";
import type { ItemRef, Line, Part } from "../../api/types";
import { Readings } from "../../ui/Readings";
import { Notice } from "../../ui/states";
import { PartPicker } from "../parts/PartPicker";
import { type EditField, parseCell } from "./cells";

type Props = { parent: ItemRef & { etag: string | undefined }; close: () => void; added: () => void };

/** A BOM without lines has no entity tag in the tree; adding to a BOM that moved meanwhile reads it anew once. */
async function addTo({ id, etag }: Props["parent"], body: Parameters<typeof addLine>[2]): Promise<Line> {
  const tag = etag ?? (await readBomTag(id));
  try {
    return await addLine(id, tag, body);
  } catch (error) {
    if (!isCode(error, "stale_version")) throw error;
    return addLine(id, await readBomTag(id), body);
  }
}

function cyclePath(error: unknown): string | null {
  if (!(error instanceof Problem) || error.code !== "bom_cycle" || !Array.isArray(error.body.path)) return null;
  return (error.body.path as { number?: string | null }[]).map(({ number }) => number ?? "restricted").join(" → ");
}

export function AddLine({ parent, close, added }: Props) {
  const client = useQueryClient();
  const [child, setChild] = useState<Part | null>(null);
  const [text, setText] = useState<Record<EditField, string>>({ quantity: "1", find_number: "", designators: "" });
  const [errors, setErrors] = useState<Partial<Record<EditField | "child", string>>>({});
  const add = useMutation({
    mutationFn: (body: Parameters<typeof addLine>[2]) => addTo(parent, body),
    onSuccess: () => {
      void invalidate(client, ["bom", "part", "commit"]);
      added();
      close();
    },
  });

  function submit() {
    const [quantity, find, designators] = [
      parseCell("quantity", text.quantity),
      parseCell("find_number", text.find_number),
      parseCell("designators", text.designators),
    ];
    setErrors({
      ...(child ? {} : { child: "Choose the part to add" }),
      ...(quantity.ok ? {} : { quantity: quantity.message }),
      ...(find.ok ? {} : { find_number: find.message }),
    });
    if (!child || !quantity.ok || !find.ok || !designators.ok) return;
    add.mutate({
      child: child.id,
      quantity: { typed: quantity.value as string },
      ...(find.value === null ? {} : { find_number: find.value as number }),
      designators: designators.value as string[],
    });
  }

  const field = (name: EditField) => ({
    value: text[name],
    error: errors[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setText((old) => ({ ...old, [name]: value }));
    },
  });
  const cycle = cyclePath(add.error);

  return (
    <Modal opened onClose={close} title={`Add a line to ${parent.number}`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <PartPicker label="Part" chosen={child} choose={setChild} error={errors.child} />
        <Group grow align="flex-start">
          <TextInput label="Quantity" inputMode="decimal" {...field("quantity")} />
          <TextInput label="Find number" placeholder="next ten" inputMode="numeric" {...field("find_number")} />
        </Group>
        <TextInput label="Designators" placeholder="R1, R2" {...field("designators")} />
        {add.isError && (
          <Notice tone="bad">
            {sentence(add.error)}
            {cycle && <p className="mono">{cycle}</p>}
            <Readings
              readings={readingsOf(add.error, "quantity")}
              take={(quantity) => add.variables && add.mutate({ ...add.variables, quantity })}
            />
          </Notice>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add line
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
