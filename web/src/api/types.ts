export type Id = string;
export type Decimal = string;
export type Measure = { value: Decimal; unit: string };
export type Named = { id: Id; name: string };
export type ItemRef = { id: Id; number: string; name: string };
export type CodeRef = { id: Id; code: string; name: string };

export type Point = { branch: string; seq: number; head: boolean; time: string };
export type Page<T> = { items: T[]; next: string | null; total?: number };

export type Role = "viewer" | "engineer" | "approver" | "lead";
export type User = { id: Id; email: string; name: string; administrator: boolean; active: boolean };
export type Session = {
  user: User;
  organisation: { name: string };
  roles: { program: CodeRef; role: Role }[];
  expires_at: string;
};
export type Program = CodeRef & { role: Role | null };
export type Project = CodeRef & { program: CodeRef; library: boolean };
export type RoleGrant = { user: User; role: Role };
export type Token = {
  id: Id;
  name: string;
  expires_at: string | null;
  created_at: string;
  last_used_at: string | null;
  secret?: string;
};

export type Phase = "prototype" | "production" | "not_for_new_design" | "service_only" | "obsolete";
export type RevisionStatus = "in_work" | "in_review" | "released" | "pending" | "superseded";
export type Control = "controlled" | "administrative" | "free";

export type KindField = {
  name: string;
  title: string;
  type: "text" | "integer" | "boolean" | "choice" | "quantity" | "money" | "tags" | "unit";
  dimension: string | null;
  choices: string[];
  units: string[];
  control: Control;
};
export type Kind = { kind: string; fields: KindField[] };

export type Attributes = Record<string, unknown>;
export type Part = {
  id: Id;
  number: string;
  aliases: string[];
  name: string;
  description: string | null;
  phase: Phase;
  revision: string | null;
  revision_status: RevisionStatus;
  expected_revision: string;
  project: CodeRef;
  owner: Named | null;
  attributes: Attributes;
  thumbnail: string | null;
  model: string | null;
  model_component: string | null;
  version: string;
  created_at: string;
  updated_at: string;
  updated_by: Named;
  at: Point;
};

export type Commit = {
  id: string;
  branch: string;
  seq: number;
  at: string;
  author: Named;
  message: string;
  hash: string;
};
export type FieldChange = { field: string; old: unknown; new: unknown };
export type Change = {
  kind: string;
  action: "added" | "changed" | "removed";
  id: Id;
  item: { id: Id | null; label: string | null; restricted: boolean };
  fields: FieldChange[];
};
export type HistoryEntry = { commit: Commit; changes: Change[] };

export type Line = {
  id: Id;
  parent: ItemRef;
  child: {
    restricted: boolean;
    id: Id | null;
    number: string | null;
    name: string | null;
    phase: Phase | null;
    revision: string | null;
    revision_status: RevisionStatus | null;
    thumbnail: string | null;
  };
  quantity: Decimal;
  unit: string;
  quantity_kind: "counted" | "measured" | "as_required" | "reference";
  find_number: number | null;
  designators: string[];
  note: string | null;
  placements: Record<string, number[]>;
  version: string;
};

export type Tree = {
  at: Point;
  rule: string;
  root: number;
  items: {
    id: (Id | null)[];
    number: (string | null)[];
    name: (string | null)[];
    revision: (string | null)[];
    revision_status: (RevisionStatus | null)[];
    phase: (Phase | null)[];
    restricted: boolean[];
    unit: string[];
    mass: (Measure | null)[];
    rolled_mass: (Decimal | null)[];
    mass_complete: boolean[];
    thumbnail: (string | null)[];
  };
  lines: {
    id: Id[];
    version: string[];
    parent: number[];
    child: number[];
    quantity: Decimal[];
    unit: string[];
    find_number: (number | null)[];
    designators: string[][];
    note: (string | null)[];
    instances: string[][];
  };
  occurrences: { level: number[]; line: number[]; extended_quantity: Decimal[] };
  totals: {
    occurrences: number;
    complete: boolean;
    leaf_quantity: Decimal;
    distinct_items: number;
    mass: Measure | null;
    mass_complete: boolean;
    missing_mass: string[];
  };
  bom_etags: Record<string, string>;
  model: string | null;
  model_component: string | null;
};

