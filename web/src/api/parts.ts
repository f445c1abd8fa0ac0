import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, ifMatch } from "./client";
import { inOrder } from "./inOrder";
import { keys } from "./keys";
import type { operations } from "./schema";
import type { Part, Phase } from "./types";

type ListQuery = NonNullable<operations["list_parts"]["parameters"]["query"]>;
export type PartFilter = Pick<ListQuery, "q" | "project" | "phase" | "revision_status" | "sort">;

const PAGE = 100;
const SUGGESTED = 12;
/** What is read at a named point never changes; what is read at the head is told by events. */
export const freshness = (at: string | undefined): number => (at ? Number.POSITIVE_INFINITY : 30_000);
/** The next page's cursor as a query, for the first page none. */
export const onward = (cursor: string | null) => (cursor ? { cursor } : {});
export const asOf = (at: string | undefined) => (at ? { at } : {});

export const partsQuery = (filter: PartFilter, at: string | undefined) =>
  infiniteQueryOptions({
    queryKey: keys.parts(at, filter),
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, ...asOf(at), ...onward(pageParam), limit: PAGE, count: pageParam === null };
      return body(api.GET("/api/v1/parts", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: freshness(at),
  });

const one = (id: string) => ({ path: { part_id: id } });

export const partQuery = (id: string, at: string | undefined) =>
  queryOptions({
    queryKey: keys.part(at, id),
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/parts/{part_id}", { params: { ...one(id), query: asOf(at) }, signal })),
    staleTime: freshness(at),
  });

export const kindQuery = queryOptions({
  queryKey: keys.kind("part"),
  queryFn: () => body(api.GET("/api/v1/kinds/{kind}", { params: { path: { kind: "part" } } })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const partHistoryQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.partHistory(id),
    queryFn: ({ pageParam, signal }) => {
      const params = { ...one(id), query: { limit: 50, ...onward(pageParam) } };
      return body(api.GET("/api/v1/parts/{part_id}/history", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** The first few parts that match; `next` is null where these are all. */
export const suggestParts = (q: string, signal: AbortSignal) => {
  const query = { ...(q ? { q } : {}), limit: SUGGESTED };
  return body(api.GET("/api/v1/parts", { params: { query }, signal }));
};

export type NewPart = {
  project: string;
  name: string;
  number?: string;
  description?: string;
  attributes: Record<string, unknown>;
};
export const createPart = (part: NewPart) => body(api.POST("/api/v1/parts", { body: part }));

export type PartPatch = {
  name?: string;
  description?: string | null;
  owner?: string | null;
  attributes?: Record<string, unknown>;
};
export const changePart = (id: string, version: string, patch: PartPatch) =>
  inOrder(id, version, (over) =>
    body(api.PATCH("/api/v1/parts/{part_id}", { params: { ...one(id), header: ifMatch(over) }, body: patch })),
  );
export const correctNumber = (id: string, number: string) =>
  body(api.POST("/api/v1/parts/{part_id}/number", { params: one(id), body: { number } }));
export const addAlias = (id: string, alias: string) =>
  body(api.POST("/api/v1/parts/{part_id}/aliases", { params: one(id), body: { alias } }));
export const removeAlias = (id: string, alias: string) =>
  body(api.DELETE("/api/v1/parts/{part_id}/aliases/{alias}", { params: { path: { part_id: id, alias } } }));
export const setPhase = ({ id, version }: Part, phase: Phase) =>
  body(
    api.POST("/api/v1/parts/{part_id}/phase", {
      params: { ...one(id), header: ifMatch(version) },
      body: { phase },
    }),
  );
export const deletePart = ({ id, version }: Part) =>
  body(api.DELETE("/api/v1/parts/{part_id}", { params: { ...one(id), header: ifMatch(version) } }));
