import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { commitChangesQuery, commitQuery } from "../../api/commits";
import { formatTime, plural } from "../../ui/format";
import { CopyButton } from "../../ui/PartNumber";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { ChangeList } from "./ChangeList";
import { LookAt } from "./LookAt";

export function CommitPage() {
  const { branch, seq } = useParams({ from: "/app/history/$branch/$seq" });
  const commit = useQuery(commitQuery(branch, Number(seq)));
  const changes = useInfiniteQuery(commitChangesQuery(branch, Number(seq)));
  const rows = changes.data?.pages.flatMap((page) => page.items) ?? [];
  if (commit.isPending) return <SkeletonRows rows={6} />;
  if (commit.isError) return <ErrorState error={commit.error} retry={() => commit.refetch()} />;
  const { message, author, at, hash } = commit.data;
  return (
    <div className="page page-narrow">
      <PageHead title={message}>
        <LookAt commit={commit.data} />
      </PageHead>
      <p className="muted row row-wrap">
        commit <span className="mono">{seq}</span> on {branch} · {author.name} · {formatTime(at)} · hash
        <span className="mono">{hash.slice(0, 16)}…</span>
        <CopyButton text={hash} what="hash" />
      </p>
      <section className="card" aria-label="Changes">
        <div className="card-head">
          <h2>What changed</h2>
          {changes.isSuccess && (
            <span className="muted">
              {plural(rows.length, "row")}
              {changes.hasNextPage ? " loaded" : ""}
            </span>
          )}
        </div>
        <div className="card-body">
          {changes.isPending && <SkeletonRows rows={4} />}
          {changes.isError && <ErrorState error={changes.error} retry={() => changes.refetch()} />}
          {changes.isSuccess && <ChangeList changes={rows} seq={Number(seq)} />}
          {changes.hasNextPage && (
            <Button variant="default" loading={changes.isFetchingNextPage} onClick={() => changes.fetchNextPage()}>
              More changes
            </Button>
          )}
        </div>
      </section>
    </div>
  );
}
