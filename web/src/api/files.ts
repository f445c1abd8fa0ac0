import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, ifMatch } from "./client";
import { keys } from "./keys";
import { asOf, freshness, onward } from "./parts";
import { everyPage } from "./people";
import { networkProblem, Problem, type ProblemBody } from "./problem";
import type { AttachmentRole, StoredFile } from "./types";

export const filesQuery = (filter: { project?: string }) =>
  infiniteQueryOptions({
    queryKey: keys.files(filter),
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, ...onward(pageParam), limit: 50 };
      return body(api.GET("/api/v1/files", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const contentUrl = (file: string) => `/api/v1/files/${file}/content`;

export const attachmentsQuery = (part: string, at: string | undefined) =>
  queryOptions({
    queryKey: keys.attachments(at, part),
    queryFn: ({ signal }) =>
      everyPage((paging) => {
        const params = { path: { part_id: part }, query: { ...asOf(at), ...paging } };
        return body(api.GET("/api/v1/parts/{part_id}/attachments", { params, signal }));
      }),
    staleTime: freshness(at),
  });

export const attach = (part: string, file: string, role: AttachmentRole) =>
  body(api.POST("/api/v1/parts/{part_id}/attachments", { params: { path: { part_id: part } }, body: { file, role } }));

const attached = (id: string, version: string) => ({ path: { attachment_id: id }, header: ifMatch(version) });
export const setRole = (id: string, version: string, role: AttachmentRole) =>
  body(api.PATCH("/api/v1/attachments/{attachment_id}", { params: attached(id, version), body: { role } }));
export const detach = (id: string, version: string) =>
  body(api.DELETE("/api/v1/attachments/{attachment_id}", { params: attached(id, version) }));

export type Upload = { done: Promise<StoredFile>; cancel: () => void };

/** Sends the bytes of one file. `onProgress` gets the sent share, 0..1. XMLHttpRequest, because fetch tells no upload progress. */
export function uploadFile(file: File, project: string, onProgress: (share: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<StoredFile>((resolve, reject) => {
    request.open("POST", `/api/v1/files?${new URLSearchParams({ name: file.name, project })}`);
    request.setRequestHeader("Idempotency-Key", crypto.randomUUID());
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as StoredFile);
      else reject(new Problem(request.status, (request.response as ProblemBody | null) ?? {}));
    };
    request.onerror = () => reject(networkProblem());
    request.onabort = () =>
      reject(new Problem(0, { title: "Cancelled", code: "cancelled", detail: "Upload cancelled." }));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}
