import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { addToken, everybodysTokensQuery, revokeToken, tokensQuery } from "../../api/people";
import { sentence } from "../../api/problem";
import type { Scope, Token } from "../../api/types";
import { formatTime } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { ShownOnce } from "../../ui/ShownOnce";
import { Empty, ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastError } from "../../ui/toast";

const DAY_MS = 86_400_000;
const SCOPES: { value: Scope; label: string }[] = [
  { value: "read", label: "may read" },
  { value: "write", label: "may read and write" },
  { value: "administer", label: "may do all that I may" },
];
const LIVES = [
  { value: "7", label: "for a week" },
  { value: "30", label: "for 30 days" },
  { value: "90", label: "for 90 days" },
  { value: "364", label: "for a year" },
];

export function TokensPage() {
  const query = useQuery(tokensQuery);
  return (
    <div className="page">
      <PageHead title="My API tokens" note="for the command line and scripts" />
      <AddToken />
      {query.isPending && <SkeletonRows rows={3} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data?.length === 0 && <Empty icon="key" title="No tokens" />}
      {query.data && query.data.length > 0 && <TokenTable tokens={query.data} />}
      <p className="muted">A new password, and signing out everywhere, end every token.</p>
    </div>
  );
}

export function EverybodysTokensPage() {
  const query = useQuery(everybodysTokensQuery);
  return (
    <div className="page">
      <PageHead title="API tokens" note="of everybody" />
      {query.isPending && <SkeletonRows rows={3} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data?.length === 0 && <Empty icon="key" title="Nobody has a token" />}
      {query.data && query.data.length > 0 && <TokenTable tokens={query.data} owners />}
    </div>
  );
}

function AddToken() {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("write");
  const [days, setDays] = useState("90");
  const add = useMutation({
    mutationFn: () =>
      addToken({ name: name.trim(), scope, expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
    onSuccess: () => {
      setName("");
      return client.invalidateQueries({ queryKey: keys.tokens });
    },
  });
  return (
    <>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <TextInput
          size="xs"
          w={280}
          aria-label="What the token is for"
          placeholder="What is it for?"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NativeSelect
          size="xs"
          aria-label="What it may do"
          data={SCOPES}
          value={scope}
          onChange={(event) => setScope(event.currentTarget.value as Scope)}
        />
        <NativeSelect
          size="xs"
          aria-label="How long it is valid"
          data={LIVES}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        <Button type="submit" leftSection={<Icon name="plus" />} disabled={!name.trim()} loading={add.isPending}>
          Create token
        </Button>
      </form>
      {add.isError && <Notice tone="bad">{sentence(add.error)}</Notice>}
      {add.data?.secret && (
        <ShownOnce secret={add.data.secret} what="token">
          Copy it now, it is shown only once:
        </ShownOnce>
      )}
    </>
  );
}

function TokenTable({ tokens, owners }: { tokens: Token[]; owners?: boolean }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: revokeToken,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tokens }),
    onError: (error) => toastError(error, "Not revoked"),
  });
  return (
    <table className="table card" aria-label="Tokens">
      <thead>
        <tr>
          {owners && <th>Person</th>}
          <th>Name</th>
          <th>Scope</th>
          <th>Created</th>
          <th>Last used</th>
          <th>Ends</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map(({ id, name, scope, created_at, last_used_at, expires_at, user }) => (
          <tr key={id}>
            {owners && <td title={user.email}>{user.name}</td>}
            <td>{name}</td>
            <td>{scope}</td>
            <td className="muted">{formatTime(created_at)}</td>
            <td className="muted">{last_used_at ? formatTime(last_used_at) : "never"}</td>
            <td className="muted">{formatTime(expires_at)}</td>
            <td className="table-actions">
              <Button
                size="compact-xs"
                variant="default"
                loading={revoke.isPending && revoke.variables === id}
                onClick={() => revoke.mutate(id)}
              >
                Revoke
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
