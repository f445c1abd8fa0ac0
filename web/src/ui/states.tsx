import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Problem, sentence } from "../api/problem";
import { Icon, type IconName } from "./Icon";

type EmptyProps = {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** It is all that the page shows. */
  whole?: boolean;
};

export function Empty({ icon, title, children, action, whole = false }: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} size={28} />
      </span>
      {whole ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children && <p className="muted">{children}</p>}
      {action && <div className="row empty-actions">{action}</div>}
    </div>
  );
}

export function ErrorState({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const request = error instanceof Problem ? error.body.request_id : undefined;
  return (
    <div className="empty" role="alert">
      <span className="empty-icon bad">
        <Icon name="warn" size={28} />
      </span>
      <h2>{error instanceof Problem && error.body.title ? error.body.title : "That did not work"}</h2>
      <p className="muted">{sentence(error)}</p>
      {request && <p className="muted small mono">request {request}</p>}
      {retry && (
        <div className="row empty-actions">
          <Button variant="default" leftSection={<Icon name="retry" />} onClick={retry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

/** Grey bars in the shape of a list while its first page is on the way. */
export function SkeletonRows({ rows = 8, label = "Loading" }: { rows?: number; label?: string }) {
  const widths = [62, 48, 75, 54, 68, 44, 58, 71];
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => `row-${row}`).map((key, row) => (
        <div key={key} className="skeleton-row">
          <span className="skeleton-bar" style={{ width: 96 }} />
          <span className="skeleton-bar" style={{ width: `${widths[row % widths.length]}%` }} />
        </div>
      ))}
    </div>
  );
}

export function Notice({
  tone,
  children,
  action,
}: {
  tone: "info" | "warn" | "bad";
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon name={tone === "info" ? "info" : "warn"} />
      <div className="grow">{children}</div>
      {action}
    </div>
  );
}
