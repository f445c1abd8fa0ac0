import { Button, Group, Modal, NativeSelect } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { invalidate } from "../../api/events";
import { partQuery } from "../../api/parts";
import { projectsQuery } from "../../api/people";
import { propose } from "../../api/proposals";
import type { Proposal } from "../../api/types";
import { plural } from "../../ui/format";
import { Notice } from "../../ui/states";
import { isImported } from "./importing";
import { UploadList } from "./UploadList";
import { useUploads } from "./useUploads";

const refuse = (file: File): string | null => {
  if (!isImported(file.name))
    return "STEP files (.step, .stp) and parts lists (.csv, .tsv) are imported. Attach other files on a part's Files tab.";
  return file.size === 0 ? "The file is empty." : null;
};

/** The project offered first: that of the part one is looking at, the one filtered by, the only one. */
function useLikelyProject(): string {
  const { partId } = useParams({ strict: false });
  const { project } = useSearch({ strict: false }) as { project?: string };
  const { data: part } = useQuery({ ...partQuery(partId ?? "", undefined), enabled: partId !== undefined });
  const { data: projects = [] } = useQuery(projectsQuery);
  const known = projects.find(({ code }) => code === project)?.id;
  return part?.project.id ?? known ?? (projects.length === 1 ? (projects[0]?.id ?? "") : "");
}

export function ImportDialog({ files, leftOut, close }: { files: File[]; leftOut: number; close: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const likely = useLikelyProject();
  const { data: projects = [] } = useQuery(projectsQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const project = chosen ?? likely;
  const { rows, start } = useUploads<Proposal>(files, refuse, (stored) => propose(stored.id, project));
  const possible = files.some((file) => refuse(file) === null);

  async function go() {
    setBusy(true);
    const proposals = await start(project);
    setBusy(false);
    void invalidate(client, ["proposal", "file", "job"]);
    const [first] = proposals;
    if (files.length === 1 && first) {
      close();
      await navigate({ to: "/proposals/$proposalId", params: { proposalId: first.id } });
    }
  }

  return (
    <Modal
      opened
      onClose={close}
      title={files.length === 1 ? "Import a file" : `Import ${files.length} files`}
      size="lg"
    >
      <div className="stack">
        <UploadList
          rows={rows}
          done={(proposal) => (
            <Link to="/proposals/$proposalId" params={{ proposalId: proposal.id }} onClick={close}>
              Review
            </Link>
          )}
        />
        {leftOut > 0 && (
          <p className="muted">
            {plural(leftOut, "other file")} of the folder {leftOut === 1 ? "is" : "are"} neither a STEP file nor a parts
            list, and left out.
          </p>
        )}
        {projects.length === 0 ? (
          <Notice tone="warn">There is no project yet. Make one under Administration, Projects.</Notice>
        ) : (
          <NativeSelect
            label="Project"
            description="New parts are made in this project"
            value={project}
            disabled={busy}
            data={[
              { value: "", label: "Choose a project" },
              ...projects.map(({ id, code, name }) => ({
                value: id,
                label: name && name !== code ? `${code} · ${name}` : code,
              })),
            ]}
            onChange={(event) => setChosen(event.currentTarget.value)}
          />
        )}
        <p className="muted">
          Nothing changes yet: the file becomes a proposal, whose parts, quantities and matches you review before
          accepting it.
        </p>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {busy ? "Stop" : "Close"}
          </Button>
          <Button disabled={!project || !possible} loading={busy} onClick={go}>
            Upload and read
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
