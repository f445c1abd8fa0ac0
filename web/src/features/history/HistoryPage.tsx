import { Button, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { commitsQuery } from "../../api/commits";
import type { Commit } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead, Toolbar } from "../../ui/Toolbar";
import { CommitHead } from "./CommitHead";
import { LookAt } from "./LookAt";

const matches = (commit: Commit, q: string) =>
  `${commit.seq} ${commit.message} ${commit.author.name}`.toLowerCase().includes(q.toLowerCase());

export function HistoryPage() {
  const navigate = useNavigate();
  const { q = "" } = useSearch({ from: "/app/history" });
  const [typed, setTyped] = useState(q);
  const setSoon = useDebouncedCallback(
    (next: string) => navigate({ to: "/history", search: { q: next || undefined }, replace: true }),
    200,
  );
  const query = useInfiniteQuery(commitsQuery());
  const commits = query.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = q ? commits.filter((commit) => matches(commit, q)) : commits;
  return (
    <div className="fill">
      <PageHead title="History" note="every commit on main that touches what you may see" />
      <Toolbar label="Filter">
        <TextInput
          size="xs"
          w={280}
          aria-label="Filter by message, author or number of the commit"
          placeholder="Filter by message or author"
          leftSection={<Icon name="search" size={14} />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setSoon(event.currentTarget.value.trim());
          }}
        />
        {q && (
          <span className="muted small">
            {shown.length} of {commits.length} loaded
          </span>
        )}
      </Toolbar>
      <div className="page">
        {query.isPending && <SkeletonRows rows={10} label="Loading the history" />}
        {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
        {query.isSuccess && shown.length === 0 && (
          <Empty icon="history" title={q ? "No loaded commit matches" : "No commits yet"}>
            {q
              ? "Load earlier ones below, or change the filter."
              : "The first part or BOM line makes the first commit."}
          </Empty>
        )}
        {shown.length > 0 && (
          <ol className="timeline card">
            {shown.map((commit) => (
              <li key={commit.id}>
                <CommitHead commit={commit}>
                  <LookAt commit={commit} />
                </CommitHead>
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
    </div>
  );
}
