import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import type { Delivery, Webhook } from "../../api/types";
import { deliverAgain, deliveriesQuery } from "../../api/webhooks";
import { Badge } from "../../ui/badges";
import { formatTime } from "../../ui/format";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { toastError } from "../../ui/toast";

const TONES = { waiting: "warn", delivered: "ok", failed: "bad" } as const;

/** What a webhook was told, and what it answered. */
export function Deliveries({ webhook }: { webhook: Webhook }) {
  const query = useInfiniteQuery(deliveriesQuery(webhook.id));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.isPending) return <SkeletonRows rows={3} label="Loading deliveries" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  if (rows.length === 0) return <Empty icon="clock" title="Nothing was told yet" />;
  return (
    <>
      <table className="table" aria-label="Deliveries">
        <thead>
          <tr>
            <th>Event</th>
            <th>State</th>
            <th>Last answer</th>
            <th>When</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <DeliveryRow key={row.id} webhook={webhook} row={row} />
          ))}
        </tbody>
      </table>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          Older deliveries
        </Button>
      )}
    </>
  );
}

function DeliveryRow({ webhook, row }: { webhook: Webhook; row: Delivery }) {
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: () => deliverAgain(webhook.id, row.id),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.deliveries(webhook.id) }),
    onError: (error) => toastError(error, "Not sent"),
  });
  return (
    <tr>
      <td className="mono small">{row.type}</td>
      <td>
        <Badge tone={TONES[row.state]}>{row.state}</Badge>
        {row.attempts > 1 && <span className="muted small"> {row.attempts} tries</span>}
      </td>
      <td className="muted small">
        {row.error ?? (row.status === null ? "" : `answered ${row.status} after ${row.milliseconds} ms`)}
      </td>
      <td className="muted small">{formatTime(row.tried_at ?? row.created_at)}</td>
      <td className="table-actions">
        <Button size="compact-xs" variant="default" loading={again.isPending} onClick={() => again.mutate()}>
          Send again
        </Button>
      </td>
    </tr>
  );
}
