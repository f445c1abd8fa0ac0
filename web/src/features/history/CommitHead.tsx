import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Commit } from "../../api/types";
import { formatTime } from "../../ui/format";

/** One commit in a timeline: what, who, when, and what one can do with it. */
export function CommitHead({ commit, children }: { commit: Commit; children?: ReactNode }) {
  return (
    <div className="row row-wrap">
      <Link
        className="mono"
        to="/history/$branch/$seq"
        params={{ branch: commit.branch, seq: String(commit.seq) }}
        title={`Commit ${commit.seq} of ${commit.branch}, ${commit.hash.slice(0, 12)}`}
      >
        {commit.seq}
      </Link>
      <strong>{commit.message}</strong>
      <span className="muted small" title={commit.at}>
        {commit.author.name} · {formatTime(commit.at)}
      </span>
      <span className="grow" />
      {children}
    </div>
  );
}
