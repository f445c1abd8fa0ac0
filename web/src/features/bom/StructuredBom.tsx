import { Button, Tooltip } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import type { Part, Tree } from "../../api/types";
import { ConflictDialog } from "../../ui/ConflictDialog";
import { Icon } from "../../ui/Icon";
import { Split } from "../../ui/Split";
import { Empty } from "../../ui/states";
import { AddLine } from "./AddLine";
import { BomFooter } from "./BomFooter";
import { BomToolbar, ColumnChoice, useBomSearch } from "./BomToolbar";
import { BomTree, type TreeCommands } from "./BomTree";
import { TREE_COLUMNS, useHiddenColumns } from "./columns";
import { KeysHelp } from "./KeysHelp";
import {
  assemblyKeys,
  buildModel,
  filterRows,
  hasChildren,
  pathKey,
  reveal,
  rowAt,
  type TreeModel,
  visibleRows,
} from "./treeModel";
import { editingOf, useLineEditing } from "./useLineEditing";
import { useRemoval } from "./useRemoval";
import { WhereUsedDrawer } from "./WhereUsedDrawer";

const BomModel = lazy(() => import("../viewer/BomModel"));

type Props = {
  part: Part;
  tree: Tree;
  at: string | undefined;
  blocked: string | undefined;
  filter: string;
  model: boolean;
};

export function StructuredBom({ part, tree, at, blocked, filter, model: modelWanted }: Props) {
  const navigate = useNavigate();
  const setSearch = useBomSearch();
  const model = useMemo(() => buildModel(tree), [tree]);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const [selectedKey, setSelectedKey] = useState<string | null>(null);
  const [adding, setAdding] = useState<number | null>(null);
  const [used, setUsed] = useState<{ id: string; number: string } | null>(null);
  const [help, setHelp] = useState(false);
  const [hidden, setHidden] = useHiddenColumns();
  const filterInput = useRef<HTMLInputElement>(null);
  const { editing, setEditing, states, conflict, commit } = useLineEditing(part.id, at);
  const { leaving, remove } = useRemoval();

  const kept = useMemo(() => filterRows(model, filter), [model, filter]);
  const rows = useMemo(() => visibleRows(model, collapsed, kept), [model, collapsed, kept]);
  const columns = useMemo(() => TREE_COLUMNS.filter(({ id }) => !hidden.includes(id)), [hidden]);
  const selected = useMemo(() => (selectedKey === null ? -1 : rowAt(model, selectedKey)), [model, selectedKey]);
  const editable = blocked === undefined;
  const shows3d = modelWanted && tree.model !== null;

  const select = (row: number) => setSelectedKey(pathKey(model, row));
  const show = (row: number) => {
    setCollapsed((old) => reveal(model, old, row));
    select(row);
  };
  const commands: TreeCommands = {
    select,
    setOpen: (row, open) => setCollapsed((old) => toggled(old, pathKey(model, row), !open)),
    openAll: (open) => setCollapsed(open ? new Set() : assemblyKeys(model)),
    startEdit: (row, field) => {
      const line = model.line[row] ?? -1;
      select(row);
      if (line >= 0 && editable) setEditing(editingOf(tree, pathKey(model, row), line, field));
    },
    commitEdit: (open, text) => commit(open, text),
    cancelEdit: () => setEditing(null),
    remove: (row) => {
      const line = model.line[row] ?? -1;
      if (line >= 0) void remove(tree.lines.id[line] ?? "", tree.lines.version[line] ?? "");
    },
    add: (row) => setAdding(addTarget(model, row)),
    openPart: (row) => {
      const id = tree.items.id[model.item[row] ?? 0];
      if (id) void navigate({ to: "/parts/$partId", params: { partId: id } });
    },
    whereUsed: (row) => setUsed(itemAt(model, row)),
    filter: () => filterInput.current?.focus(),
    help: () => setHelp(true),
  };

  return (
    <div className="fill">
      <BomToolbar
        view="tree"
        filterRef={filterInput}
        leading={
          <>
            <Button variant="default" onClick={() => commands.openAll(true)}>
              Expand all
            </Button>
            <Button variant="default" onClick={() => commands.openAll(false)}>
              Collapse
            </Button>
          </>
        }
      >
        <Tooltip label={blocked} disabled={editable}>
          <Button
            leftSection={<Icon name="plus" />}
            data-disabled={editable ? undefined : true}
            aria-disabled={!editable}
            onClick={() => editable && setAdding(addTarget(model, Math.max(selected, 0)))}
          >
            Add line
          </Button>
        </Tooltip>
        <Button
          variant="default"
          leftSection={<Icon name="trash" />}
          disabled={!editable || selected < 1}
          onClick={() => commands.remove(selected)}
        >
          Remove
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="where" />}
          disabled={selected < 0}
          onClick={() => commands.whereUsed(selected)}
        >
          Where used
        </Button>
        <ColumnChoice hidden={hidden} setHidden={setHidden} />
        {tree.model && (
          <Button
            variant={shows3d ? "light" : "default"}
            aria-pressed={shows3d}
            leftSection={<Icon name="cube" />}
            onClick={() => setSearch({ model: shows3d ? "0" : undefined })}
          >
            3D
          </Button>
        )}
        <button type="button" className="icon-button large" aria-label="Keys" onClick={() => setHelp(true)}>
          <Icon name="help" />
        </button>
      </BomToolbar>
      <Split
        name="bom"
        left={
          <>
            {model.count === 1 ? (
              <Empty icon="tree" title="No BOM lines yet">
                {blocked ?? "Add the first line, or import a STEP assembly: its structure becomes the BOM."}
              </Empty>
            ) : (
              <BomTree
                label={`BOM of ${part.number}`}
                model={model}
                rows={rows}
                columns={columns}
                collapsed={collapsed}
                filtered={kept !== null}
                selected={selected}
                editing={editing}
                states={states}
                leaving={leaving}
                editable={editable}
                commands={commands}
              />
            )}
            <BomFooter tree={tree} />
          </>
        }
        right={
          shows3d && (
            <Suspense fallback={<div className="viewer" />}>
              <BomModel model={model} selected={selected} select={show} />
            </Suspense>
          )
        }
      />
      {adding !== null && (
        <AddLine
          parent={parentAt(model, adding)}
          added={() => commands.setOpen(adding, true)}
          close={() => setAdding(null)}
        />
      )}
      <WhereUsedDrawer part={used} close={() => setUsed(null)} />
      <KeysHelp opened={help} close={() => setHelp(false)} />
      {conflict && <ConflictDialog conflict={conflict} />}
    </div>
  );
}

function toggled(old: ReadonlySet<string>, key: string, present: boolean): Set<string> {
  const next = new Set(old);
  if (present) next.add(key);
  else next.delete(key);
  return next;
}

/** A line is added to the selected assembly, or beside the selected leaf. */
const addTarget = (model: TreeModel, row: number): number =>
  row === 0 || hasChildren(model, row) ? row : Math.max(0, model.parent[row] ?? 0);

function itemAt({ tree, item }: TreeModel, row: number): { id: string; number: string } | null {
  const index = item[row] ?? 0;
  const [id, number] = [tree.items.id[index], tree.items.number[index]];
  return id && number ? { id, number } : null;
}

function parentAt({ tree, item }: TreeModel, row: number) {
  const index = item[row] ?? 0;
  return {
    id: tree.items.id[index] ?? "",
    number: tree.items.number[index] ?? "",
    name: tree.items.name[index] ?? "",
    etag: tree.bom_etags[String(index)],
  };
}
