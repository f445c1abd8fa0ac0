import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, ifMatch } from "./client";
import { inOrder } from "./inOrder";
import { keys } from "./keys";
import { asOf, freshness, onward } from "./parts";
import type { operations } from "./schema";
import type { LinePatch, NewLine } from "./types";

export type UsedLevels = NonNullable<NonNullable<operations["get_where_used"]["parameters"]["query"]>["levels"]>;

const of = (part: string) => ({ path: { part_id: part } });
const line = (id: string) => ({ path: { line_id: id } });

export const treeQuery = (part: string, at: string | undefined) =>
  queryOptions({
    queryKey: keys.tree(at, part),
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/parts/{part_id}/bom/tree", { params: { ...of(part), query: asOf(at) }, signal })),
    staleTime: freshness(at),
    // Columns of 10,000 rows: comparing them member by member costs more than drawing them.
    structuralSharing: false,
  });

export const flatQuery = (part: string, at: string | undefined) =>
  infiniteQueryOptions({
    queryKey: keys.flat(at, part),
    queryFn: ({ pageParam, signal }) => {
      const params = { ...of(part), query: { ...asOf(at), ...onward(pageParam), limit: 500 } };
      return body(api.GET("/api/v1/parts/{part_id}/bom/flat", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: freshness(at),
  });

export const whereUsedQuery = (part: string, at: string | undefined, levels: UsedLevels) =>
  infiniteQueryOptions({
    queryKey: keys.whereUsed(at, part, levels),
    queryFn: ({ pageParam, signal }) => {
      const params = { ...of(part), query: { ...asOf(at), ...onward(pageParam), levels, limit: 200 } };
      return body(api.GET("/api/v1/parts/{part_id}/where-used", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: freshness(at),
  });

export const readLine = (id: string) => body(api.GET("/api/v1/bom-lines/{line_id}", { params: line(id) }));

/** A line as a commit left it. */
export const lineQuery = (id: string, seq: number) =>
  queryOptions({
    queryKey: keys.line(seq, id),
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/bom-lines/{line_id}", { params: { ...line(id), query: { at: `commit:${seq}` } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
export const addLine = (parent: string, bomVersion: string, added: NewLine) =>
  body(
    api.POST("/api/v1/parts/{part_id}/bom", { params: { ...of(parent), header: ifMatch(bomVersion) }, body: added }),
  );
export const changeLine = (id: string, version: string, patch: LinePatch) =>
  inOrder(id, version, (over) =>
    body(api.PATCH("/api/v1/bom-lines/{line_id}", { params: { ...line(id), header: ifMatch(over) }, body: patch })),
  );
export const removeLine = (id: string, version: string) =>
  body(api.DELETE("/api/v1/bom-lines/{line_id}", { params: { ...line(id), header: ifMatch(version) } }));

/** The present entity tag of a parent's BOM, for adding to it. */
export const readBomTag = async (parent: string): Promise<string> =>
  (await body(api.GET("/api/v1/parts/{part_id}/bom", { params: { ...of(parent), query: { limit: 1 } } }))).etag;
