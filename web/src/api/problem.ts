const NAMED = 5;

export type ProblemBody = {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  errors?: { pointer: string; message: string; readings?: string[] | null }[];
  request_id?: string;
  [member: string]: unknown;
};

/** An answer of the server that is no success (RFC 9457), or `network` when no answer came at all. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: ProblemBody;

  constructor(status: number, body: ProblemBody) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? (status === 0 ? "network" : `http_${status}`);
    this.body = body;
  }

  /** Sentences by field name, from JSON pointers such as `/attributes/mass`. */
  get fields(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const { pointer, message } of this.body.errors ?? []) {
      const steps = pointer.split("/").filter((step) => step && step !== "body");
      found[steps.join(".") || "form"] = message;
    }
    return found;
  }
}

export function networkProblem(): Problem {
  return new Problem(0, {
    title: "No connection",
    detail: "The server did not answer. Check that it runs, then retry.",
  });
}

/** `/attributes/lead_time` as people say it: `attributes, lead time: `. */
function place(pointer: string): string {
  const steps = pointer.split("/").filter((step) => step && step !== "body");
  return steps.length ? `${steps.join(", ").replaceAll("_", " ")}: ` : "";
}

/** What a person reads, whatever was thrown: with the members that are wrong, where the sentence does not say them. */
export function sentence(error: unknown): string {
  if (!(error instanceof Problem)) return error instanceof Error ? error.message : String(error);
  const untold = (error.body.errors ?? []).filter(({ message }) => !error.message.includes(message));
  if (untold.length === 0) return error.message;
  const named = untold.slice(0, NAMED).map(({ pointer, message }) => place(pointer) + message);
  const more = untold.length > NAMED ? `; and ${untold.length - NAMED} more` : "";
  const words = named.join("; ") + more;
  return !error.body.detail || error.body.detail.includes("`errors`") ? words : `${error.message} (${words})`;
}

/** Both readings of a number that was typed, where the server asks which one is meant; `field` as in `Problem.fields`. */
export function readingsOf(error: unknown, field: string): string[] {
  if (!(error instanceof Problem)) return [];
  const pointer = `/${field.replaceAll(".", "/")}`;
  return (error.body.errors ?? []).find((one) => one.pointer === pointer)?.readings ?? [];
}

export function isCode(error: unknown, ...codes: string[]): error is Problem {
  return error instanceof Problem && codes.includes(error.code);
}
