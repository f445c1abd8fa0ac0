import { useLocalStorage } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from "react";

type Props = { name: string; left: ReactNode; right: ReactNode | null };

const [LEAST, MOST, STEP] = [20, 75, 3];
const within = (percent: number) => Math.min(MOST, Math.max(LEAST, percent));

/** Two panes with a bar between that pointer and arrow keys move; its place is kept in this browser. */
export function Split({ name, left, right }: Props) {
  const [percent, setPercent] = useLocalStorage({
    key: `cascadia.split.${name}`,
    defaultValue: 38,
    getInitialValueInEffect: false,
  });
  const holder = useRef<HTMLDivElement>(null);

  function drag(event: PointerEvent) {
    const box = holder.current?.getBoundingClientRect();
    if (!box || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    setPercent(within(Math.round(((box.right - event.clientX) / box.width) * 100)));
  }
  function press(event: KeyboardEvent) {
    const step = event.key === "ArrowLeft" ? STEP : event.key === "ArrowRight" ? -STEP : 0;
    if (step) setPercent((old) => within(old + step));
  }

  return (
    <div ref={holder} className="split">
      <div className="split-left">{left}</div>
      {right && (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: a rule that one moves is no thematic break */}
          <div
            className="split-bar"
            role="separator"
            aria-orientation="vertical"
            aria-label="Width of the right pane"
            aria-valuenow={percent}
            aria-valuemin={LEAST}
            aria-valuemax={MOST}
            tabIndex={0}
            onKeyDown={press}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={drag}
          />
          <div className="split-right" style={{ flexBasis: `${percent}%` }}>
            {right}
          </div>
        </>
      )}
    </div>
  );
}
