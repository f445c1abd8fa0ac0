import { Button, Checkbox, Group, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import {
  addUser,
  resetPassword,
  sessionQuery,
  setActive,
  setAdministrator,
  signOutEverywhere,
  usersQuery,
} from "../../api/people";
import { Problem, sentence } from "../../api/problem";
import type { NewUser, User } from "../../api/types";
import { Badge } from "../../ui/badges";
import { Icon } from "../../ui/Icon";
import { ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastDone, toastError } from "../../ui/toast";

export function UsersPage() {
  const [adding, setAdding] = useState(false);
  const query = useQuery(usersQuery);
  return (
    <div className="page">
      <PageHead title="Users">
        <Button leftSection={<Icon name="plus" />} onClick={() => setAdding(true)}>
          Add user
        </Button>
      </PageHead>
      {query.isPending && <SkeletonRows rows={4} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data && (
        <table className="table card" aria-label="Users">
          <thead>
            <tr>
              <th>Name</th>
              <th>E-mail</th>
              <th>State</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {query.data.map((user) => (
              <UserRow key={user.id} user={user} />
            ))}
          </tbody>
        </table>
      )}
      <p className="muted">What a person may see and edit is set by roles in programs.</p>
      {adding && <AddUser close={() => setAdding(false)} />}
    </div>
  );
}

function UserRow({ user }: { user: User }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (active: boolean) => setActive(user.id, active),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.users }),
    onError: (error) => toastError(error),
  });
  const appoint = useMutation({
    mutationFn: (administrator: boolean) => setAdministrator(user.id, administrator),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.users }),
    onError: (error) => toastError(error),
  });
  const signOut = useMutation({
    mutationFn: () => signOutEverywhere(user.id),
    onSuccess: ({ sessions, tokens }) => {
      toastDone(`${user.email}: ${sessions} sessions and ${tokens} API tokens ended`);
      return client.invalidateQueries({ queryKey: keys.tokens });
    },
    onError: (error) => toastError(error),
  });
  const [resetting, setResetting] = useState(false);
  const { data: session } = useQuery(sessionQuery);
  const own = session?.user.id === user.id;
  return (
    <tr>
      <td>{user.name}</td>
      <td>{user.email}</td>
      <td>
        <span className="row">
          <Badge tone={user.active ? "ok" : "mute"}>{user.active ? "active" : "switched off"}</Badge>
          {user.administrator && <Badge tone="accent">administrator</Badge>}
        </span>
      </td>
      <td className="table-actions">
        {resetting && <ResetPassword user={user} close={() => setResetting(false)} />}
        {!own && (
          <>
            <Button size="compact-xs" variant="default" onClick={() => setResetting(true)}>
              New password
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              loading={appoint.isPending}
              onClick={() => appoint.mutate(!user.administrator)}
            >
              {user.administrator ? "No longer administrator" : "Make administrator"}
            </Button>
          </>
        )}
        <Button size="compact-xs" variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>
          Sign out everywhere
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate(!user.active)}
        >
          {user.active ? "Switch off" : "Switch on"}
        </Button>
      </td>
    </tr>
  );
}

function ResetPassword({ user, close }: { user: User; close: () => void }) {
  const form = useForm({
    initialValues: { password: "" },
    validate: { password: (value) => (value.length >= 12 ? null : "Use 12 characters or more") },
  });
  const reset = useMutation({
    mutationFn: ({ password }: { password: string }) => resetPassword(user.id, password),
    onSuccess: () => {
      toastDone(`${user.email} signs in with the new password now`);
      close();
    },
    onError: (error) => error instanceof Problem && form.setErrors(error.fields),
  });
  return (
    <Modal opened onClose={close} title={`New password of ${user.name}`}>
      <form className="stack" onSubmit={form.onSubmit((values) => reset.mutate(values))} noValidate>
        <PasswordInput
          label="New password"
          description="It ends every session and API token of the account; tell it to the person yourself"
          autoComplete="new-password"
          data-autofocus
          {...form.getInputProps("password")}
        />
        {reset.isError && <Notice tone="bad">{sentence(reset.error)}</Notice>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={reset.isPending}>
            Set password
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function AddUser({ close }: { close: () => void }) {
  const client = useQueryClient();
  const form = useForm<NewUser>({
    initialValues: { name: "", email: "", password: "", administrator: false },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value) ? null : "Enter an e-mail address"),
      password: (value) => (value.length >= 12 ? null : "Use 12 characters or more"),
    },
  });
  const add = useMutation({
    mutationFn: addUser,
    onSuccess: async (user) => {
      toastDone(`${user.email} can sign in now`);
      close();
      await client.invalidateQueries({ queryKey: keys.users });
    },
    onError: (error) => error instanceof Problem && form.setErrors(error.fields),
  });
  return (
    <Modal opened onClose={close} title="Add user">
      <form className="stack" onSubmit={form.onSubmit((values) => add.mutate(values))} noValidate>
        <TextInput label="Name" data-autofocus {...form.getInputProps("name")} />
        <TextInput label="E-mail" type="email" autoComplete="off" withAsterisk {...form.getInputProps("email")} />
        <PasswordInput
          label="First password"
          description="At least 12 characters; tell it to the person yourself"
          autoComplete="new-password"
          withAsterisk
          {...form.getInputProps("password")}
        />
        <Checkbox size="xs" label="Administrator" {...form.getInputProps("administrator", { type: "checkbox" })} />
        {add.isError && <Notice tone="bad">{sentence(add.error)}</Notice>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={add.isPending}>
            Add user
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
