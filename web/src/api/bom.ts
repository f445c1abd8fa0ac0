import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, write } from "./client";
import { keys } from "./keys";
import { freshness } from "./parts";
import type { FlatRow, Line, Page, Tree, WhereUsed } from "./types";

export type UsedLevels = "direct" | "all" | "top";

export const treeQuery = (id: string, at: string | undefined) =>
  queryOptions({
    queryKey: keys.tree(at, id),
    queryFn: ({ signal }) => get<Tree>(`/parts/${id}/bom/tree`, { at }, signal),
    staleTime: freshness(at),
    // Columns of 10,000 rows: comparing them member by member costs more than drawing them.
    structuralSharing: false,
  });

export const flatQuery = (id: string, at: string | undefined) =>
  infiniteQueryOptions({
    queryKey: keys.flat(at, id),
    queryFn: ({ pageParam, signal }) =>
      get<Page<FlatRow>>(`/parts/${id}/bom/flat`, { at, limit: 500, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: freshness(at),
  });

export const whereUsedQuery = (id: string, at: string | undefined, levels: UsedLevels) =>
  infiniteQueryOptions({
    queryKey: keys.whereUsed(at, id, levels),
    queryFn: ({ pageParam, signal }) =>
      get<WhereUsed>(`/parts/${id}/where-used`, { at, levels, limit: 200, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: freshness(at),
  });

export type NewLine = {
  child?: string;
  child_number?: string;
  quantity?: string;
  unit?: string;
  find_number?: number;
  designators?: string[];
  note?: string;
  placements?: Record<string, number[]>;
  quantity_kind?: Line["quantity_kind"];
};
export type LinePatch = {
  quantity?: string;
  unit?: string;
  find_number?: number | null;
  designators?: string[];
  note?: string | null;
};

export const readLine = (id: string) => get<Line>(`/bom-lines/${id}`);
export const addLine = (parent: string, bomVersion: string, body: NewLine) =>
  write<Line>("POST", `/parts/${parent}/bom`, { body, version: bomVersion });
export const changeLine = (id: string, version: string, body: LinePatch) =>
  write<Line>("PATCH", `/bom-lines/${id}`, { body, version });
export const removeLine = (id: string, version: string) => write<void>("DELETE", `/bom-lines/${id}`, { version });

/** The present entity tag of a parent's BOM, for adding to it. */
export const readBomTag = (parent: string) =>
  get<Page<Line> & { etag: string }>(`/parts/${parent}/bom`, { limit: 1 }).then((page) => page.etag);
