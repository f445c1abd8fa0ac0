// Types of the generated client as somebody uses them: each line compiles, or does not where it says so.
import type { components, operations, paths } from "./schema";

type Schemas = components["schemas"];

export const part: Schemas["NewPart"] = { project: "01a214c0-0000-7000-8000-000000000000", name: "Bracket" };
export const line: Schemas["NewLine"] = { child_number: "P-1", quantity: "2.5" };
export const attachment: Schemas["NewAttachmentBody"] = { file: part.project, role: "cad" };
export const role: Schemas["NewRole"] = { role: "lead" };
// @ts-expect-error: roles of attachments and of people are two things
export const wrong: Schemas["NewRole"] = { role: "cad" };

export type Page = paths["/api/v1/parts"]["get"]["responses"][200]["content"]["application/json"];
export type Refusal = operations["edit_part"]["responses"][412]["content"]["application/problem+json"];
export const number = (page: Page): string | undefined => page.items[0]?.number;
export const code = (refusal: Refusal): string => refusal.code;
export const tree = (found: Schemas["BomTree"]): number[] => found.occurrences.level;
