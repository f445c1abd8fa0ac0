import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import { keys } from "./keys";
import { everyPage } from "./people";

const WATCHED_MS = 5_000;

export const queuesQuery = queryOptions({
  queryKey: keys.queues,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/jobs/queues", { params: { query } }))),
  refetchInterval: WATCHED_MS,
});
export const workersQuery = queryOptions({
  queryKey: keys.workers,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/jobs/workers", { params: { query } }))),
  refetchInterval: WATCHED_MS,
});
export const jobLogQuery = (id: string) =>
  queryOptions({
    queryKey: keys.jobLog(id),
    queryFn: () =>
      everyPage((query) => body(api.GET("/api/v1/jobs/{job_id}/log", { params: { path: { job_id: id }, query } }))),
  });

/** How many jobs of the family have failed for good. */
export const failedQuery = (family: string) =>
  queryOptions({
    queryKey: keys.failed(family),
    queryFn: async () => (await body(api.POST("/api/v1/jobs/replay", { body: { family, dry_run: true } }))).left,
    refetchInterval: WATCHED_MS,
  });

export const replayJobs = (family: string) =>
  body(api.POST("/api/v1/jobs/replay", { body: { family, dry_run: false } }));
