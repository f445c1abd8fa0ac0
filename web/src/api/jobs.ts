import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, write } from "./client";
import { keys } from "./keys";
import type { Job, Page } from "./types";

export type JobFilter = { state?: string; family?: string; mine?: boolean };

export const jobsQuery = (filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: keys.jobs(filter),
    queryFn: ({ pageParam, signal }) => get<Page<Job>>("/jobs", { ...filter, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** What the tray shows: my newest jobs. */
export const trayQuery = queryOptions({
  queryKey: keys.jobs({ tray: true }),
  queryFn: ({ signal }) => get<Page<Job>>("/jobs", { mine: true, limit: 20 }, signal).then((page) => page.items),
});

export const jobQuery = (id: string) =>
  queryOptions({ queryKey: keys.job(id), queryFn: ({ signal }) => get<Job>(`/jobs/${id}`, {}, signal) });

export const cancelJob = (id: string) => write<Job>("POST", `/jobs/${id}/cancel`);
export const retryJob = (id: string) => write<Job>("POST", `/jobs/${id}/retry`);
