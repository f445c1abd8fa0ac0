import { Switch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { keys } from "../../api/keys";
import { notificationsQuery, setMailFailures } from "../../api/webhooks";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastError } from "../../ui/toast";

export function NotificationsPage() {
  const client = useQueryClient();
  const query = useQuery(notificationsQuery);
  const change = useMutation({
    mutationFn: setMailFailures,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.notifications }),
    onError: (error) => toastError(error, "Not changed"),
  });
  return (
    <div className="page page-narrow">
      <PageHead title="My notifications" />
      {query.isPending && <SkeletonRows rows={1} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data && (
        <Switch
          label="Mail me when something that I asked for failed for good"
          description="An import or an export, say. Nothing is sent where the server has no mail server (SMTP_URL)."
          checked={query.data.mail_failures}
          disabled={change.isPending}
          onChange={(event) => change.mutate(event.currentTarget.checked)}
        />
      )}
    </div>
  );
}
