import { Button, Group, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { dropUpload, openUploadsQuery } from "../../api/people";
import { sentence } from "../../api/problem";
import type { Upload } from "../../api/types";
import { Badge } from "../../ui/badges";
import { formatSize, formatTime } from "../../ui/format";
import { Empty, ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastDone } from "../../ui/toast";

/** Everybody's uploads that became no file: they take room until their day is over, or somebody drops them. */
export function UploadsPage() {
  const query = useQuery(openUploadsQuery);
  const [dropping, setDropping] = useState<Upload | null>(null);
  return (
    <div className="page">
      <PageHead title="Uploads" note="of everybody that became no file" />
      {query.isPending && <SkeletonRows rows={3} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data?.length === 0 && <Empty icon="check" title="Every upload became a file" />}
      {query.data && query.data.length > 0 && <UploadTable uploads={query.data} drop={setDropping} />}
      <p className="muted">
        An upload is kept for a day after its last piece, and then dropped with what arrived of it.
      </p>
      {dropping && <DropUpload upload={dropping} close={() => setDropping(null)} />}
    </div>
  );
}

function UploadTable({ uploads, drop }: { uploads: Upload[]; drop: (upload: Upload) => void }) {
  return (
    <table className="table card" aria-label="Uploads">
      <thead>
        <tr>
          <th>File</th>
          <th>Project</th>
          <th>Person</th>
          <th>State</th>
          <th>Arrived</th>
          <th>Begun</th>
          <th>Kept until</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {uploads.map((upload) => (
          <tr key={upload.id}>
            <td>{upload.name}</td>
            <td title={upload.project.name}>{upload.project.code}</td>
            <td>{upload.created_by.name}</td>
            <td title={upload.error?.message}>
              <Badge tone={upload.state === "failed" ? "bad" : "mute"}>
                {upload.state === "failed" ? "failed" : "on its way"}
              </Badge>
            </td>
            <td>
              {formatSize(upload.offset)} of {formatSize(upload.size)}
            </td>
            <td className="muted">{formatTime(upload.created_at)}</td>
            <td className="muted">{formatTime(upload.expires_at)}</td>
            <td className="table-actions">
              <Button size="compact-xs" variant="default" onClick={() => drop(upload)}>
                Drop
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function DropUpload({ upload, close }: { upload: Upload; close: () => void }) {
  const client = useQueryClient();
  const drop = useMutation({
    mutationFn: () => dropUpload(upload.id),
    onSuccess: async () => {
      close();
      toastDone(`Dropped the upload of ${upload.name}`);
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.openUploads }),
        client.invalidateQueries({ queryKey: keys.usage }),
      ]);
    },
  });
  return (
    <Modal opened onClose={close} title={`Drop the upload of ${upload.name}?`}>
      <div className="stack">
        <p>
          The {formatSize(upload.offset)} of {formatSize(upload.size)} that arrived from {upload.created_by.name} are
          deleted. To have the file it is sent again from its beginning.
        </p>
        {drop.isError && <Notice tone="bad">{sentence(drop.error)}</Notice>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button color="red" loading={drop.isPending} onClick={() => drop.mutate()}>
            Drop
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
