import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { type PartFilter, partsQuery } from "../../api/parts";
import { projectsQuery } from "../../api/people";
import type { Part, Phase } from "../../api/types";
import { PhaseBadge, StatusBadge } from "../../ui/badges";
import { type Column, DataGrid } from "../../ui/DataGrid";
import { formatAgo, formatMeasure, plural } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { PartNumber } from "../../ui/PartNumber";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { Thumb } from "../../ui/Thumb";
import { PageHead } from "../../ui/Toolbar";
import { useAt } from "../shell/point";
import { CreatePart } from "./CreatePart";
import { NoParts } from "./NoParts";
import { PartFilters } from "./PartFilters";

const COLUMNS: Column<Part>[] = [
  {
    id: "number",
    title: "Number",
    width: "minmax(170px, 220px)",
    sort: "number",
    cell: (part) => (
      <>
        <Thumb url={part.thumbnail} letter="P" />
        <PartNumber id={part.id} number={part.number} />
      </>
    ),
  },
  {
    id: "name",
    title: "Name",
    width: "minmax(160px, 2fr)",
    sort: "name",
    cell: (part) => <span className="clip">{part.name}</span>,
  },
  { id: "revision", title: "Rev", width: "56px", cell: (part) => part.revision ?? part.expected_revision },
  { id: "status", title: "Status", width: "100px", cell: (part) => <StatusBadge status={part.revision_status} /> },
  { id: "phase", title: "Phase", width: "140px", cell: (part) => <PhaseBadge phase={part.phase} /> },
  {
    id: "project",
    title: "Project",
    width: "120px",
    cell: (part) => <span className="clip">{part.project.code}</span>,
  },
  {
    id: "mass",
    title: "Mass",
    width: "100px",
    align: "end",
    cell: (part) => formatMeasure(part.attributes.mass as never),
  },
  {
    id: "updated",
    title: "Changed",
    width: "minmax(150px, 190px)",
    sort: "updated_at",
    cell: (part) => (
      <span className="clip muted" title={part.updated_at}>
        {formatAgo(part.updated_at)} · {part.updated_by.name}
      </span>
    ),
  },
];

function useFilter(): PartFilter & { projectKnown: boolean } {
  const search = useSearch({ from: "/app/parts" });
  const { data: projects } = useQuery(projectsQuery);
  const project = search.project ? projects?.find(({ code }) => code === search.project)?.id : undefined;
  return {
    ...(search.q ? { q: search.q } : {}),
    ...(project ? { project } : {}),
    ...(search.phase ? { phase: search.phase as Phase } : {}),
    ...(search.status ? { revision_status: search.status as "in_work" } : {}),
    sort: (search.sort ?? "number") as NonNullable<PartFilter["sort"]>,
    projectKnown: !search.project || project !== undefined,
  };
}

export function PartsPage() {
  const navigate = useNavigate();
  const at = useAt();
  const { projectKnown, ...filter } = useFilter();
  const { sort, ...narrowing } = filter;
  const [creating, setCreating] = useState(false);
  const query = useInfiniteQuery({ ...partsQuery(filter, at), enabled: projectKnown });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const total = query.data?.pages[0]?.total ?? undefined;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  return (
    <div className="fill">
      <PageHead title="Parts" note={total === undefined ? "" : plural(total, "part")}>
        <Button leftSection={<Icon name="plus" />} disabled={at !== undefined} onClick={() => setCreating(true)}>
          New part
        </Button>
      </PageHead>
      <PartFilters />
      {query.isPending && <SkeletonRows rows={12} label="Loading parts" />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.isSuccess && rows.length === 0 && (
        <NoParts filtered={Object.keys(narrowing).length > 0} create={() => setCreating(true)} />
      )}
      {rows.length > 0 && (
        <DataGrid
          label="Parts"
          columns={COLUMNS}
          rows={rows}
          rowKey={(part) => part.id}
          total={total}
          sort={sort}
          onSort={(wanted) => navigate({ to: "/parts", search: (old) => ({ ...old, sort: wanted }) })}
          onOpen={(part) => navigate({ to: "/parts/$partId", params: { partId: part.id } })}
          onEnd={more}
        />
      )}
      <CreatePart opened={creating} close={() => setCreating(false)} />
    </div>
  );
}
