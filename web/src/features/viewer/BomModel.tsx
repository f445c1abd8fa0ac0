import { useMemo, useState } from "react";
import type { Object3D } from "three";
import { plural } from "../../ui/format";
import type { TreeModel } from "../bom/treeModel";
import { matchOccurrences, rowAbove } from "./matching";
import Viewer from "./Viewer";

type Props = { model: TreeModel; selected: number; select: (row: number) => void };

const NOTHING: Object3D[] = [];

/** The model beside its BOM tree: a row shows its occurrences, a click in the model selects the row. */
export default function BomModel({ model, selected, select }: Props) {
  const [root, setRoot] = useState<Object3D | null>(null);
  const { tree } = model;
  const matches = useMemo(() => (root ? matchOccurrences(root, model) : null), [root, model]);
  const nodes = (selected > 0 ? matches?.nodesOf.get(selected) : undefined) ?? NOTHING;
  const item = model.item[selected] ?? -1;

  function pick(node: Object3D | null) {
    const row = matches ? rowAbove(matches, node) : undefined;
    if (row !== undefined) select(row);
  }
  return (
    <Viewer
      url={tree.model ?? ""}
      component={tree.model_component}
      label={`3D model of ${tree.items.number[tree.root] ?? "the assembly"}`}
      highlight={nodes}
      note={
        selected > 0
          ? `${tree.items.name[item] ?? ""}: ${nodes.length ? plural(nodes.length, "occurrence") : "not in the model"}`
          : undefined
      }
      onLoad={setRoot}
      onPick={pick}
    />
  );
}
