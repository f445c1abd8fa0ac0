import type { components } from "./schema";

/** Names for the schemas of the API; nothing here is written by hand that the API's description says. */
type Schemas = components["schemas"];
/** Members that are null only in rows of the other kind. */
type Filled<Shape, Names extends keyof Shape> = Shape & { [Name in Names]-?: NonNullable<Shape[Name]> };

export type Measure = Schemas["Measured"];
export type ItemRef = Schemas["ItemRef"];
export type Page<Item> = { items: Item[]; next: string | null; total?: number | null };

export type User = Schemas["User"];
export type NewUser = Schemas["NewUser"];
export type Session = Schemas["Session"];
export type Program = Schemas["Program"];
export type Upload = Schemas["UploadView"];
export type Usage = Schemas["UsageView"];
export type Project = Schemas["Project"];
export type RoleGrant = Schemas["Grant"];
export type Role = RoleGrant["role"];
export type Token = Schemas["Token"];
export type Scope = Schemas["Scope"];
export type OpenSession = Schemas["OpenSession"];
export type NumberScheme = Schemas["NumberSchemeView"];
export type Segment = NumberScheme["segments"][number];

export type Part = Schemas["Part"];
export type Phase = Schemas["Phase"];
export type RevisionStatus = Schemas["RevisionStatus"];
export type Control = Schemas["Control"];
export type KindField = Schemas["KindField"];

export type Commit = Schemas["CommitView"];
export type FieldChange = Schemas["FieldChange"];
export type Change = Schemas["RowChange"];

export type Line = Schemas["Line"];
export type NewLine = Schemas["NewLine"];
export type LinePatch = Schemas["LinePatch"];
export type Tree = Schemas["BomTree"];
export type FlatRow = Schemas["FlatLine"];

export type StoredFile = Schemas["FileView"];
export type Attachment = Schemas["AttachmentView"];
export type AttachmentRole = Attachment["role"];

export type Job = Schemas["JobView"];
export type JobState = Schemas["JobState"];

export type Queue = Schemas["QueueView"];
export type Worker = Schemas["WorkerView"];
export type LogLine = Schemas["LogLineView"];

export type Webhook = Schemas["WebhookView"];
export type NewWebhook = Schemas["NewWebhook"];
export type Delivery = Schemas["DeliveryView"];

export type Proposal = Schemas["Proposal"];
export type ProposalState = Proposal["state"];
export type Reading = Schemas["ProposalReading"];
export type ReadingOptions = Schemas["ReadingOptions"];
export type ReadingReport = Schemas["ReadingReport"];
export type Meaning = Schemas["Meaning"];
export type ProposalRow = Schemas["ProposalRowView"];
export type RowChoice = Schemas["RowPatch"];
export type PartRow = Filled<ProposalRow, "component" | "name" | "is_assembly" | "quantity_total" | "problems"> & {
  kind: "part";
};
export type LineRow = Filled<ProposalRow, "parent" | "designators" | "old_designators" | "instances" | "problems"> & {
  kind: "line";
  verdict: "add" | "change" | "same" | "remove" | "clash";
};

export type JobEvent = { id: string; state: JobState; progress: number | null; note: string | null };
export type ChangeEvent = { type: string; id: string; seq: number };
