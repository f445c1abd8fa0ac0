import type { Tree } from "../../api/types";
import { formatDecimal, formatMeasure, plural } from "../../ui/format";
import { Icon } from "../../ui/Icon";

const NAMED = 3;

/** What the whole tree sums up to, and in words what the sums leave out. */
export function BomFooter({ tree }: { tree: Tree }) {
  const { totals, items } = tree;
  const hidden = items.restricted.filter(Boolean).length;
  const missing = totals.missing_mass;
  return (
    <section className="tree-foot" aria-label="Totals">
      <span>
        <strong>{formatDecimal(String(totals.distinct_items))}</strong> distinct{" "}
        {totals.distinct_items === 1 ? "item" : "items"}
      </span>
      <span>
        <strong>{formatDecimal(totals.occurrences)}</strong> {totals.occurrences === "1" ? "occurrence" : "occurrences"}
      </span>
      <span>
        <strong>{formatDecimal(totals.leaf_occurrences)}</strong> leaf pieces
      </span>
      <span>
        mass{" "}
        <strong>
          {totals.mass ? `${totals.mass_complete ? "" : "≥ "}${formatMeasure(totals.mass, 6)}` : "unknown"}
        </strong>
      </span>
      {!totals.mass_complete && missing.length > 0 && (
        <span className="foot-warning" title={missing.join(", ")}>
          <Icon name="warn" size={14} /> mass incomplete: {missing.slice(0, NAMED).join(", ")}
          {missing.length > NAMED && ` and ${missing.length >= 20 ? "at least " : ""}${missing.length - NAMED} more`}{" "}
          without mass
        </span>
      )}
      {hidden > 0 && (
        <span className="foot-warning">
          <Icon name="lock" size={14} /> incomplete: {plural(hidden, "restricted item")} not counted
        </span>
      )}
      {!totals.complete && (
        <span className="foot-warning">
          <Icon name="warn" size={14} /> the tree is cut: it is deeper, or has more rows, than can be sent
        </span>
      )}
    </section>
  );
}
