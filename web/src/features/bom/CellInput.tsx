import { useRef, useState } from "react";
import { type EditField, FIELD_TITLES } from "./cells";
import type { RowActions } from "./rowActions";
import type { Editing } from "./useLineEditing";

type Props = { field: EditField; initial: string; editing: Editing; actions: RowActions };

/** The open cell: Enter or leaving saves, Tab saves and opens the next, Escape leaves it as it was. */
export function CellInput({ field, initial, editing, actions }: Props) {
  const [text, setText] = useState(initial);
  const [message, setMessage] = useState<string | null>(null);
  const done = useRef(false);

  function finish(then: "stay" | "next" | "previous") {
    if (done.current) return;
    done.current = true;
    const refused = actions.commit(editing, text, then);
    if (refused) {
      done.current = false;
      setMessage(refused);
    }
  }
  function cancel() {
    done.current = true;
    actions.cancel();
  }

  return (
    <input
      // biome-ignore lint/a11y/noAutofocus: the person has just opened this cell
      autoFocus
      className="cell-input"
      aria-label={FIELD_TITLES[field]}
      aria-invalid={message !== null}
      title={message ?? undefined}
      inputMode={field === "designators" ? "text" : "decimal"}
      value={text}
      onFocus={(event) => event.target.select()}
      onChange={(event) => {
        setText(event.target.value);
        setMessage(null);
      }}
      onClick={(event) => event.stopPropagation()}
      onBlur={() => (message ? cancel() : finish("stay"))}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") finish("stay");
        else if (event.key === "Escape") cancel();
        else if (event.key === "Tab") {
          event.preventDefault();
          finish(event.shiftKey ? "previous" : "next");
        }
      }}
    />
  );
}
