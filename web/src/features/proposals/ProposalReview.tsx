import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import type { Object3D } from "three";
import { lineRowsQuery, partRowsQuery } from "../../api/proposals";
import type { PartRow, Proposal } from "../../api/types";
import { formatDecimal } from "../../ui/format";
import { Split } from "../../ui/Split";
import { ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { componentOf, nodesOfComponent } from "../viewer/matching";
import { Clashes } from "./Clashes";
import { checkFirst } from "./checkFirst";
import { HowRead } from "./HowRead";
import { LineRows } from "./LineRows";
import { Offers } from "./Offers";
import { PartRows } from "./PartRows";
import { ProposalActions } from "./ProposalActions";
import { ReadingNotes } from "./ReadingNotes";
import { ReadOtherwise } from "./ReadOtherwise";
import { called, ToCheck } from "./ToCheck";
import { ToMend } from "./ToMend";

const Viewer = lazy(() => import("../viewer/Viewer"));

/** A proposal row by row: what each part becomes, what each line does, and the model they come from. */
export function ProposalReview({ proposal }: { proposal: Proposal }) {
  const parts = useQuery(partRowsQuery(proposal.id));
  const lines = useQuery(lineRowsQuery(proposal.id));
  const [tab, setTab] = useState<"parts" | "lines">("parts");
  const [selected, setSelected] = useState<PartRow | null>(null);
  const failed = parts.error ?? lines.error;
  if (failed) return <ErrorState error={failed} retry={() => (parts.isError ? parts.refetch() : lines.refetch())} />;
  if (!parts.data || !lines.data) return <SkeletonRows rows={10} />;
  const editable = proposal.state === "open";
  const shownParts = checkFirst(parts.data.filter(({ left_out }) => !left_out));
  const shownLines = lines.data.filter(({ left_out, fitted }) => !left_out || fitted === false);
  const rows =
    tab === "parts" ? (
      <PartRows proposal={proposal} rows={shownParts} editable={editable} selected={selected} select={setSelected} />
    ) : (
      <LineRows proposal={proposal} rows={shownLines} parts={parts.data} editable={editable} select={setSelected} />
    );
  return (
    <>
      <div className="page-head">
        <Counts proposal={proposal} />
        <span className="grow" />
        <ProposalActions proposal={proposal} parts={parts.data} />
      </div>
      {editable && <ReadOtherwise parts={parts.data} />}
      {editable && proposal.no_change && (
        <Notice tone="info">No change: everything is as the file says. Accepting it only closes this proposal.</Notice>
      )}
      {editable && <ToCheck proposal={proposal} parts={parts.data} />}
      {editable && <Clashes proposal={proposal} parts={parts.data} lines={lines.data} />}
      {editable && <ToMend proposal={proposal} parts={parts.data} lines={lines.data} />}
      <Offers proposal={proposal} parts={parts.data} editable={editable} />
      <LeftOut parts={parts.data} />
      <HowRead proposal={proposal} editable={editable} />
      <ReadingNotes proposal={proposal} />
      <nav className="tabs" aria-label="Proposal">
        <TabButton label={`Parts ${shownParts.length}`} active={tab === "parts"} onClick={() => setTab("parts")} />
        <TabButton label={`BOM lines ${shownLines.length}`} active={tab === "lines"} onClick={() => setTab("lines")} />
      </nav>
      {proposal.pictures ? (
        <Split
          name="proposal"
          left={rows}
          right={
            proposal.model ? (
              <Preview
                url={proposal.model}
                name={proposal.file.name}
                rows={parts.data}
                selected={selected}
                select={setSelected}
              />
            ) : (
              <Drawing pictures={proposal.pictures} />
            )
          }
        />
      ) : (
        <>
          {editable && parts.data.some(({ is_root, choice }) => is_root && choice === "create") && (
            <Notice tone="info">
              The list becomes a new assembly. To compare it with one that you have, choose “Use another part…” in its
              first row.
            </Notice>
          )}
          {rows}
        </>
      )}
    </>
  );
}

function LeftOut({ parts }: { parts: PartRow[] }) {
  const rows = parts.filter(({ left_out }) => left_out);
  if (rows.length === 0) return null;
  return <Notice tone="info">Left out with what is skipped: {rows.map(called).join(", ")}</Notice>;
}

function TabButton({ label, active, onClick }: { label: string; active: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      className={`plain-button tab${active ? " active" : ""}`}
      aria-pressed={active}
      onClick={onClick}
    >
      {label}
    </button>
  );
}

function Counts({ proposal: { counts } }: { proposal: Proposal }) {
  if (!counts) return null;
  const shown: [number, string][] = [
    [counts.leaf_parts, "leaf parts"],
    [counts.components - counts.leaf_parts, "assemblies"],
    [counts.lines, "BOM lines"],
    [counts.occurrences, "occurrences"],
    [counts.leaf_occurrences, "leaf pieces"],
    [counts.new, "new"],
    [counts.matched, "matched"],
    ...(
      [
        [counts.skipped ?? 0, "skipped or left out"],
        [counts.parts_changed ?? 0, "changed"],
        [counts.matched ? (counts.added ?? 0) : 0, "lines added"],
        [counts.lines_changed ?? 0, "lines changed"],
        [counts.removed ?? 0, "lines removed"],
        [counts.clashes ?? 0, "lines to check"],
      ] as [number, string][]
    ).filter(([count]) => count > 0),
  ];
  return (
    <div className="counts">
      {shown.map(([count, label]) => (
        <div key={label} className="count">
          <strong>{formatDecimal(String(count))}</strong>
          <span>{label}</span>
        </div>
      ))}
    </div>
  );
}

/** What is said where the model would be, as long as it is not there. */
function Drawing({ pictures }: { pictures: NonNullable<Proposal["pictures"]> }) {
  if (pictures === "to_come")
    return (
      <Notice tone="info">
        The 3D view and the pictures are being made. They appear here as they come; you need not wait for them.
      </Notice>
    );
  return (
    <Notice tone="warn">
      The file has no 3D view: nothing in it could be drawn, or drawing it failed, which its job in Jobs says. Parts and
      BOM lines are as the file says.
    </Notice>
  );
}

type PreviewProps = {
  url: string;
  name: string;
  rows: PartRow[];
  selected: PartRow | null;
  select: (row: PartRow | null) => void;
};

function Preview({ url, name, rows, selected, select }: PreviewProps) {
  const [root, setRoot] = useState<Object3D | null>(null);
  const highlight = useMemo(
    () => (root && selected ? nodesOfComponent(root, selected.component) : []),
    [root, selected],
  );
  return (
    <Suspense fallback={<div className="viewer" />}>
      <Viewer
        url={url}
        component={null}
        label={`3D preview of ${name}`}
        highlight={highlight}
        note={selected?.name}
        onLoad={setRoot}
        onPick={(node) => select(rows.find(({ component }) => component === componentOf(node)) ?? null)}
      />
    </Suspense>
  );
}
