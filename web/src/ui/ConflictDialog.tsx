import { Button, Group, Modal } from "@mantine/core";
import { formatValue } from "./format";

export type Conflict = {
  /** What both changed, for example "Material of PRT-7". */
  subject: string;
  mine: unknown;
  theirs: unknown;
  /** Who or when, where known. */
  by?: string | undefined;
  keepMine: () => void;
  takeTheirs: () => void;
};

/** A write met a newer version (412): both are shown, a person decides. */
export function ConflictDialog({ conflict }: { conflict: Conflict }) {
  const { subject, mine, theirs, by, keepMine, takeTheirs } = conflict;
  return (
    <Modal opened onClose={takeTheirs} title={`${subject} changed meanwhile`} size="md">
      <div className="stack">
        <p className="muted">
          {by ? `${by} saved another version` : "Another version was saved"} while you were editing.
        </p>
        <table className="table card">
          <thead>
            <tr>
              <th>Yours</th>
              <th>Saved now</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <td className="redline-add">{formatValue(mine)}</td>
              <td className="redline-mod">{formatValue(theirs)}</td>
            </tr>
          </tbody>
        </table>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={takeTheirs}>
            Take theirs
          </Button>
          <Button onClick={keepMine}>Keep mine</Button>
        </Group>
      </div>
    </Modal>
  );
}
