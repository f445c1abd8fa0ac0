import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, write } from "./client";
import { keys } from "./keys";
import type { Attributes, HistoryEntry, Kind, Page, Part, Phase } from "./types";

export type PartFilter = {
  q?: string;
  project?: string;
  phase?: Phase;
  revision_status?: string;
  sort?: string;
};

const PAGE = 100;
/** What is read at a named point never changes; what is read at the head is told by events. */
export const freshness = (at: string | undefined): number => (at ? Number.POSITIVE_INFINITY : 30_000);

export const partsQuery = (filter: PartFilter, at: string | undefined) =>
  infiniteQueryOptions({
    queryKey: keys.parts(at, filter),
    queryFn: ({ pageParam, signal }) =>
      get<Page<Part>>("/parts", { ...filter, at, limit: PAGE, cursor: pageParam, count: pageParam === null }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: freshness(at),
  });

export const partQuery = (id: string, at: string | undefined) =>
  queryOptions({
    queryKey: keys.part(at, id),
    queryFn: ({ signal }) => get<Part>(`/parts/${id}`, { at }, signal),
    staleTime: freshness(at),
  });

export const kindQuery = queryOptions({
  queryKey: keys.kind("part"),
  queryFn: () => get<Kind>("/kinds/part"),
  staleTime: Number.POSITIVE_INFINITY,
});

export const partHistoryQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.partHistory(id),
    queryFn: ({ pageParam, signal }) =>
      get<Page<HistoryEntry>>(`/parts/${id}/history`, { limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const suggestParts = (q: string, signal?: AbortSignal) =>
  get<Page<Part>>("/parts", { q, limit: 12 }, signal).then((page) => page.items);

export type NewPart = {
  project: string;
  name: string;
  number?: string;
  description?: string;
  attributes?: Attributes;
};
export const createPart = (body: NewPart) => write<Part>("POST", "/parts", { body });

export type PartPatch = { name?: string; description?: string | null; owner?: string | null; attributes?: Attributes };
export const changePart = (id: string, version: string, body: PartPatch) =>
  write<Part>("PATCH", `/parts/${id}`, { body, version });
export const correctNumber = (part: Part, number: string) =>
  write<Part>("POST", `/parts/${part.id}/number`, { body: { number }, version: part.version });
export const addAlias = (part: Part, alias: string) =>
  write<Part>("POST", `/parts/${part.id}/aliases`, { body: { alias } });
export const removeAlias = (part: Part, alias: string) =>
  write<Part>("DELETE", `/parts/${part.id}/aliases/${encodeURIComponent(alias)}`);
export const setPhase = (part: Part, phase: Phase) =>
  write<Part>("POST", `/parts/${part.id}/phase`, { body: { phase }, version: part.version });
export const deletePart = (part: Part) => write<void>("DELETE", `/parts/${part.id}`, { version: part.version });
