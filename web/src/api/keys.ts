/**
 * Query keys. The first word is what a `change` event invalidates; what is read at a named point of history
 * carries that point as its second word.
 */
export const point = (at: string | undefined): string => at ?? "head";

export const keys = {
  session: ["session"] as const,
  setup: ["setup"] as const,
  users: ["users"] as const,
  tokens: ["tokens"] as const,
  programs: ["programs"] as const,
  usage: ["programs", "usage"] as const,
  programRoles: (program: string) => ["programs", program, "roles"] as const,
  projects: ["projects"] as const,
  schemes: ["schemes"] as const,
  kind: (kind: string) => ["kinds", kind] as const,
  parts: (at: string | undefined, filter: object) => ["part", point(at), "list", filter] as const,
  part: (at: string | undefined, id: string) => ["part", point(at), id] as const,
  partHistory: (id: string) => ["commit", "of", id] as const,
  tree: (at: string | undefined, id: string) => ["bom", point(at), "tree", id] as const,
  flat: (at: string | undefined, id: string) => ["bom", point(at), "flat", id] as const,
  line: (seq: number, id: string) => ["bom", `commit:${seq}`, "line", id] as const,
  whereUsed: (at: string | undefined, id: string, levels: string) => ["bom", point(at), "used", id, levels] as const,
  attachments: (at: string | undefined, id: string) => ["attachment", point(at), id] as const,
  commits: (filter: object) => ["commit", "list", filter] as const,
  commit: (branch: string, seq: number) => ["commit", "one", branch, seq] as const,
  commitChanges: (branch: string, seq: number) => ["commit", "changes", branch, seq] as const,
  files: (filter: object) => ["file", "list", filter] as const,
  file: (id: string) => ["file", id] as const,
  jobs: (filter: object) => ["job", "list", filter] as const,
  job: (id: string) => ["job", id] as const,
  jobLog: (id: string) => ["job", id, "log"] as const,
  queues: ["queues"] as const,
  workers: ["workers"] as const,
  failed: (family: string) => ["queues", family, "failed"] as const,
  notifications: ["notifications"] as const,
  webhooks: ["webhooks"] as const,
  deliveries: (id: string) => ["webhooks", id, "deliveries"] as const,
  proposals: (filter: object) => ["proposal", "list", filter] as const,
  proposal: (id: string) => ["proposal", id] as const,
  proposalRows: (id: string, kind: string) => ["proposal", id, "rows", kind] as const,
};
