import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { changePassword, endSession, sessionQuery, sessionsQuery, signOutEverywhere } from "../../api/people";
import { Problem, sentence } from "../../api/problem";
import type { OpenSession } from "../../api/types";
import { Badge } from "../../ui/badges";
import { formatAgo, formatTime } from "../../ui/format";
import { ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastDone, toastError } from "../../ui/toast";

export function SecurityPage() {
  const { data: session } = useQuery(sessionQuery);
  if (!session) return null;
  return (
    <div className="page page-narrow">
      <PageHead title="Password and sessions" note={session.user.email} />
      <ChangePassword user={session.user.id} />
      <Sessions user={session.user.id} />
    </div>
  );
}

const EMPTY = { current_password: "", password: "", repeated: "" };

function ChangePassword({ user }: { user: string }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: EMPTY,
    validate: {
      password: (value) => (value.length >= 12 ? null : "Use 12 characters or more"),
      repeated: (value, all) => (value === all.password ? null : "The two passwords differ"),
    },
  });
  const change = useMutation({
    mutationFn: (values: typeof EMPTY) => changePassword(user, values.current_password, values.password),
    onSuccess: async () => {
      form.reset();
      toastDone("The password is changed");
      await client.invalidateQueries({ queryKey: keys.sessions });
    },
    onError: (error) => error instanceof Problem && form.setErrors(error.fields),
  });
  return (
    <form className="stack form-narrow" onSubmit={form.onSubmit((values) => change.mutate(values))} noValidate>
      <h2>Change the password</h2>
      <PasswordInput
        label="Present password"
        autoComplete="current-password"
        {...form.getInputProps("current_password")}
      />
      <PasswordInput
        label="New password"
        description="At least 12 characters; it ends your other sessions and every API token"
        autoComplete="new-password"
        {...form.getInputProps("password")}
      />
      <PasswordInput label="New password again" autoComplete="new-password" {...form.getInputProps("repeated")} />
      {change.isError && <Notice tone="bad">{sentence(change.error)}</Notice>}
      <div>
        <Button type="submit" loading={change.isPending}>
          Change password
        </Button>
      </div>
    </form>
  );
}

function Sessions({ user }: { user: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const query = useQuery(sessionsQuery);
  const everywhere = useMutation({
    mutationFn: () => signOutEverywhere(user),
    onSuccess: async () => {
      client.clear();
      await navigate({ to: "/sign-in" });
    },
    onError: (error) => toastError(error, "Not signed out"),
  });
  return (
    <section className="stack">
      <h2>Where you are signed in</h2>
      {query.isPending && <SkeletonRows rows={2} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data && <SessionTable sessions={query.data} />}
      <div>
        <Button variant="default" loading={everywhere.isPending} onClick={() => everywhere.mutate()}>
          Sign out everywhere
        </Button>
      </div>
      <p className="muted">That ends all sessions, this one too, and every API token.</p>
    </section>
  );
}

function SessionTable({ sessions }: { sessions: OpenSession[] }) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: endSession,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.sessions }),
    onError: (error) => toastError(error, "Not ended"),
  });
  return (
    <table className="table card" aria-label="Sessions">
      <thead>
        <tr>
          <th>Browser</th>
          <th>Address</th>
          <th>Since</th>
          <th>Last used</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sessions.map(({ id, user_agent, address, created_at, seen_at, current }) => (
          <tr key={id}>
            <td title={user_agent ?? ""}>{browserOf(user_agent)}</td>
            <td className="muted">{address ?? "–"}</td>
            <td className="muted">{formatTime(created_at)}</td>
            <td className="muted">{formatAgo(seen_at)}</td>
            <td className="table-actions">
              {current ? (
                <Badge tone="accent">this one</Badge>
              ) : (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={end.isPending && end.variables === id}
                  onClick={() => end.mutate(id)}
                >
                  End
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const BROWSERS = ["Edg", "OPR", "Firefox", "Chrome", "Safari"];
const NAMES: Record<string, string> = { Edg: "Edge", OPR: "Opera" };
const SYSTEMS = ["Windows", "Android", "iPhone", "Mac OS X", "Linux"];

/** What a person calls their browser; what it says of itself where that is something else. */
export function browserOf(agent: string | null): string {
  if (!agent) return "unknown";
  const browser = BROWSERS.find((name) => agent.includes(`${name}/`));
  const system = SYSTEMS.find((name) => agent.includes(name));
  if (!browser) return agent.slice(0, 40);
  return `${NAMES[browser] ?? browser}${system ? ` on ${system}` : ""}`;
}
