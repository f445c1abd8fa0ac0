import { useEffect, useState } from "react";

type Props = { label: string; value: string; placeholder?: string; mono?: boolean; save: (text: string) => void };

/** A text in a row that saves itself when it is left or Enter is pressed; Escape takes it back. */
export function DraftText({ label, value, placeholder, mono = false, save }: Props) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const finish = () => {
    if (text.trim() !== value) save(text.trim());
  };
  return (
    <input
      className={mono ? "draft-text mono" : "draft-text"}
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        else if (event.key === "Escape") setText(value);
      }}
    />
  );
}
