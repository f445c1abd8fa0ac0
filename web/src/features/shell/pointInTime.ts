import { useNavigate } from "@tanstack/react-router";
import { formatTime } from "../../ui/format";

/** Words for a point of history such as `commit:12` or `date:2026-01-31T00:00:00Z`. */
export function describePoint(at: string | undefined): string {
  if (!at) return "now";
  const colon = at.indexOf(":");
  const [kind, value] = [at.slice(0, colon), at.slice(colon + 1)];
  switch (kind) {
    case "commit":
      return `commit ${value}`;
    case "date":
      return Number.isNaN(Date.parse(value)) ? at : formatTime(value);
    case "branch": {
      const [branch, seq] = value.split("@");
      return seq ? `${branch} at commit ${seq}` : `branch ${branch}`;
    }
    default:
      return at;
  }
}

/** Looks at another point of history from the same page. */
export function useSetPoint(): (at: string | undefined) => void {
  const navigate = useNavigate();
  return (at) => void navigate({ to: ".", search: (old: object) => ({ ...old, at }) } as never);
}
