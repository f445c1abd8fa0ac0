import { Menu } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { invalidate } from "../../api/events";
import { deletePart } from "../../api/parts";
import type { Part } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { toastDone, toastError } from "../../ui/toast";
import { useEditBlock } from "../shell/point";
import { NumberDialog } from "./NumberDialog";
import { PhaseDialog } from "./PhaseDialog";

type Dialog = "number" | "phase" | null;

export function PartMenu({ part }: { part: Part }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<Dialog>(null);
  const blocked = useEditBlock(part.project.id);
  const close = () => setDialog(null);

  async function remove() {
    try {
      await deletePart(part);
      toastDone(`${part.number} deleted`);
      await navigate({ to: "/parts", search: {} });
      await invalidate(client, ["part", "bom", "commit"]);
    } catch (error) {
      toastError(error, "Not deleted");
    }
  }
  const askRemove = () =>
    modals.openConfirmModal({
      title: `Delete ${part.number}?`,
      children: "It disappears from lists from this commit on. Its history stays readable.",
      labels: { confirm: "Delete part", cancel: "Keep" },
      confirmProps: { color: "red" },
      onConfirm: remove,
    });

  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <button
            type="button"
            className="icon-button large"
            aria-label="More actions"
            title={blocked ?? "More actions"}
          >
            <Icon name="dots" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="edit" />} disabled={!!blocked} onClick={() => setDialog("number")}>
            Number and aliases
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="branch" />} disabled={!!blocked} onClick={() => setDialog("phase")}>
            Change phase
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<Icon name="trash" />} disabled={!!blocked} onClick={askRemove}>
            Delete part
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {dialog === "number" && <NumberDialog part={part} close={close} />}
      {dialog === "phase" && <PhaseDialog part={part} close={close} />}
    </>
  );
}
