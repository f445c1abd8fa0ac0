import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import type { Object3D } from "three";
import { Icon, type IconName } from "../../ui/Icon";
import { ErrorState } from "../../ui/states";
import { ModelScene } from "./scene";

type Props = {
  url: string;
  /** Of a larger model, the component to show; null = all of it. */
  component: string | null;
  label: string;
  highlight: readonly Object3D[];
  note?: string | undefined;
  onLoad?: (root: Object3D) => void;
  onPick?: (node: Object3D | null) => void;
};

type State = { kind: "loading" } | { kind: "shown" } | { kind: "failed"; error: unknown };

export default function Viewer({ url, component, label, highlight, note, onLoad, onPick }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const scene = useRef<ModelScene | null>(null);
  const [state, setState] = useState<State>({ kind: "loading" });
  const [marked, setMarked] = useState(0);
  const [partial, setPartial] = useState(false);
  const [glass, setGlass] = useState(true);
  const [attempt, setAttempt] = useState(0);
  const scheme = useComputedColorScheme("light");
  const loaded = useEffectEvent((root: Object3D) => onLoad?.(root));
  const picked = useEffectEvent((node: Object3D | null) => onPick?.(node));

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` loads anew
  useEffect(() => {
    if (!holder.current) return;
    let gone = false;
    setState({ kind: "loading" });
    const made = openScene(holder.current);
    if (made instanceof Error) {
      setState({ kind: "failed", error: made });
      return;
    }
    scene.current = made;
    made.onPick = (node) => picked(node);
    made.load(url, component).then(
      (root) => {
        if (gone) return;
        made.recolour();
        setState({ kind: "shown" });
        loaded(root);
      },
      (error: unknown) => !gone && setState({ kind: "failed", error }),
    );
    return () => {
      gone = true;
      scene.current = null;
      made.dispose();
    };
  }, [url, component, attempt]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another scheme has other colours
  useEffect(() => {
    const timer = requestAnimationFrame(() => scene.current?.recolour());
    return () => cancelAnimationFrame(timer);
  }, [scheme]);

  useEffect(() => {
    if (state.kind === "shown") setMarked(scene.current?.highlight(highlight) ?? 0);
  }, [highlight, state]);

  const hide = () => {
    scene.current?.hide(highlight);
    setPartial(true);
  };
  const isolate = () => {
    scene.current?.isolate(highlight);
    scene.current?.fit(highlight);
    setPartial(true);
  };
  const flipGlass = () => {
    scene.current?.setSeeThrough(!glass);
    setGlass(!glass);
  };
  const showAll = () => {
    scene.current?.isolate(null);
    setPartial(false);
  };

  return (
    <div className="viewer" data-state={state.kind} data-highlighted={marked}>
      <div ref={holder} className="viewer-canvas" role="img" aria-label={label} />
      {state.kind === "shown" && (
        <div className="viewer-tools" role="toolbar" aria-label="3D view">
          <Tool icon="fit" label="Fit all" onClick={() => scene.current?.fit()} />
          <Tool
            icon="search"
            label="Zoom to the selection"
            disabled={marked === 0}
            onClick={() => scene.current?.fit(highlight)}
          />
          <Tool icon="isolate" label="Isolate the selection" disabled={marked === 0} onClick={isolate} />
          <Tool icon="hide" label="Hide the selection" disabled={marked === 0} onClick={hide} />
          <Tool icon="glass" label="See through the rest" pressed={glass} onClick={flipGlass} />
          <Tool icon="eye" label="Show all" disabled={!partial} onClick={showAll} />
        </div>
      )}
      {state.kind === "loading" && (
        <div className="viewer-wait muted" role="status">
          Loading the model…
        </div>
      )}
      {state.kind === "failed" && (
        <div className="viewer-wait">
          <ErrorState error={state.error} retry={() => setAttempt((old) => old + 1)} />
        </div>
      )}
      {note && state.kind === "shown" && (
        <div className="viewer-note" aria-live="polite">
          {note}
        </div>
      )}
    </div>
  );
}

function openScene(holder: HTMLElement): ModelScene | Error {
  try {
    return new ModelScene(holder);
  } catch {
    return new Error("This browser shows no 3D: WebGL is switched off or not available.");
  }
}

type ToolProps = { icon: IconName; label: string; disabled?: boolean; pressed?: boolean; onClick: () => void };

function Tool({ icon, label, disabled = false, pressed, onClick }: ToolProps) {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      aria-pressed={pressed}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
