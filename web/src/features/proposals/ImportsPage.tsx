import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { projectsQuery } from "../../api/people";
import { proposalsQuery } from "../../api/proposals";
import type { Proposal } from "../../api/types";
import { ProposalBadge } from "../../ui/badges";
import { formatTime } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Empty, ErrorState, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { FilesList } from "../vault/FilesList";
import { useImport } from "../vault/importing";

/** Proposals from dropped files, and the files themselves. */
export function ImportsPage() {
  const { tab, project: code } = useSearch({ from: "/app/imports" });
  const { data: projects } = useQuery(projectsQuery);
  const { choose } = useImport();
  const project = projects?.find((one) => one.code === code)?.id;
  const filter = project ? { project } : {};
  return (
    <div className="fill">
      <PageHead
        title="Imports"
        note="drop STEP files or CSV parts lists anywhere; nothing changes before you accept a proposal"
      >
        <Button leftSection={<Icon name="upload" />} onClick={choose}>
          Import a file
        </Button>
      </PageHead>
      <nav className="tabs" aria-label="Imports">
        <Link to="/imports" search={{ project: code }} className={tab === "files" ? "tab" : "tab active"}>
          Proposals
        </Link>
        <Link to="/imports" search={{ project: code, tab: "files" }} className={tab === "files" ? "tab active" : "tab"}>
          Files
        </Link>
      </nav>
      <div className="page">{tab === "files" ? <FilesList filter={filter} /> : <Proposals filter={filter} />}</div>
    </div>
  );
}

function Proposals({ filter }: { filter: { project?: string } }) {
  const query = useInfiniteQuery(proposalsQuery(filter));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  if (query.isPending) return <SkeletonRows rows={6} label="Loading proposals" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  if (rows.length === 0) {
    return (
      <Empty icon="import" title="No imports yet">
        Drop a STEP assembly or a CSV parts list: its parts, quantities, placements or designators become a proposal to
        review.
      </Empty>
    );
  }
  return (
    <>
      <table className="table card" aria-label="Proposals">
        <thead>
          <tr>
            <th>File</th>
            <th>State</th>
            <th>Project</th>
            <th className="num">Parts</th>
            <th className="num">New</th>
            <th className="num">Lines</th>
            <th>Asked by</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <ProposalRow key={row.id} row={row} />
          ))}
        </tbody>
      </table>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          Older proposals
        </Button>
      )}
    </>
  );
}

function ProposalRow({ row }: { row: Proposal }) {
  return (
    <tr>
      <td>
        <Link to="/proposals/$proposalId" params={{ proposalId: row.id }}>
          {row.file.name}
        </Link>
      </td>
      <td>
        <ProposalBadge state={row.state} />
      </td>
      <td>{row.project.code}</td>
      <td className="num">{row.counts?.components ?? ""}</td>
      <td className="num">{row.counts?.new ?? ""}</td>
      <td className="num">{row.counts?.lines ?? ""}</td>
      <td className="muted">
        {row.created_by.name} · {formatTime(row.created_at)}
      </td>
    </tr>
  );
}
