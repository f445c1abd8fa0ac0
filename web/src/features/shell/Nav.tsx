import { Link, type LinkProps } from "@tanstack/react-router";
import { Icon, type IconName } from "../../ui/Icon";
import { useMayAddProject } from "../admin/useMayAddProject";

type Entry = { to: LinkProps["to"]; icon: IconName; label: string };

const ENTRIES: Entry[] = [
  { to: "/parts", icon: "parts", label: "Parts" },
  { to: "/imports", icon: "import", label: "Imports" },
  { to: "/jobs", icon: "jobs", label: "Jobs" },
  { to: "/history", icon: "history", label: "History" },
];
const ADMINISTRATION: Entry[] = [
  { to: "/admin/programs", icon: "folder", label: "Programs" },
  { to: "/admin/projects", icon: "tree", label: "Projects" },
];
const WEBHOOKS: Entry = { to: "/admin/webhooks", icon: "right", label: "Webhooks" };
const FOR_ADMINISTRATORS: Entry[] = [
  { to: "/admin/queues", icon: "clock", label: "Queues" },
  { to: "/admin/users", icon: "user", label: "Users" },
  { to: "/admin/tokens", icon: "key", label: "API tokens" },
  { to: "/admin/uploads", icon: "upload", label: "Uploads" },
  { to: "/admin/numbers", icon: "number", label: "Numbers" },
];

function NavLink({ entry }: { entry: Entry }) {
  return (
    <li>
      <Link className="nav-link" to={entry.to} activeProps={{ className: "nav-link active" }}>
        <Icon name={entry.icon} />
        <span>{entry.label}</span>
      </Link>
    </li>
  );
}

export function Nav({ administrator }: { administrator: boolean }) {
  const leads = useMayAddProject();
  const below = [...ADMINISTRATION, ...(leads ? [WEBHOOKS] : []), ...(administrator ? FOR_ADMINISTRATORS : [])];
  return (
    <nav className="shell-nav" aria-label="Main">
      <ul>
        {ENTRIES.map((entry) => (
          <NavLink key={entry.label} entry={entry} />
        ))}
      </ul>
      <h2 className="nav-heading">Administration</h2>
      <ul>
        {below.map((entry) => (
          <NavLink key={entry.label} entry={entry} />
        ))}
      </ul>
    </nav>
  );
}
