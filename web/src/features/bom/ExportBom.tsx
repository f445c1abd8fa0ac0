import { Button, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type ExportFormat, exportBom } from "../../api/exports";
import { keys } from "../../api/keys";
import { Icon } from "../../ui/Icon";
import { toastError } from "../../ui/toast";
import { useAt } from "../shell/point";

/** Writes the BOM into a file and hands it to the browser; the jobs tray shows it meanwhile, and keeps the file for a week. */
export function ExportBom({ flat }: { flat: boolean }) {
  const { partId } = useParams({ from: "/app/parts/$partId" });
  const at = useAt();
  const client = useQueryClient();
  const run = useMutation({
    mutationFn: (format: ExportFormat) => exportBom(partId, at, format, flat ? "flat" : "indented"),
    onSuccess: (address) => window.location.assign(address),
    onError: (error) => toastError(error, "Not exported"),
    onSettled: () => client.invalidateQueries({ queryKey: keys.jobs({}).slice(0, 1) }),
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="download" />} loading={run.isPending}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => run.mutate("xlsx")}>Excel (XLSX)</Menu.Item>
        <Menu.Item onClick={() => run.mutate("csv")}>CSV</Menu.Item>
        <Menu.Item onClick={() => run.mutate("json")}>JSON</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
