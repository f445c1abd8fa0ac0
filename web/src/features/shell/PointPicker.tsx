import { Button, Popover, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { commitsQuery } from "../../api/commits";
import type { Commit } from "../../api/types";
import { formatTime } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { describePoint, useSetPoint } from "./pointInTime";

export function PointPicker({ at }: { at: string | undefined }) {
  const [opened, setOpened] = useState(false);
  const setPoint = useSetPoint();
  const choose = (point: string | undefined) => {
    setOpened(false);
    setPoint(point);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" width={380} trapFocus shadow="md">
      <Popover.Target>
        <button
          type="button"
          className="context-item context-button"
          aria-haspopup="dialog"
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          <Icon name="clock" size={14} />
          <span className="visually-hidden">Point in time:</span> {at ? describePoint(at) : "Now"}
          <Icon name="down" size={12} />
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Point in time">
        {opened && <PointChoices at={at} choose={choose} />}
      </Popover.Dropdown>
    </Popover>
  );
}

type ChoicesProps = { at: string | undefined; choose: (at: string | undefined) => void };

function PointChoices({ at, choose }: ChoicesProps) {
  const [date, setDate] = useState("");
  const query = useInfiniteQuery(commitsQuery());
  const commits = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="stack">
      <div className="row">
        <TextInput
          className="grow"
          type="datetime-local"
          size="xs"
          aria-label="Date and time to look at"
          value={date}
          onChange={(event) => setDate(event.currentTarget.value)}
        />
        <Button variant="default" disabled={!date} onClick={() => choose(`date:${new Date(date).toISOString()}`)}>
          Look at date
        </Button>
      </div>
      <ul className="point-list">
        <li>
          <button type="button" className="point-choice" aria-current={!at} onClick={() => choose(undefined)}>
            <Icon name="clock" size={14} />
            <span>
              <strong>Now</strong> <span className="muted">head of main</span>
            </span>
          </button>
        </li>
        {commits.map((commit) => (
          <CommitChoice key={commit.id} commit={commit} at={at} choose={choose} />
        ))}
      </ul>
      {query.isPending && <SkeletonRows rows={4} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.hasNextPage && (
        <Button variant="subtle" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          Earlier commits
        </Button>
      )}
    </div>
  );
}

function CommitChoice({ commit, at, choose }: ChoicesProps & { commit: Commit }) {
  const point = `commit:${commit.seq}`;
  return (
    <li>
      <button type="button" className="point-choice" aria-current={at === point} onClick={() => choose(point)}>
        <span className="mono">{commit.seq}</span>
        <span className="clip">{commit.message}</span>
        <span />
        <span className="muted small">
          {commit.author.name} · {formatTime(commit.at)}
        </span>
      </button>
    </li>
  );
}
