import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { changeLine } from "../../api/bom";
import { invalidate } from "../../api/events";
import { keys } from "../../api/keys";
import { isCode, readingsOf, sentence } from "../../api/problem";
import type { Line, Tree } from "../../api/types";
import type { Conflict } from "../../ui/ConflictDialog";
import { asSent, type CellValue, type EditField, FIELD_TITLES, parseCell, sameValue } from "./cells";

export type CellState =
  | { state: "saving" | "saved" }
  | { state: "failed"; message: string; retry: () => void; readings: Reading[] }
  | { state: "conflict" };
/** One of the two numbers that were meant, to choose it. */
export type Reading = { value: string; take: () => void };
export type CellStates = ReadonlyMap<string, CellState>;
/** An open cell: what it said, and at which version of its line, when it was opened. */
export type Editing = { key: string; lineId: string; field: EditField; version: string; before: CellValue };

export const editingOf = (tree: Tree, key: string, line: number, field: EditField): Editing => ({
  key,
  lineId: tree.lines.id[line] ?? "",
  field,
  version: tree.lines.version[line] ?? "",
  before: tree.lines[field][line] ?? null,
});

export const cellId = (line: string, field: EditField): string => `${line}:${field}`;

const SAVED_MS = 1600;

/** A tree in which one field of one line is another: the optimistic state while the server answers. */
export function withCell(tree: Tree, line: number, field: EditField, value: CellValue, version?: string): Tree {
  const column = [...tree.lines[field]] as CellValue[];
  column[line] = value;
  const lines = { ...tree.lines, [field]: column };
  if (version) lines.version = tree.lines.version.map((old, index) => (index === line ? version : old));
  return { ...tree, lines };
}

/** Editing of a tree's lines in place: one open cell, the state of every cell that was just written, conflicts. */
export function useLineEditing(partId: string, at: string | undefined) {
  const client = useQueryClient();
  const [editing, setEditing] = useState<Editing | null>(null);
  const [states, setStates] = useState<CellStates>(new Map());
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const treeKey = keys.tree(at, partId);

  const mark = useCallback((id: string, state: CellState | null) => {
    clearTimeout(timers.current.get(id));
    setStates((old) => {
      const next = new Map(old);
      if (state) next.set(id, state);
      else next.delete(id);
      return next;
    });
    if (state?.state === "saved")
      timers.current.set(
        id,
        setTimeout(() => mark(id, null), SAVED_MS),
      );
  }, []);

  function show(lineId: string, field: EditField, value: CellValue, version?: string) {
    client.setQueryData<Tree>(treeKey, (tree) => {
      const line = tree?.lines.id.indexOf(lineId) ?? -1;
      return tree && line >= 0 ? withCell(tree, line, field, value, version) : tree;
    });
  }

  async function save(
    lineId: string,
    version: string,
    field: EditField,
    value: CellValue,
    before: CellValue,
    sent: unknown = asSent(field, value),
  ) {
    const id = cellId(lineId, field);
    await client.cancelQueries({ queryKey: treeKey });
    show(lineId, field, value);
    mark(id, { state: "saving" });
    try {
      const line = await changeLine(lineId, version, { [field]: sent });
      show(lineId, field, line[field], line.version);
      mark(id, { state: "saved" });
      void invalidate(client, ["bom", "part", "commit"]);
    } catch (error) {
      show(lineId, field, before);
      if (isCode(error, "stale_version")) {
        const current = error.body.current as Line;
        mark(id, { state: "conflict" });
        setConflict({
          subject: FIELD_TITLES[field],
          mine: value,
          theirs: current[field],
          keepMine: () => {
            setConflict(null);
            void save(lineId, current.version, field, value, current[field], sent);
          },
          takeTheirs: () => {
            setConflict(null);
            mark(id, null);
            void invalidate(client, ["bom"]);
          },
        });
        return;
      }
      const retry = () => void save(lineId, version, field, value, before, sent);
      const readings = readingsOf(error, field).map((reading) => ({
        value: reading,
        take: () => void save(lineId, version, field, reading, before, reading),
      }));
      mark(id, { state: "failed", message: sentence(error), retry, readings });
    }
  }

  /** Takes what was typed; answers why it cannot be taken. */
  function commit({ lineId, field, version, before }: Editing, text: string): string | null {
    const parsed = parseCell(field, text);
    if (!parsed.ok) return parsed.message;
    setEditing(null);
    if (!sameValue(parsed.value, before)) void save(lineId, version, field, parsed.value, before);
    return null;
  }

  return { editing, setEditing, states, conflict, commit };
}
