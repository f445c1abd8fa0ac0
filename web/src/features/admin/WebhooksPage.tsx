import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import type { Webhook } from "../../api/types";
import { removeWebhook, rotateSecret, switchWebhook, testWebhook, webhooksQuery } from "../../api/webhooks";
import { Badge } from "../../ui/badges";
import { Icon } from "../../ui/Icon";
import { ShownOnce } from "../../ui/ShownOnce";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastDone, toastError } from "../../ui/toast";
import { AddWebhook } from "./AddWebhook";
import { Deliveries } from "./Deliveries";

export function WebhooksPage() {
  const query = useQuery(webhooksQuery);
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [shown, setShown] = useState<Webhook>();
  return (
    <div className="page">
      <PageHead title="Webhooks" note="signed calls to your own programs when something happens">
        <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
          Add webhook
        </Button>
      </PageHead>
      {secret && (
        <ShownOnce secret={secret} what="secret">
          Copy the secret now, it is shown only once:
        </ShownOnce>
      )}
      {query.isPending && <SkeletonRows rows={3} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data?.length === 0 && (
        <Empty icon="right" title="No webhooks">
          Add one, and Cascadia calls its address at every event that you choose.
        </Empty>
      )}
      {query.data && query.data.length > 0 && (
        <WebhookTable webhooks={query.data} show={setShown} tellSecret={setSecret} />
      )}
      {adding && <AddWebhook close={() => setAdding(false)} tellSecret={setSecret} />}
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={`Deliveries to ${shown?.url}`}
        size="xl"
      >
        {shown && <Deliveries webhook={shown} />}
      </Modal>
    </div>
  );
}

type TableProps = { webhooks: Webhook[]; show: (hook: Webhook) => void; tellSecret: (secret: string) => void };

function WebhookTable({ webhooks, show, tellSecret }: TableProps) {
  return (
    <table className="table card" aria-label="Webhooks">
      <thead>
        <tr>
          <th>Address</th>
          <th>Events</th>
          <th>Of program</th>
          <th>State</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {webhooks.map((hook) => (
          <WebhookRow key={hook.id} hook={hook} show={show} tellSecret={tellSecret} />
        ))}
      </tbody>
    </table>
  );
}

function WebhookRow({ hook, show, tellSecret }: { hook: Webhook } & Omit<TableProps, "webhooks">) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: keys.webhooks });
  const act = useMutation({
    mutationFn: async (what: "switch" | "test" | "rotate" | "remove") => {
      if (what === "switch") await switchWebhook(hook);
      if (what === "remove") await removeWebhook(hook);
      if (what === "test") {
        await testWebhook(hook.id);
        toastDone("A test is on its way");
        show(hook);
      }
      if (what === "rotate") tellSecret((await rotateSecret(hook.id)).secret);
    },
    onSuccess: refresh,
    onError: (error) => toastError(error, "Not done"),
  });
  return (
    <tr>
      <td>
        <span className="mono">{hook.url}</span>
        <span className="muted small"> {hook.description}</span>
      </td>
      <td className="mono small">{hook.types.join(", ")}</td>
      <td>{hook.program_code ?? <span className="muted">no program</span>}</td>
      <td>
        {hook.enabled ? (
          <Badge tone={hook.failing_since ? "warn" : "ok"}>{hook.failing_since ? "failing" : "on"}</Badge>
        ) : (
          <>
            <Badge tone="mute">off</Badge> <span className="muted small">{hook.disabled_reason}</span>
          </>
        )}
      </td>
      <td className="table-actions">
        <Button size="compact-xs" variant="default" onClick={() => show(hook)}>
          Deliveries
        </Button>
        <Button size="compact-xs" variant="default" disabled={!hook.enabled} onClick={() => act.mutate("test")}>
          Send a test
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => act.mutate("rotate")}>
          New secret
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => act.mutate("switch")}>
          {hook.enabled ? "Switch off" : "Switch on"}
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => act.mutate("remove")}>
          Remove
        </Button>
      </td>
    </tr>
  );
}
