import { Button, Group, Modal, Radio } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { invalidate } from "../../api/events";
import { setPhase } from "../../api/parts";
import { Problem, sentence } from "../../api/problem";
import type { ItemRef, Part, Phase } from "../../api/types";
import { words } from "../../ui/format";
import { PartNumber } from "../../ui/PartNumber";
import { Notice } from "../../ui/states";
import { toastDone } from "../../ui/toast";
import { PHASES } from "./phases";

/** Where a phase is blocked, the problem document lists the uses under one of these members. */
function blockers(error: unknown): ItemRef[] {
  if (!(error instanceof Problem)) return [];
  const listed = error.body.used_in ?? error.body.uses ?? error.body.where_used;
  return Array.isArray(listed) ? (listed as ItemRef[]) : [];
}

export function PhaseDialog({ part, close }: { part: Part; close: () => void }) {
  const client = useQueryClient();
  const [phase, setChosen] = useState<Phase>(part.phase);
  const change = useMutation({
    mutationFn: () => setPhase(part, phase),
    onSuccess: async () => {
      close();
      toastDone(`${part.number} is now in phase “${words(phase)}”`);
      await invalidate(client, ["part", "bom", "commit"]);
    },
  });
  const uses = blockers(change.error);
  return (
    <Modal opened onClose={close} title={`Phase of ${part.number}`}>
      <div className="stack">
        <Radio.Group aria-label="Phase" value={phase} onChange={(value) => setChosen(value as Phase)}>
          <div className="stack">
            {PHASES.map((value) => (
              <Radio key={value} value={value} label={words(value)} />
            ))}
          </div>
        </Radio.Group>
        <p className="muted">Obsolete and not-for-new-design parts cannot be put on new BOM lines.</p>
        {change.isError && (
          <Notice tone="bad">
            {sentence(change.error)}
            {uses.length > 0 && (
              <ul className="change-list">
                {uses.map((use) => (
                  <li key={use.id} className="row">
                    <PartNumber id={use.id} number={use.number} /> {use.name}
                  </li>
                ))}
              </ul>
            )}
          </Notice>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button disabled={phase === part.phase} loading={change.isPending} onClick={() => change.mutate()}>
            Change phase
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