export type FlatRow = {
  item: {
    restricted: boolean;
    id: Id | null;
    number: string | null;
    name: string | null;
    phase: Phase | null;
    revision: string | null;
    revision_status: RevisionStatus | null;
    thumbnail: string | null;
  };
  quantity: Decimal;
  unit: string;
  mass: Measure | null;
  mass_complete: boolean;
  has_lines: boolean;
};
export type WhereUsedRow = ItemRef & {
  phase: Phase;
  revision: string | null;
  revision_status: RevisionStatus;
  level: number;
  top: boolean;
  quantity: Decimal | null;
  unit: string | null;
};
export type WhereUsed = Page<WhereUsedRow> & { hidden: boolean };

export type Derivative = {
  kind: "structure" | "glb" | "thumbnail";
  component: string | null;
  media_type: string;
  size: number;
  url: string;
};
export type StoredFile = {
  id: Id;
  name: string;
  size: number;
  sha256: string;
  media_type: string;
  project: CodeRef;
  created_at: string;
  created_by: Named;
  derivatives: Derivative[];
};
export type AttachmentRole = "cad" | "drawing" | "specification" | "other";
export type Attachment = {
  id: Id;
  file: StoredFile;
  role: AttachmentRole;
  category: string | null;
  component: string | null;
  version: string;
};

export type JobState = "queued" | "running" | "succeeded" | "dead" | "cancelled";
export type Job = {
  id: Id;
  type: string;
  family: string;
  state: JobState;
  progress: number | null;
  note: string | null;
  attempt: number;
  failures: number;
  error: { code: string; message: string } | null;
  subject: { kind: "file" | "proposal"; id: Id; name: string } | null;
  actor: Named | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  cancel_requested: boolean;
};

export type ProposalState = "waiting" | "open" | "accepted" | "discarded" | "stale" | "failed";
export type ProposalCounts = {
  components: number;
  leaf_parts: number;
  usages: number;
  lines: number;
  occurrences: number;
  leaf_occurrences: number;
  new: number;
  matched: number;
  changed: number;
  unchanged: number;
};
export type Proposal = {
  id: Id;
  file: Named;
  project: CodeRef;
  branch: string;
  base_seq: number;
  state: ProposalState;
  error: { code: string; message: string } | string | null;
  counts: ProposalCounts | null;
  root: Id | null;
  root_item?: ItemRef | null;
  job: Id | null;
  commit: Commit | null;
  version: string;
  created_at: string;
  created_by: Named;
};
export type MatchBy = "number" | "alias" | "name" | "geometry" | "choice";
export type PartRow = {
  id: Id;
  kind: "part";
  component: string;
  name: string;
  product_number: string | null;
  verdict: "new" | "matched" | "restricted";
  match: ItemRef | null;
  match_by: MatchBy | null;
  candidates: (ItemRef & { match_by: MatchBy })[];
  choice: "create" | "use" | "skip";
  number: string | null;
  is_assembly: boolean;
  quantity_total: Decimal;
  mass: Measure | Decimal | null;
  volume: Measure | Decimal | null;
  bbox: number[] | null;
  thumbnail: string | null;
  changes: FieldChange[];
};
export type LineRow = {
  id: Id;
  kind: "line";
  parent: Id;
  child: Id;
  quantity: Decimal;
  instances: string[];
  verdict: "add" | "change" | "same" | "remove";
  old_quantity: Decimal | null;
  choice: "apply" | "skip";
};

export type JobEvent = { id: Id; state: JobState; progress: number | null; note: string | null };
export type ChangeEvent = { type: string; id: Id; seq: number };
