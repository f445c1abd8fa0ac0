import { Button, SegmentedControl } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type UsedLevels, whereUsedQuery } from "../../api/bom";
import { PhaseBadge } from "../../ui/badges";
import { formatDecimal } from "../../ui/format";
import { PartNumber } from "../../ui/PartNumber";
import { Empty, ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { useAt } from "../shell/point";

type Props = { partId: string; levels: UsedLevels; setLevels: (levels: UsedLevels) => void };

export function WhereUsedList({ partId, levels, setLevels }: Props) {
  const query = useInfiniteQuery(whereUsedQuery(partId, useAt(), levels));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const hidden = query.data?.pages.some((page) => page.hidden) ?? false;
  return (
    <div className="stack">
      <div>
        <SegmentedControl
          size="xs"
          aria-label="Levels"
          value={levels}
          onChange={(value) => setLevels(value as UsedLevels)}
          data={[
            { value: "direct", label: "Direct" },
            { value: "all", label: "All levels" },
            { value: "top", label: "Top assemblies" },
          ]}
        />
      </div>
      {query.isPending && <SkeletonRows rows={5} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.isSuccess && rows.length === 0 && !hidden && (
        <Empty icon="where" title="Used nowhere">
          No BOM has this part at the point you are looking at.
        </Empty>
      )}
      {rows.length > 0 && (
        <table className="table card" aria-label="Where used">
          <thead>
            <tr>
              <th>Part</th>
              <th>Name</th>
              <th>Phase</th>
              {levels === "direct" ? <th className="num">Qty</th> : <th className="num">Level</th>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td>
                  <PartNumber id={row.id} number={row.number} />
                </td>
                <td>{row.name}</td>
                <td>
                  <PhaseBadge phase={row.phase} />
                </td>
                <td className="num">
                  {levels === "direct" ? `${formatDecimal(row.quantity ?? "")} ${row.unit ?? ""}` : row.level}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {hidden && <Notice tone="info">It is also used elsewhere, where you may not see.</Notice>}
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
          More
        </Button>
      )}
    </div>
  );
}
