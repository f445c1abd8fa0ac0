import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type HttpResponse, Upload as TusUpload } from "tus-js-client";
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

/** Pieces begin under the megabyte that a proxy passes without being told otherwise, and grow where it passes more. */
export const FIRST_PIECE = 960 * 1024;
export const LARGEST_PIECE = 8 * 1024 * 1024;
const RETRY_MS = [300, 900, 2700, 5000, 10_000, 20_000];
const STORING_POLL_MS = 700;
const SLOWEST_POLL_MS = 5000;
const TOO_LARGE = 413;

/** Sends one file; `onProgress` gets the sent share, 0..1. A larger one goes in pieces, and on where it broke off. */
export function uploadFile(file: File, project: string, onProgress: (share: number) => void): Upload {
  return file.size > FIRST_PIECE ? inPieces(file, project, onProgress) : atOnce(file, project, onProgress);
}

function inPieces(file: File, project: string, onProgress: (share: number) => void): Upload {
  let cancel = () => undefined as undefined;
  const done = new Promise<StoredFile>((resolve, reject) => {
    const upload = new TusUpload(file, {
      endpoint: "/api/v1/uploads",
      chunkSize: FIRST_PIECE,
      retryDelays: RETRY_MS,
      metadata: { name: file.name, project, ...(file.type && { type: file.type }) },
      headers: { "Idempotency-Key": crypto.randomUUID() },
      fingerprint: async () => ["cascadia", project, file.name, file.size, file.lastModified].join("/"),
      removeFingerprintOnSuccess: true,
      onProgress: (sent, size) => onProgress(sent / size),
      onChunkComplete: (size) => {
        upload.options.chunkSize = Math.min(size * 2, LARGEST_PIECE);
      },
      onShouldRetry: (error) => {
        const status = "originalResponse" in error ? (error.originalResponse?.getStatus() ?? 0) : 0;
        if (status === TOO_LARGE && (upload.options.chunkSize ?? 0) > FIRST_PIECE) {
          upload.options.chunkSize = FIRST_PIECE;
          return true;
        }
        return status === 0 || status === 409 || status >= 500;
      },
      onError: (error) => reject(problemOf(error)),
      onSuccess: () => void stored(upload.url ?? "").then(resolve, reject),
    });
    cancel = () => {
      void upload.abort(true);
      reject(new Problem(0, { title: "Cancelled", code: "cancelled", detail: "Upload cancelled." }));
      return undefined;
    };
    void upload.findPreviousUploads().then(([previous]) => {
      if (previous) upload.resumeFromPreviousUpload(previous);
      upload.start();
    });
  });
  return { done, cancel: () => cancel() };
}

function problemOf(error: Error): Problem {
  const response =
    "originalResponse" in error ? (error as { originalResponse: HttpResponse | null }).originalResponse : null;
  if (!response) return networkProblem();
  try {
    return new Problem(response.getStatus(), JSON.parse(response.getBody()) as ProblemBody);
  } catch {
    return new Problem(response.getStatus(), {});
  }
}

/** The file that a complete upload became; large ones are put together by a worker, which is asked less and less often. */
async function stored(url: string): Promise<StoredFile> {
  const upload_id = url.slice(url.lastIndexOf("/") + 1);
  for (let pause = STORING_POLL_MS; ; pause = Math.min(pause * 1.5, SLOWEST_POLL_MS)) {
    const upload = await body(api.GET("/api/v1/uploads/{upload_id}", { params: { path: { upload_id } } }));
    if (upload.error)
      throw new Problem(422, { title: "Upload failed", code: upload.error.code, detail: upload.error.message });
    if (upload.file) return body(api.GET("/api/v1/files/{file_id}", { params: { path: { file_id: upload.file } } }));
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** XMLHttpRequest, because fetch tells no upload progress. */
function atOnce(file: File, project: string, onProgress: (share: number) => void): Upload {
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
