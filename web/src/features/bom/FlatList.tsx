import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { flatQuery } from "../../api/bom";
import type { FlatRow } from "../../api/types";
import { PhaseBadge, StatusBadge } from "../../ui/badges";
import { type Column, DataGrid } from "../../ui/DataGrid";
import { formatDecimal, formatMeasure } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { PartNumber } from "../../ui/PartNumber";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { Thumb } from "../../ui/Thumb";
import { useAt } from "../shell/point";

const COLUMNS: Column<FlatRow>[] = [
  {
    id: "part",
    title: "Part",
    width: "minmax(200px, 260px)",
    cell: ({ item, has_lines }) =>
      item.restricted ? (
        <span className="row muted">
          <Icon name="lock" size={14} /> <em>restricted</em>
        </span>
      ) : (
        <>
          <Thumb url={item.thumbnail} letter={has_lines ? "A" : "P"} />
          <PartNumber id={item.id ?? undefined} number={item.number ?? ""} />
        </>
      ),
  },
  {
    id: "name",
    title: "Name",
    width: "minmax(160px, 2fr)",
    cell: ({ item }) => <span className="clip">{item.name}</span>,
  },
  { id: "revision", title: "Rev", width: "56px", cell: ({ item }) => item.revision ?? "–" },
  { id: "total", title: "Total qty", width: "100px", align: "end", cell: ({ quantity }) => formatDecimal(quantity) },
  { id: "unit", title: "Unit", width: "60px", cell: ({ unit }) => <span className="muted">{unit}</span> },
  {
    id: "mass",
    title: "Total mass",
    width: "130px",
    align: "end",
    cell: ({ mass, mass_complete }) => (
      <span className={mass_complete ? undefined : "incomplete"} title={mass_complete ? undefined : "Incomplete"}>
        {mass ? `${mass_complete ? "" : "≥ "}${formatMeasure(mass)}` : "–"}
      </span>
    ),
  },
  {
    id: "status",
    title: "Status",
    width: "100px",
    cell: ({ item }) => item.revision_status && <StatusBadge status={item.revision_status} />,
  },
  { id: "phase", title: "Phase", width: "140px", cell: ({ item }) => item.phase && <PhaseBadge phase={item.phase} /> },
];

/** The flattened BOM: each item once, its quantities summed. */
export function FlatList({ partId, q }: { partId: string; q: string }) {
  const navigate = useNavigate();
  const query = useInfiniteQuery(flatQuery(partId, useAt()));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (query.isPending) return <SkeletonRows rows={10} />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  const wanted = q.toLowerCase();
  const rows = query.data.pages
    .flatMap((page) => page.items)
    .filter(({ item }) => `${item.number ?? ""} ${item.name ?? ""}`.toLowerCase().includes(wanted));
  return (
    <DataGrid
      label="Flattened BOM"
      columns={COLUMNS}
      rows={rows}
      rowKey={({ item, unit }) => `${item.id ?? "restricted"}-${unit}`}
      onOpen={({ item }) => item.id && navigate({ to: "/parts/$partId", params: { partId: item.id } })}
      onEnd={more}
    />
  );
}
