import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { grantRole, programRolesQuery, revokeRole, usersQuery } from "../../api/people";
import type { Program, Role, RoleGrant } from "../../api/types";
import { words } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { toastError } from "../../ui/toast";

const ROLES: Role[] = ["viewer", "engineer", "approver", "lead"];
const DOES: Record<Role, string> = {
  viewer: "reads",
  engineer: "reads and edits",
  approver: "edits and approves changes",
  lead: "edits, approves and manages the program",
};

type Act = { user: string; role: Role | null };

export function ProgramRoles({ program }: { program: Program }) {
  const client = useQueryClient();
  const query = useQuery(programRolesQuery(program.id));
  const set = useMutation({
    mutationFn: ({ user, role }: Act): Promise<unknown> =>
      role ? grantRole(program.id, user, role) : revokeRole(program.id, user),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.programRoles(program.id) }),
        client.invalidateQueries({ queryKey: keys.session }),
        client.invalidateQueries({ queryKey: keys.programs, exact: true }),
      ]),
    onError: (error) => toastError(error),
  });
  return (
    <section className="card" aria-label={`Roles in ${program.code}`}>
      <div className="card-head">
        <h2>Roles in {program.name || program.code}</h2>
      </div>
      {query.isPending && <SkeletonRows rows={3} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data && (
        <>
          <table className="table" aria-label={`Roles in ${program.code}`}>
            <tbody>
              {query.data.map((grant) => (
                <GrantRow key={grant.user.id} grant={grant} set={set.mutate} />
              ))}
            </tbody>
          </table>
          <NewGrant held={query.data} set={set.mutate} busy={set.isPending} />
        </>
      )}
    </section>
  );
}

function GrantRow({ grant: { user, role }, set }: { grant: RoleGrant; set: (act: Act) => void }) {
  return (
    <tr>
      <td>
        {user.name || user.email} <span className="muted small">{user.email}</span>
      </td>
      <td>
        <select
          className="cell-select"
          aria-label={`Role of ${user.email}`}
          value={role}
          onChange={(event) => set({ user: user.id, role: event.target.value as Role })}
        >
          {ROLES.map((value) => (
            <option key={value} value={value}>
              {words(value)}: {DOES[value]}
            </option>
          ))}
        </select>
      </td>
      <td className="table-actions">
        <button
          type="button"
          className="icon-button"
          aria-label={`Take the role from ${user.email}`}
          onClick={() => set({ user: user.id, role: null })}
        >
          <Icon name="close" size={14} />
        </button>
      </td>
    </tr>
  );
}

function NewGrant({ held, set, busy }: { held: RoleGrant[]; set: (act: Act) => void; busy: boolean }) {
  const { data: users = [] } = useQuery(usersQuery);
  const [user, setUser] = useState("");
  const [role, setRole] = useState<Role>("engineer");
  const open = users.filter(({ id, active }) => active && !held.some((grant) => grant.user.id === id));
  if (open.length === 0) return null;
  return (
    <form
      className="row card-body"
      onSubmit={(event) => {
        event.preventDefault();
        set({ user, role });
        setUser("");
      }}
    >
      <NativeSelect
        size="xs"
        aria-label="Person"
        value={user}
        data={[
          { value: "", label: "Choose a person" },
          ...open.map(({ id, name, email }) => ({ value: id, label: name ? `${name} · ${email}` : email })),
        ]}
        onChange={(event) => setUser(event.currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        aria-label="Role to give"
        value={role}
        data={ROLES.map((value) => ({ value, label: words(value) }))}
        onChange={(event) => setRole(event.currentTarget.value as Role)}
      />
      <Button type="submit" variant="default" disabled={!user} loading={busy}>
        Give role
      </Button>
    </form>
  );
}
