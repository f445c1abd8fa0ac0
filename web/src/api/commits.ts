import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get } from "./client";
import { keys } from "./keys";
import type { Change, Commit, Page } from "./types";

export type CommitFilter = { q?: string };

export const commitsQuery = (filter: CommitFilter = {}) =>
  infiniteQueryOptions({
    queryKey: keys.commits(filter),
    queryFn: ({ pageParam, signal }) =>
      get<Page<Commit>>("/commits", { ...filter, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const commitQuery = (branch: string, seq: number) =>
  queryOptions({
    queryKey: keys.commit(branch, seq),
    queryFn: ({ signal }) => get<Commit>(`/commits/${branch}/${seq}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const commitChangesQuery = (branch: string, seq: number) =>
  infiniteQueryOptions({
    queryKey: keys.commitChanges(branch, seq),
    queryFn: ({ pageParam, signal }) =>
      get<Page<Change>>(`/commits/${branch}/${seq}/changes`, { limit: 100, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: Number.POSITIVE_INFINITY,
  });
