import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { partHistoryQuery } from "../../api/parts";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { ChangeList } from "../history/ChangeList";
import { CommitHead } from "../history/CommitHead";
import { LookAt } from "../history/LookAt";

export function PartHistoryPage() {
  const { partId } = useParams({ from: "/app/parts/$partId" });
  const query = useInfiniteQuery(partHistoryQuery(partId));
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="page page-narrow">
      {query.isPending && <SkeletonRows rows={8} label="Loading the history" />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {entries.length > 0 && (
        <ol className="timeline card" aria-label="History of this part">
          {entries.map(({ commit, changes }) => (
            <li key={commit.id}>
              <CommitHead commit={commit}>
                <LookAt commit={commit} stay />
              </CommitHead>
              <ChangeList changes={changes} seq={commit.seq} hideItem />
            </li>
          ))}
        </ol>
      )}
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          Earlier commits
        </Button>
      )}
    </div>
  );
}
