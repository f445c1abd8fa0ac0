import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { address, get, write } from "./client";
import { keys } from "./keys";
import { freshness } from "./parts";
import { networkProblem, Problem, type ProblemBody } from "./problem";
import type { Attachment, AttachmentRole, Page, StoredFile } from "./types";

export const filesQuery = (filter: { project?: string }) =>
  infiniteQueryOptions({
    queryKey: keys.files(filter),
    queryFn: ({ pageParam, signal }) =>
      get<Page<StoredFile>>("/files", { ...filter, limit: 50, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const fileQuery = (id: string) =>
  queryOptions({ queryKey: keys.file(id), queryFn: ({ signal }) => get<StoredFile>(`/files/${id}`, {}, signal) });

export const contentUrl = (file: string) => address(`/files/${file}/content`);

export const attachmentsQuery = (part: string, at: string | undefined) =>
  queryOptions({
    queryKey: keys.attachments(at, part),
    queryFn: ({ signal }) =>
      get<Page<Attachment>>(`/parts/${part}/attachments`, { at, limit: 500 }, signal).then((page) => page.items),
    staleTime: freshness(at),
  });

export const attach = (part: string, body: { file: string; role: AttachmentRole; category?: string }) =>
  write<Attachment>("POST", `/parts/${part}/attachments`, { body });
export const changeAttachment = (id: string, version: string, body: { file?: string; role?: AttachmentRole }) =>
  write<Attachment>("PATCH", `/attachments/${id}`, { body, version });
export const detach = (id: string, version: string) => write<void>("DELETE", `/attachments/${id}`, { version });

export type Upload = { done: Promise<StoredFile>; cancel: () => void };

/** Sends the bytes of one file. `onProgress` gets the sent share, 0..1. XMLHttpRequest, because fetch tells no upload progress. */
export function uploadFile(file: File, project: string, onProgress: (share: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<StoredFile>((resolve, reject) => {
    request.open("POST", address("/files", { name: file.name, project }));
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
