import { api, body } from "./client";
import type { components } from "./schema";
import type { Job } from "./types";

export type ExportFormat = components["schemas"]["ExportFormat"];
export type ExportView = components["schemas"]["ExportView"];

const LOOK_MS = 400;

/** Where the file of a job is that made one for me. */
export function outputOf(job: Job): string | undefined {
  const output = job.result?.output;
  return typeof output === "string" ? `/api/v1/outputs/${output}` : undefined;
}

/** The address of the file, once the job has written it. */
export async function exportBom(
  part: string,
  at: string | undefined,
  format: ExportFormat,
  view: ExportView,
): Promise<string> {
  const params = { path: { part_id: part }, query: at ? { at } : {} };
  let job: Job = await body(api.POST("/api/v1/parts/{part_id}/bom/exports", { params, body: { format, view } }));
  while (job.state === "queued" || job.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    job = await body(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: job.id } } }));
  }
  const output = outputOf(job);
  if (!output) throw new Error(job.error?.message ?? "The export was cancelled.");
  return output;
}
