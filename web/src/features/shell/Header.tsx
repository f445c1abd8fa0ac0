import { Avatar, Menu } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { keys } from "../../api/keys";
import { signOut } from "../../api/people";
import type { Session, User } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { toastError } from "../../ui/toast";
import { JobsTray } from "../jobs/JobsTray";
import { SearchBox } from "./SearchBox";
import { ThemeToggle } from "./ThemeToggle";

export function Header({ session }: { session: Session }) {
  return (
    <header className="shell-header">
      <Link to="/parts" search={{}} className="logo">
        Cascadia
      </Link>
      <SearchBox />
      <span className="grow" />
      <JobsTray />
      <ThemeToggle />
      <UserMenu session={session} />
    </header>
  );
}

function initials({ name, email }: User): string {
  const [first = "", second = ""] = (name || email).split(/[\s@.]+/);
  return (first.charAt(0) + second.charAt(0)).toUpperCase();
}

function UserMenu({ session }: { session: Session }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { user, organisation } = session;

  async function leave() {
    try {
      await signOut();
      client.clear();
      client.setQueryData(keys.session, null);
      await navigate({ to: "/sign-in", search: {} });
    } catch (error) {
      toastError(error, "Still signed in");
    }
  }

  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <button
          type="button"
          className="plain-button avatar-button"
          aria-label={`${initials(user)}, account of ${user.name || user.email}`}
        >
          <Avatar size={28} radius="50%" color="accent" variant="light">
            {initials(user)}
          </Avatar>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className="menu-person">
          <strong>{user.name || user.email}</strong>
          <span className="muted small">{user.email}</span>
          <span className="muted small">
            {organisation.name}
            {user.administrator ? " · administrator" : ""}
          </span>
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account/security" leftSection={<Icon name="lock" />}>
          Password and sessions
        </Menu.Item>
        <Menu.Item component={Link} to="/account/tokens" leftSection={<Icon name="key" />}>
          API tokens
        </Menu.Item>
        <Menu.Item component={Link} to="/account/notifications" leftSection={<Icon name="info" />}>
          Notifications
        </Menu.Item>
        <Menu.Item component="a" href="/api/docs" target="_blank" leftSection={<Icon name="file" />}>
          API documentation
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="signout" />} onClick={leave}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
