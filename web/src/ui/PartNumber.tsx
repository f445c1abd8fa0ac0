import { Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { Icon } from "./Icon";

/** A part number that opens its part; `id` absent = the number alone. */
export function PartNumber({ id, number }: { id?: string | undefined; number: string }) {
  if (!id) return <span className="part-number">{number}</span>;
  return (
    <Link className="part-number" to="/parts/$partId" params={{ partId: id }}>
      {number}
    </Link>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const label = clipboard.copied ? "Copied" : `Copy ${what}`;
  return (
    <Tooltip label={label}>
      <button type="button" className="icon-button" aria-label={label} onClick={() => clipboard.copy(text)}>
        <Icon name={clipboard.copied ? "check" : "copy"} size={14} />
      </button>
    </Tooltip>
  );
}
