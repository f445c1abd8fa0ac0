import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { addLine, readBomTag, readLine, removeLine } from "../../api/bom";
import { invalidate } from "../../api/events";
import type { Line } from "../../api/types";
import { toastDone, toastError, toastUndo } from "../../ui/toast";

/** A line as it can be added again: with its placements, so that it finds its place in the model. */
function again(line: Line): Parameters<typeof addLine>[2] {
  return {
    child: line.child.id ?? "",
    quantity: line.quantity,
    unit: line.unit,
    quantity_kind: line.quantity_kind,
    designators: line.designators,
    placements: line.placements,
    ...(line.find_number === null ? {} : { find_number: line.find_number }),
    ...(line.note ? { note: line.note } : {}),
  };
}

/** Removing lines, each with an undo that adds it again. `leaving` = ids of lines on their way out. */
export function useRemoval() {
  const client = useQueryClient();
  const [leaving, setLeaving] = useState<ReadonlySet<string>>(new Set());
  const refresh = () => invalidate(client, ["bom", "part", "commit"]);

  async function restore(line: Line) {
    try {
      await addLine(line.parent.id, await readBomTag(line.parent.id), again(line));
      toastDone("The line is back");
      await refresh();
    } catch (error) {
      toastError(error, "Not restored");
    }
  }

  async function remove(id: string, version: string) {
    setLeaving((old) => new Set(old).add(id));
    try {
      const line = await readLine(id);
      await removeLine(id, version);
      toastUndo(`${line.child.number ?? "Line"} removed from ${line.parent.number}`, () => void restore(line));
      await refresh();
    } catch (error) {
      toastError(error, "Not removed");
    } finally {
      setLeaving((old) => new Set([...old].filter((other) => other !== id)));
    }
  }

  return { leaving, remove };
}
