import type { Control, JobState, Phase, ProposalState, RevisionStatus } from "../api/types";
import { words } from "./format";

type Tone = "info" | "ok" | "warn" | "bad" | "mute" | "accent";

export function Badge({ tone, children, title }: { tone: Tone; children: React.ReactNode; title?: string }) {
  return (
    <span className={`badge badge-${tone}`} title={title}>
      {children}
    </span>
  );
}

const STATUS_TONE: Record<RevisionStatus, Tone> = {
  in_work: "info",
  in_review: "warn",
  released: "ok",
  pending: "ok",
  superseded: "mute",
};
const PHASE_TONE: Record<Phase, Tone> = {
  prototype: "mute",
  production: "ok",
  not_for_new_design: "warn",
  service_only: "warn",
  obsolete: "bad",
};
const JOB_TONE: Record<JobState, Tone> = {
  queued: "mute",
  running: "info",
  succeeded: "ok",
  dead: "bad",
  cancelled: "mute",
};
const PROPOSAL_TONE: Record<ProposalState, Tone> = {
  waiting: "info",
  open: "accent",
  accepted: "ok",
  discarded: "mute",
  stale: "warn",
  failed: "bad",
};
const PROPOSAL_WORDS: Record<ProposalState, string> = {
  waiting: "Converting",
  open: "To review",
  accepted: "Accepted",
  discarded: "Discarded",
  stale: "Out of date",
  failed: "Failed",
};
const CONTROL_HINT: Record<Control, string> = {
  controlled: "Once released, changes only by a change order that makes a new revision",
  administrative: "Once released, changes only by a change order; the revision stays",
  free: "May always be edited; committed and audited",
};

export const StatusBadge = ({ status }: { status: RevisionStatus }) => (
  <Badge tone={STATUS_TONE[status]} title="Revision status">
    {words(status)}
  </Badge>
);
export const PhaseBadge = ({ phase }: { phase: Phase }) => (
  <Badge tone={PHASE_TONE[phase]} title="Phase">
    {words(phase)}
  </Badge>
);
export const JobBadge = ({ state }: { state: JobState }) => (
  <Badge tone={JOB_TONE[state]}>{state === "dead" ? "Failed" : words(state)}</Badge>
);
export const ProposalBadge = ({ state }: { state: ProposalState }) => (
  <Badge tone={PROPOSAL_TONE[state]}>{PROPOSAL_WORDS[state]}</Badge>
);
export const ControlBadge = ({ control }: { control: Control }) => (
  <Badge tone="mute" title={CONTROL_HINT[control]}>
    {control}
  </Badge>
);
