import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useParams } from "@tanstack/react-router";
import { partQuery } from "../../api/parts";
import { isCode } from "../../api/problem";
import type { Part } from "../../api/types";
import { PhaseBadge, StatusBadge } from "../../ui/badges";
import { formatAgo } from "../../ui/format";
import { CopyButton } from "../../ui/PartNumber";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { Thumb } from "../../ui/Thumb";
import { NotFound } from "../shell/fallbacks";
import { useAt } from "../shell/point";
import { PartMenu } from "./PartMenu";

const TABS = [
  { to: "/parts/$partId", label: "Attributes" },
  { to: "/parts/$partId/bom", label: "BOM" },
  { to: "/parts/$partId/where-used", label: "Where used" },
  { to: "/parts/$partId/history", label: "History" },
  { to: "/parts/$partId/files", label: "Files" },
  { to: "/parts/$partId/model", label: "3D" },
] as const;

/** What every page of one part shares: its head and the tabs. */
export function PartLayout() {
  const { partId } = useParams({ from: "/app/parts/$partId" });
  const at = useAt();
  const query = useQuery(partQuery(partId, at));
  if (query.isPending) return <SkeletonRows rows={8} label="Loading the part" />;
  if (query.isError) {
    if (isCode(query.error, "not_found")) return <NotFound />;
    return <ErrorState error={query.error} retry={() => query.refetch()} />;
  }
  return (
    <div className="fill">
      <PartHead part={query.data} />
      <nav className="tabs" aria-label="Part">
        {TABS.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            params={{ partId }}
            className="tab"
            activeOptions={{ exact: true, includeSearch: false }}
            activeProps={{ className: "tab active" }}
          >
            {label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}

function PartHead({ part }: { part: Part }) {
  return (
    <header className="part-head">
      <Thumb url={part.thumbnail} letter="P" large />
      <div className="grow">
        <h1>{part.name}</h1>
        <div className="part-facts">
          <span className="row" style={{ gap: 2 }}>
            <strong className="mono">{part.number}</strong>
            <CopyButton text={part.number} what="number" />
          </span>
          <StatusBadge status={part.revision_status} />
          <PhaseBadge phase={part.phase} />
          <span>{part.revision ? `rev ${part.revision}` : `expected rev ${part.expected_revision}`}</span>
          <span>·</span>
          <Link to="/parts" search={{ project: part.project.code }}>
            {part.project.name || part.project.code}
          </Link>
          <span>·</span>
          <span title={part.updated_at}>
            changed {formatAgo(part.updated_at)} by {part.updated_by.name}
          </span>
        </div>
      </div>
      <PartMenu part={part} />
    </header>
  );
}
