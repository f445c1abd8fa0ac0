import type { AttachmentRole } from "../../api/types";

/** What a file can be to a part, in the order that it is offered. */
export const ROLES: AttachmentRole[] = ["cad", "drawing", "specification", "other"];
