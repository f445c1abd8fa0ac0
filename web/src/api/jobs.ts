import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import { keys } from "./keys";
import { onward } from "./parts";
import type { JobState } from "./types";

export type JobFilter = { q?: string; state?: JobState; mine?: boolean; parent?: string };

export const TRAY = 20;
const one = (id: string) => ({ path: { job_id: id } });

export const jobsQuery = (filter: JobFilter) =>
  infiniteQueryOptions({
    queryKey: keys.jobs(filter),
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, ...onward(pageParam), limit: 50 };
      return body(api.GET("/api/v1/jobs", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** What the tray shows: my newest jobs. */
export const trayQuery = queryOptions({
  queryKey: keys.jobs({ tray: true }),
  queryFn: async ({ signal }) =>
    (await body(api.GET("/api/v1/jobs", { params: { query: { mine: true, limit: TRAY } }, signal }))).items,
});

export const jobQuery = (id: string) =>
  queryOptions({
    queryKey: keys.job(id),
    queryFn: ({ signal }) => body(api.GET("/api/v1/jobs/{job_id}", { params: one(id), signal })),
  });

export const cancelJob = (id: string) => body(api.POST("/api/v1/jobs/{job_id}/cancel", { params: one(id) }));
export const retryJob = (id: string) => body(api.POST("/api/v1/jobs/{job_id}/retry", { params: one(id) }));
