import type { Phase } from "../../api/types";

export const PHASES: Phase[] = ["prototype", "production", "not_for_new_design", "service_only", "obsolete"];
