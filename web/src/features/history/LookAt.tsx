import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { Commit } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { useSetPoint } from "../shell/pointInTime";

/** Shows everything as it was at this commit, on the page one is on (`stay`) or in the parts list. */
export function LookAt({ commit, stay = false }: { commit: Commit; stay?: boolean }) {
  const navigate = useNavigate();
  const setPoint = useSetPoint();
  const at = `commit:${commit.seq}`;
  const look = () => (stay ? setPoint(at) : navigate({ to: "/parts", search: { at } }));
  return (
    <Button size="compact-xs" variant="default" leftSection={<Icon name="eye" size={14} />} onClick={look}>
      Look at it
    </Button>
  );
}
