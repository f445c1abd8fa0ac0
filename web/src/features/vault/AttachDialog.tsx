import { Button, Group, Modal, NativeSelect } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invalidate } from "../../api/events";
import { attach } from "../../api/files";
import type { Attachment, AttachmentRole, Part } from "../../api/types";
import { words } from "../../ui/format";
import { toastDone } from "../../ui/toast";
import { isStep } from "./importing";
import { ROLES } from "./roles";
import { UploadList } from "./UploadList";
import { useUploads } from "./useUploads";

function likelyRole(files: File[]): AttachmentRole {
  if (files.every(({ name }) => isStep(name))) return "cad";
  return files.every(({ name }) => /\.(pdf|dwg|dxf|svg)$/i.test(name)) ? "drawing" : "other";
}

export function AttachDialog({ part, files, close }: { part: Part; files: File[]; close: () => void }) {
  const client = useQueryClient();
  const [role, setRole] = useState<AttachmentRole>(() => likelyRole(files));
  const [busy, setBusy] = useState(false);
  const { rows, start } = useUploads<Attachment>(
    files,
    () => null,
    (stored) => attach(part.id, stored.id, role),
  );

  async function go() {
    setBusy(true);
    const attached = await start(part.project.id);
    setBusy(false);
    void invalidate(client, ["attachment", "part", "bom", "commit", "file", "job"]);
    if (attached.length !== files.length) return;
    toastDone(`${attached.length === 1 ? files[0]?.name : `${attached.length} files`} attached to ${part.number}`);
    close();
  }

  return (
    <Modal opened onClose={close} title={`Attach to ${part.number}`} size="lg">
      <div className="stack">
        <UploadList rows={rows} done={() => <span className="ok small">attached</span>} />
        <NativeSelect
          label="Role"
          value={role}
          disabled={busy}
          data={ROLES.map((value) => ({ value, label: value === "cad" ? "CAD" : words(value) }))}
          onChange={(event) => setRole(event.currentTarget.value as AttachmentRole)}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {busy ? "Stop" : "Cancel"}
          </Button>
          <Button loading={busy} onClick={go}>
            Upload and attach
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
