import createClient from "openapi-fetch";
import { networkProblem, Problem, type ProblemBody } from "./problem";
import type { paths } from "./schema";

const RETRY_DELAYS_MS = [300, 900, 2700];
const READS = new Set(["GET", "HEAD"]);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * One request. A write whose answer was lost on the way is repeated with the same Idempotency-Key, so without a second
 * effect; a read is not repeated here, as the query cache does that.
 */
export async function send(request: Request): Promise<Response> {
  const write = !READS.has(request.method);
  if (write) request.headers.set("Idempotency-Key", crypto.randomUUID());
  for (const delay of write ? [...RETRY_DELAYS_MS, null] : [null]) {
    try {
      const response = await fetch(request.clone());
      if (response.status !== 503 || delay === null) return response;
    } catch (error) {
      if (request.signal.aborted) throw error;
      if (delay === null) break;
    }
    await pause(delay);
  }
  throw networkProblem();
}

export const api = createClient<paths>({ fetch: send, headers: { Accept: "application/json" } });

type Answer<Data> = { data?: Data | undefined; error?: unknown; response: Response };

/** The body of a success; throws a `Problem` for anything else. */
export async function body<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await asked;
  if (response.ok) return data as Data;
  const known = typeof error === "object" && error !== null;
  throw new Problem(response.status, known ? (error as ProblemBody) : { title: response.statusText });
}

/** The value of an If-Match header for a version such as `0-57`; entity tags pass as they are. */
export function entityTag(version: string): string {
  return version.startsWith('"') || version.startsWith("W/") ? version : `"${version}"`;
}

export const ifMatch = (version: string) => ({ "If-Match": entityTag(version) });
