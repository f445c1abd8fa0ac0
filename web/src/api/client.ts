import { networkProblem, readProblem } from "./problem";

export const BASE = "/api/v1";

export type Query = Record<string, string | number | boolean | null | undefined>;
type Method = "POST" | "PATCH" | "PUT" | "DELETE";
type WriteOptions = { body?: unknown; query?: Query; version?: string; key?: string };

const RETRY_DELAYS_MS = [300, 900, 2700];

export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${BASE}${path}?${text}` : `${BASE}${path}`;
}

/** The value of an If-Match header for a version such as `0-57`; entity tags pass as they are. */
export function entityTag(version: string): string {
  return version.startsWith('"') || version.startsWith("W/") ? version : `"${version}"`;
}

async function answer<T>(response: Response): Promise<T> {
  if (!response.ok) throw await readProblem(response);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address(path, query), { signal: signal ?? null, headers: { Accept: "application/json" } });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw networkProblem();
  }
  return answer<T>(response);
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * One write. Its Idempotency-Key stays the same over every repetition, so a write whose answer was lost
 * on the way is repeated without a second effect.
 */
export async function write<T>(method: Method, path: string, options: WriteOptions = {}): Promise<T> {
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Idempotency-Key": options.key ?? crypto.randomUUID(),
  };
  if (options.version !== undefined) headers["If-Match"] = entityTag(options.version);
  const request: RequestInit = { method, headers };
  if (options.body !== undefined) {
    headers["Content-Type"] = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    request.body = JSON.stringify(options.body);
  }
  return answer<T>(await persist(address(path, options.query), request));
}

async function persist(url: string, request: RequestInit): Promise<Response> {
  for (const delay of [...RETRY_DELAYS_MS, null]) {
    try {
      const response = await fetch(url, request);
      if (response.status !== 503 || delay === null) return response;
    } catch {
      if (delay === null) break;
    }
    await pause(delay);
  }
  throw networkProblem();
}
