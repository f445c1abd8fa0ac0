import { useCallback, useEffect, useRef, useState } from "react";
import { type Upload, uploadFile } from "../../api/files";
import { sentence } from "../../api/problem";
import type { StoredFile } from "../../api/types";

export type UploadState<Result> =
  | { kind: "waiting" }
  | { kind: "sending"; share: number }
  | { kind: "finishing" }
  | { kind: "done"; result: Result }
  | { kind: "failed"; message: string };
export type UploadRow<Result> = { file: File; state: UploadState<Result> };

/** Uploads files one after the other; `after` is what each stored file is for. */
export function useUploads<Result>(
  files: File[],
  refuse: (file: File) => string | null,
  after: (stored: StoredFile) => Promise<Result>,
) {
  const [rows, setRows] = useState<UploadRow<Result>[]>(() =>
    files.map((file) => {
      const message = refuse(file);
      return { file, state: message ? { kind: "failed", message } : { kind: "waiting" } };
    }),
  );
  const current = useRef<Upload | null>(null);
  const stopped = useRef(false);
  const set = useCallback(
    (index: number, state: UploadState<Result>) =>
      setRows((old) => old.map((row, at) => (at === index ? { ...row, state } : row))),
    [],
  );

  useEffect(() => {
    stopped.current = false;
    return () => {
      stopped.current = true;
      current.current?.cancel();
    };
  }, []);

  async function one(index: number, file: File, project: string): Promise<Result | null> {
    try {
      set(index, { kind: "sending", share: 0 });
      current.current = uploadFile(file, project, (share) =>
        set(index, share < 1 ? { kind: "sending", share } : { kind: "finishing" }),
      );
      const stored = await current.current.done;
      current.current = null;
      set(index, { kind: "finishing" });
      const result = await after(stored);
      set(index, { kind: "done", result });
      return result;
    } catch (error) {
      set(index, { kind: "failed", message: sentence(error) });
      return null;
    }
  }

  /** Answers what came of each file that went through. */
  async function start(project: string): Promise<Result[]> {
    const results: Result[] = [];
    for (const [index, { file, state }] of rows.entries()) {
      if (stopped.current) break;
      if (state.kind === "done" || refuse(file)) continue;
      const result = await one(index, file, project);
      if (result !== null) results.push(result);
    }
    return results;
  }

  return { rows, start };
}
