import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { addToken, revokeToken, tokensQuery } from "../../api/people";
import { sentence } from "../../api/problem";
import type { Token } from "../../api/types";
import { formatTime } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { ShownOnce } from "../../ui/ShownOnce";
import { Empty, ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastError } from "../../ui/toast";

export function TokensPage() {
  const client = useQueryClient();
  const query = useQuery(tokensQuery);
  const [name, setName] = useState("");
  const add = useMutation({
    mutationFn: () => addToken(name.trim()),
    onSuccess: () => {
      setName("");
      return client.invalidateQueries({ queryKey: keys.tokens });
    },
  });
  return (
    <div className="page page-narrow">
      <PageHead title="My API tokens" note="for the command line and scripts" />
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
      {query.isPending && <SkeletonRows rows={3} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data?.length === 0 && <Empty icon="key" title="No tokens" />}
      {query.data && query.data.length > 0 && <TokenTable tokens={query.data} />}
    </div>
  );
}

function TokenTable({ tokens }: { tokens: Token[] }) {
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
          <th>Name</th>
          <th>Created</th>
          <th>Last used</th>
          <th>Expires</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {tokens.map(({ id, name, created_at, last_used_at, expires_at }) => (
          <tr key={id}>
            <td>{name}</td>
            <td className="muted">{formatTime(created_at)}</td>
            <td className="muted">{last_used_at ? formatTime(last_used_at) : "never"}</td>
            <td className="muted">{expires_at ? formatTime(expires_at) : "never"}</td>
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
