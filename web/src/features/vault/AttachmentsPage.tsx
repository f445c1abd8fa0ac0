import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { invalidate } from "../../api/events";
import { attachmentsQuery, contentUrl, detach, setRole } from "../../api/files";
import { partQuery } from "../../api/parts";
import type { Attachment, AttachmentRole, Part } from "../../api/types";
import { formatSize, formatTime, words } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { toastDone, toastError } from "../../ui/toast";
import { useAt, useEditBlock } from "../shell/point";
import { AttachDialog } from "./AttachDialog";
import { FilePreview } from "./FilePreview";
import { useDropTarget } from "./importing";
import { ROLES } from "./roles";

export function AttachmentsPage() {
  const { partId } = useParams({ from: "/app/parts/$partId" });
  const at = useAt();
  const { data: part } = useQuery(partQuery(partId, at));
  const blocked = useEditBlock(part?.project.id);
  const query = useQuery(attachmentsQuery(partId, at));
  if (query.isPending || !part) return <SkeletonRows rows={5} label="Loading the files" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  return <Attachments part={part} rows={query.data} blocked={blocked} />;
}

type Props = { part: Part; rows: Attachment[]; blocked: string | undefined };

function Attachments({ part, rows, blocked }: Props) {
  const [files, setFiles] = useState<File[]>([]);
  const input = useRef<HTMLInputElement>(null);
  useDropTarget(`Drop files to attach them to ${part.number}`, setFiles, blocked === undefined);
  const button = (
    <Button
      leftSection={<Icon name="upload" />}
      disabled={!!blocked}
      title={blocked}
      onClick={() => input.current?.click()}
    >
      Attach files
    </Button>
  );
  return (
    <div className="page page-narrow">
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label="Files to attach"
        onChange={(event) => {
          setFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      {rows.length === 0 ? (
        <Empty icon="file" title="No files yet" action={button}>
          Drop CAD files, drawings or specifications anywhere on this page.
        </Empty>
      ) : (
        <>
          <div className="row">
            <span className="grow muted">Drop files anywhere on this page to attach them.</span>
            {button}
          </div>
          <AttachmentTable rows={rows} blocked={blocked} />
        </>
      )}
      {files.length > 0 && <AttachDialog part={part} files={files} close={() => setFiles([])} />}
    </div>
  );
}

function AttachmentTable({ rows, blocked }: { rows: Attachment[]; blocked: string | undefined }) {
  return (
    <table className="table card" aria-label="Files">
      <thead>
        <tr>
          <th>Name</th>
          <th>Role</th>
          <th className="num">Size</th>
          <th>Added</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <AttachmentRow key={row.id} row={row} blocked={blocked} />
        ))}
      </tbody>
    </table>
  );
}

function AttachmentRow({ row, blocked }: { row: Attachment; blocked: string | undefined }) {
  const client = useQueryClient();
  const refresh = () => invalidate(client, ["attachment", "part", "bom", "commit"]);
  const change = useMutation({
    mutationFn: (role: AttachmentRole) => setRole(row.id, row.version, role),
    onSuccess: refresh,
    onError: (error) => {
      toastError(error);
      void refresh();
    },
  });
  const remove = useMutation({
    mutationFn: () => detach(row.id, row.version),
    onSuccess: () => {
      toastDone(`${row.file.name} detached`);
      return refresh();
    },
    onError: (error) => toastError(error, "Not detached"),
  });
  const { file } = row;
  return (
    <tr>
      <td>
        <span className="row">
          <Icon name="file" />
          <a href={contentUrl(file.id)} download={file.name}>
            {file.name}
          </a>
          {row.component && <span className="muted small mono">{row.component}</span>}
        </span>
      </td>
      <td>
        {blocked ? (
          words(row.role)
        ) : (
          <select
            className="context-select"
            aria-label={`Role of ${file.name}`}
            value={row.role}
            disabled={change.isPending}
            onChange={(event) => change.mutate(event.target.value as AttachmentRole)}
          >
            {ROLES.map((role) => (
              <option key={role} value={role}>
                {role === "cad" ? "CAD" : words(role)}
              </option>
            ))}
          </select>
        )}
      </td>
      <td className="num">{formatSize(file.size)}</td>
      <td className="muted">
        {formatTime(file.created_at)} · {file.created_by.name}
      </td>
      <td className="table-actions">
        <FilePreview file={file} />
        <a className="icon-button" href={contentUrl(file.id)} download={file.name} aria-label={`Download ${file.name}`}>
          <Icon name="download" />
        </a>
        <button
          type="button"
          className="icon-button"
          aria-label={`Detach ${file.name}`}
          title={blocked}
          disabled={!!blocked || remove.isPending}
          onClick={() => remove.mutate()}
        >
          <Icon name="trash" />
        </button>
      </td>
    </tr>
  );
}
