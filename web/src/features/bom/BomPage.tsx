import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { treeQuery } from "../../api/bom";
import { partQuery } from "../../api/parts";
import { ErrorState, SkeletonRows } from "../../ui/states";
import { useAt, useEditBlock } from "../shell/point";
import { BomToolbar } from "./BomToolbar";
import { FlatList } from "./FlatList";
import { PrintBom } from "./PrintBom";
import { StructuredBom } from "./StructuredBom";

/** The BOM of one part: as a tree beside its model, flattened, or to print. */
export function BomPage() {
  const { partId } = useParams({ from: "/app/parts/$partId" });
  const search = useSearch({ from: "/app/parts/$partId/bom" });
  const at = useAt();
  const { data: part } = useQuery(partQuery(partId, at));
  const blocked = useEditBlock(part?.project.id);
  const { view } = search;
  const query = useQuery({ ...treeQuery(partId, at), enabled: view === undefined });

  if (view === "flat" || view === "print") {
    return (
      <div className="fill">
        <BomToolbar view={view} />
        {view === "flat" ? (
          <FlatList partId={partId} q={search.q ?? ""} />
        ) : (
          <PrintBom partId={partId} q={search.q ?? ""} />
        )}
      </div>
    );
  }
  if (query.isPending || !part) return <SkeletonRows rows={14} label="Loading the BOM" />;
  if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />;
  return (
    <StructuredBom
      part={part}
      tree={query.data}
      at={at}
      blocked={blocked}
      filter={search.q ?? ""}
      model={search.model !== "0"}
    />
  );
}
