import type { Segment } from "../../api/types";

export type SegmentKind = "literal" | "project" | "year" | "sequence";

export const SEGMENT_TITLES: Record<SegmentKind, string> = {
  literal: "Text",
  project: "Code of the project",
  year: "Year",
  sequence: "Running number",
};

export function kindOf(segment: Segment): SegmentKind {
  if ("literal" in segment) return "literal";
  if ("project" in segment) return "project";
  return "year" in segment ? "year" : "sequence";
}

/** A segment of a kind as it begins. */
export function fresh(kind: SegmentKind): Segment {
  switch (kind) {
    case "literal":
      return { literal: "-" };
    case "project":
      return { project: true };
    case "year":
      return { year: 4 };
    case "sequence":
      return { sequence: 6 };
  }
}

/** What a number of the scheme looks like: its seventh, in a project called rover. */
export function example(segments: Segment[], year = new Date().getUTCFullYear()): string {
  return segments
    .map((segment) => {
      if ("literal" in segment) return segment.literal;
      if ("project" in segment) return "rover";
      if ("year" in segment) return String(year).slice(segment.year === 2 ? 2 : 0);
      return "7".padStart(segment.sequence, "0");
    })
    .join("");
}
