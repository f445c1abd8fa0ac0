import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { invalidate } from "../../api/events";
import { contentUrl, filesQuery } from "../../api/files";
import { propose } from "../../api/proposals";
import type { StoredFile } from "../../api/types";
import { formatSize, formatTime } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { Thumb } from "../../ui/Thumb";
import { toastError } from "../../ui/toast";
import { isImported } from "./importing";

export function FilesList({ filter }: { filter: { project?: string } }) {
  const query = useInfiniteQuery(filesQuery(filter));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.isPending) return <SkeletonRows rows={6} label="Loading files" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  if (rows.length === 0) return <Empty icon="file" title="No files yet" />;
  return (
    <>
      <table className="table card" aria-label="Files">
        <thead>
          <tr>
            <th>Name</th>
            <th>Project</th>
            <th className="num">Size</th>
            <th>Uploaded</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((file) => (
            <FileRow key={file.id} file={file} />
          ))}
        </tbody>
      </table>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          Older files
        </Button>
      )}
    </>
  );
}

function FileRow({ file }: { file: StoredFile }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const again = useMutation({
    mutationFn: () => propose(file.id, file.project.id),
    onSuccess: async (proposal) => {
      void invalidate(client, ["proposal", "job"]);
      await navigate({ to: "/proposals/$proposalId", params: { proposalId: proposal.id } });
    },
    onError: (error) => toastError(error, "Not proposed"),
  });
  const picture = file.derivatives.find(({ kind, component }) => kind === "thumbnail" && component === null);
  return (
    <tr>
      <td>
        <span className="row">
          <Thumb url={picture?.url} letter="F" />
          <a href={contentUrl(file.id)} download={file.name}>
            {file.name}
          </a>
        </span>
      </td>
      <td>{file.project.code}</td>
      <td className="num">{formatSize(file.size)}</td>
      <td className="muted">
        {file.created_by.name} · {formatTime(file.created_at)}
      </td>
      <td className="table-actions">
        {isImported(file.name) && (
          <Button
            size="compact-xs"
            variant="default"
            loading={again.isPending}
            leftSection={<Icon name="import" size={14} />}
            onClick={() => again.mutate()}
          >
            Propose
          </Button>
        )}
      </td>
    </tr>
  );
}
