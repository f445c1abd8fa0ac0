import type { QueryClient } from "@tanstack/react-query";
import { keys } from "./keys";
import { openStream, type StreamMessage } from "./stream";
import type { ChangeEvent, Job, JobEvent } from "./types";

const GATHER_MS = 150;

/** Which first words of the query keys an event makes old. */
export function staleWords(type: string): string[] {
  const [word] = type.split(".");
  switch (word) {
    case "part":
    case "item":
      return ["part", "bom", "commit"];
    case "bom":
    case "line":
      return ["part", "bom", "commit"];
    case "attachment":
      return ["attachment", "part", "commit"];
    case "commit":
      return ["part", "bom", "attachment", "commit"];
    case "file":
      return ["file", "part", "bom", "attachment"];
    case "derivative":
      return ["file", "part", "bom", "attachment", "proposal"];
    case "proposal":
      return ["proposal"];
    case "job":
      return ["job"];
    case "user":
    case "role":
    case "program":
    case "project":
      return ["session", "users", "programs", "projects"];
    default:
      return [];
  }
}

function isFixed(queryKey: readonly unknown[]): boolean {
  const second = queryKey[1];
  return typeof second === "string" && /^(commit:|date:|branch:[^@]+@)/.test(second);
}

/** Marks as old what one of the words names, except what was read at a fixed point of history. */
export function invalidate(client: QueryClient, words: Iterable<string>) {
  const wanted = new Set(words);
  return client.invalidateQueries({
    predicate: ({ queryKey }) => wanted.has(String(queryKey[0])) && !isFixed(queryKey),
  });
}

function patchJob(client: QueryClient, event: JobEvent) {
  const merge = (job: Job): Job => (job.id === event.id ? { ...job, ...event } : job);
  client.setQueryData<Job>(keys.job(event.id), (job) => job && merge(job));
  const tray = client.getQueryData<Job[]>(keys.jobs({ tray: true }));
  const known = tray?.find((job) => job.id === event.id);
  if (tray && known) client.setQueryData<Job[]>(keys.jobs({ tray: true }), tray.map(merge));
  if (!known || known.state !== event.state) void invalidate(client, ["job"]);
}

/** Keeps the query cache true to the server's events. Returns what ends it. */
export function followEvents(client: QueryClient): () => void {
  const gathered = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush() {
    timer = undefined;
    void invalidate(client, gathered);
    gathered.clear();
  }
  function hear(message: StreamMessage) {
    if (message.kind === "job") return patchJob(client, message.data as JobEvent);
    if (message.kind === "reset") return void client.invalidateQueries();
    for (const word of staleWords((message.data as ChangeEvent).type)) gathered.add(word);
    timer ??= setTimeout(flush, GATHER_MS);
  }

  const stop = listen(hear);
  return () => {
    clearTimeout(timer);
    stop();
  };
}

function listen(hear: (message: StreamMessage) => void): () => void {
  if (typeof SharedWorker === "undefined") return openStream(hear);
  const worker = new SharedWorker(new URL("./events.worker.ts", import.meta.url), {
    type: "module",
    name: "cascadia-events",
  });
  worker.port.onmessage = (event: MessageEvent<StreamMessage>) => hear(event.data);
  const leave = () => worker.port.postMessage("leave");
  window.addEventListener("pagehide", leave);
  return () => {
    window.removeEventListener("pagehide", leave);
    leave();
    worker.port.close();
  };
}
