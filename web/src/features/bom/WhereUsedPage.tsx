import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { UsedLevels } from "../../api/bom";
import { WhereUsedList } from "./WhereUsedList";

export function WhereUsedPage() {
  const navigate = useNavigate();
  const { partId } = useParams({ from: "/app/parts/$partId" });
  const { levels = "direct" } = useSearch({ from: "/app/parts/$partId/where-used" });
  return (
    <div className="page page-narrow">
      <WhereUsedList
        partId={partId}
        levels={levels as UsedLevels}
        setLevels={(wanted) =>
          navigate({
            to: "/parts/$partId/where-used",
            params: { partId },
            search: { levels: wanted === "direct" ? undefined : wanted },
            replace: true,
          })
        }
      />
    </div>
  );
}
