import { Button, Checkbox, Popover, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, type Ref, useEffect, useState } from "react";
import { Icon } from "../../ui/Icon";
import { Toolbar } from "../../ui/Toolbar";
import { type ColumnId, TREE_COLUMNS } from "./columns";
import { ExportBom } from "./ExportBom";

type Search = { view?: string; model?: string; q?: string };

/** Changes what the BOM page's URL says. */
export function useBomSearch(): (change: Search) => void {
  const navigate = useNavigate();
  const { partId } = useParams({ from: "/app/parts/$partId" });
  return (change) =>
    void navigate({
      to: "/parts/$partId/bom",
      params: { partId },
      search: (old: Search) => ({ ...old, ...change }),
      replace: true,
    });
}

type Props = {
  view: "tree" | "flat" | "print";
  filterRef?: Ref<HTMLInputElement>;
  children?: ReactNode;
  leading?: ReactNode;
};

export function BomToolbar({ view, filterRef, leading, children }: Props) {
  const { q = "" } = useSearch({ from: "/app/parts/$partId/bom" });
  const set = useBomSearch();
  const [typed, setTyped] = useState(q);
  const setSoon = useDebouncedCallback((text: string) => set({ q: text || undefined }), 150);
  useEffect(() => setTyped(q), [q]);
  return (
    <Toolbar label="BOM">
      <SegmentedControl
        size="xs"
        aria-label="View"
        value={view}
        onChange={(value) => set({ view: value === "tree" ? undefined : value })}
        data={[
          { value: "tree", label: "Structured" },
          { value: "flat", label: "Flattened" },
          { value: "print", label: "Print" },
        ]}
      />
      {leading}
      <TextInput
        ref={filterRef}
        size="xs"
        w={150}
        aria-label="Filter the BOM"
        placeholder="Filter"
        leftSection={<Icon name="search" size={14} />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setSoon(event.currentTarget.value.trim());
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          setTyped("");
          set({ q: undefined });
        }}
      />
      <span className="grow" />
      {view !== "print" && <ExportBom flat={view === "flat"} />}
      {children}
    </Toolbar>
  );
}

type ColumnProps = { hidden: ColumnId[]; setHidden: (hidden: ColumnId[]) => void };

export function ColumnChoice({ hidden, setHidden }: ColumnProps) {
  const flip = (id: ColumnId) =>
    setHidden(hidden.includes(id) ? hidden.filter((other) => other !== id) : [...hidden, id]);
  return (
    <Popover position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default">Columns</Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <div className="stack">
          {TREE_COLUMNS.filter(({ id }) => id !== "part").map(({ id, title, hint }) => (
            <Checkbox
              key={id}
              size="xs"
              label={hint ? `${title} – ${hint.toLowerCase()}` : title}
              checked={!hidden.includes(id)}
              onChange={() => flip(id)}
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
