import type { ReactNode } from "react";
import { CopyButton } from "./PartNumber";
import { Notice } from "./states";

/** A secret that nobody can read again, to be copied now. */
export function ShownOnce({ secret, what, children }: { secret: string; what: string; children: ReactNode }) {
  return (
    <Notice tone="info">
      {children}
      <div className="row">
        <code className="mono">{secret}</code>
        <CopyButton text={secret} what={what} />
      </div>
    </Notice>
  );
}
