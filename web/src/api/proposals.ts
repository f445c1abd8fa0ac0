import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, write } from "./client";
import { keys } from "./keys";
import type { LineRow, Page, PartRow, Proposal } from "./types";

export const proposalsQuery = (filter: { project?: string; state?: string }) =>
  infiniteQueryOptions({
    queryKey: keys.proposals(filter),
    queryFn: ({ pageParam, signal }) =>
      get<Page<Proposal>>("/proposals", { ...filter, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const proposalQuery = (id: string) =>
  queryOptions({ queryKey: keys.proposal(id), queryFn: ({ signal }) => get<Proposal>(`/proposals/${id}`, {}, signal) });

async function allRows<T>(id: string, kind: "part" | "line", signal: AbortSignal): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await get<Page<T>>(`/proposals/${id}/rows`, { kind, limit: 500, cursor }, signal);
    rows.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return rows;
}

export const partRowsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.proposalRows(id, "part"),
    queryFn: ({ signal }) => allRows<PartRow>(id, "part", signal),
  });
export const lineRowsQuery = (id: string) =>
  queryOptions({
    queryKey: keys.proposalRows(id, "line"),
    queryFn: ({ signal }) => allRows<LineRow>(id, "line", signal),
  });

export const propose = (file: string, project: string) =>
  write<Proposal>("POST", "/proposals", { body: { file, project } });
export const acceptProposal = (id: string, message: string) =>
  write<Proposal>("POST", `/proposals/${id}/accept`, { body: message ? { message } : {} });
export const discardProposal = (id: string) => write<Proposal>("POST", `/proposals/${id}/discard`);

export type RowChoice = {
  choice: PartRow["choice"] | LineRow["choice"];
  use?: string | null;
  number?: string | null;
  name?: string;
};
export const chooseRow = <T extends PartRow | LineRow>(proposal: string, row: string, body: RowChoice) =>
  write<T>("PATCH", `/proposals/${proposal}/rows/${row}`, { body });
