import type { ReactNode } from "react";
import { formatSize } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Progress } from "../../ui/Progress";
import type { UploadRow } from "./useUploads";

type Props<Result> = { rows: UploadRow<Result>[]; done: (result: Result) => ReactNode };

export function UploadList<Result>({ rows, done }: Props<Result>) {
  return (
    <ul className="change-list">
      {rows.map(({ file, state }) => (
        <li key={`${file.name}-${file.size}-${file.lastModified}`}>
          <div className="row">
            <Icon name="file" />
            <span className="grow clip">{file.name}</span>
            <span className="muted small">{formatSize(file.size)}</span>
            {state.kind === "done" && done(state.result)}
          </div>
          {state.kind === "sending" && <Progress label={`Uploading ${file.name}`} share={state.share} />}
          {state.kind === "finishing" && <Progress label={`Storing ${file.name}`} share={null} />}
          {state.kind === "failed" && (
            <p className="small bad" role="alert">
              {state.message}
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
