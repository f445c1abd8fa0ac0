import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import { keys } from "./keys";
import { onward } from "./parts";
import { everyPage } from "./people";
import type { LineRow, PartRow, ProposalRow, ReadingOptions, RowChoice } from "./types";

const one = (id: string) => ({ path: { proposal_id: id } });

export const proposalsQuery = (filter: { project?: string }) =>
  infiniteQueryOptions({
    queryKey: keys.proposals(filter),
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, ...onward(pageParam), limit: 50 };
      return body(api.GET("/api/v1/proposals", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const proposalQuery = (id: string) =>
  queryOptions({
    queryKey: keys.proposal(id),
    queryFn: ({ signal }) => body(api.GET("/api/v1/proposals/{proposal_id}", { params: one(id), signal })),
  });

const rows = (id: string, kind: "part" | "line", signal: AbortSignal): Promise<ProposalRow[]> =>
  everyPage((paging) =>
    body(
      api.GET("/api/v1/proposals/{proposal_id}/rows", { params: { ...one(id), query: { kind, ...paging } }, signal }),
    ),
  );

export const partRowsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.proposalRows(id, "part"),
    queryFn: async ({ signal }) => (await rows(id, "part", signal)) as PartRow[],
  });
export const lineRowsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.proposalRows(id, "line"),
    queryFn: async ({ signal }) => (await rows(id, "line", signal)) as LineRow[],
  });

export const readingQuery = (id: string) =>
  queryOptions({
    queryKey: keys.proposalReading(id),
    queryFn: ({ signal }) => body(api.GET("/api/v1/proposals/{proposal_id}/reading", { params: one(id), signal })),
  });
/** Reads the list of a proposal once more, as is said now. */
export const readAgain = (id: string, options: ReadingOptions) =>
  body(api.PUT("/api/v1/proposals/{proposal_id}/reading", { params: one(id), body: options }));

export const propose = (file: string, project: string) =>
  body(api.POST("/api/v1/proposals", { body: { file, project, branch: "main" } }));
export const acceptProposal = (id: string, message: string) =>
  body(api.POST("/api/v1/proposals/{proposal_id}/accept", { params: one(id), body: message ? { message } : {} }));
/** Says that rows which were guessed are right: these, or (null) all. */
export const confirmRows = (id: string, rows: string[] | null) =>
  body(api.POST("/api/v1/proposals/{proposal_id}/confirm", { params: one(id), body: { rows } }));
/** Takes back what accepting it wrote, as one commit. */
export const undoProposal = (id: string) =>
  body(api.POST("/api/v1/proposals/{proposal_id}/undo", { params: one(id), body: {} }));
export const discardProposal = (id: string) =>
  body(api.POST("/api/v1/proposals/{proposal_id}/discard", { params: one(id) }));

export const chooseRow = (proposal: string, row: string, choice: RowChoice) =>
  body(
    api.PATCH("/api/v1/proposals/{proposal_id}/rows/{row_id}", {
      params: { path: { proposal_id: proposal, row_id: row } },
      body: choice,
    }),
  );
