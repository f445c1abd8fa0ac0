import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Object3D } from "three";
import { partQuery } from "../../api/parts";
import { Empty, SkeletonRows } from "../../ui/states";
import { useAt } from "../shell/point";

const Viewer = lazy(() => import("./Viewer"));

export function ModelPage() {
  const { partId } = useParams({ from: "/app/parts/$partId" });
  const { data: part } = useQuery(partQuery(partId, useAt()));
  const [picked, setPicked] = useState<Object3D[]>([]);
  if (!part) return <SkeletonRows rows={6} />;
  if (!part.model) {
    return (
      <Empty
        icon="cube"
        title="No 3D model"
        action={
          <Button component={Link} to="/parts/$partId/files" params={{ partId } as never} variant="default">
            Go to files
          </Button>
        }
      >
        A model appears here when the part comes from an imported STEP file, or when a STEP file is attached to it.
      </Empty>
    );
  }
  return (
    <div className="fill">
      <Suspense fallback={<div className="viewer" />}>
        <Viewer
          url={part.model}
          component={part.model_component}
          label={`3D model of ${part.number}`}
          highlight={picked}
          note={picked[0]?.name}
          onPick={(node) => setPicked(node ? [node] : [])}
        />
      </Suspense>
    </div>
  );
}
