import { Drawer } from "@mantine/core";
import { useState } from "react";
import type { UsedLevels } from "../../api/bom";
import { WhereUsedList } from "./WhereUsedList";

type Props = { part: { id: string; number: string } | null; close: () => void };

export function WhereUsedDrawer({ part, close }: Props) {
  const [levels, setLevels] = useState<UsedLevels>("direct");
  return (
    <Drawer
      opened={part !== null}
      onClose={close}
      position="right"
      size={460}
      title={`Where used: ${part?.number ?? ""}`}
    >
      {part && <WhereUsedList partId={part.id} levels={levels} setLevels={setLevels} />}
    </Drawer>
  );
}
