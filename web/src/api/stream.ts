export type StreamMessage =
  | { kind: "job" | "change"; data: unknown }
  /** Something may have been missed: what is known may be old. */
  | { kind: "reset" };

const REOPEN_MS = 3000;

/** Listens to the server's events until the returned function is called. */
export function openStream(tell: (message: StreamMessage) => void): () => void {
  let source: EventSource;
  let reopening: ReturnType<typeof setTimeout> | undefined;
  let missed = false;

  function open() {
    source = new EventSource("/api/v1/events/stream");
    source.addEventListener("job", (event) => tell({ kind: "job", data: JSON.parse(event.data) }));
    source.addEventListener("change", (event) => tell({ kind: "change", data: JSON.parse(event.data) }));
    source.addEventListener("reset", () => tell({ kind: "reset" }));
    source.onopen = () => {
      if (missed) tell({ kind: "reset" });
      missed = false;
    };
    source.onerror = () => {
      // A broken stream is reopened by the browser where it stopped; after an answer such as 502 or 401 the browser gives up.
      if (source.readyState !== EventSource.CLOSED) return;
      missed = true;
      reopening = setTimeout(open, REOPEN_MS);
    };
  }

  open();
  return () => {
    clearTimeout(reopening);
    source.close();
  };
}
