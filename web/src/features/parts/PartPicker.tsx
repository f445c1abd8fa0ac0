import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { suggestParts } from "../../api/parts";
import { sentence } from "../../api/problem";
import type { Part } from "../../api/types";
import { Icon } from "../../ui/Icon";
import { Thumb } from "../../ui/Thumb";

type Props = { label: string; chosen: Part | null; choose: (part: Part | null) => void; error?: string | undefined };

/** Finds one part by a piece of its number or name. */
export function PartPicker({ label, chosen, choose, error }: Props) {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const [wanted] = useDebouncedValue(typed.trim(), 150);
  const {
    data,
    isError,
    error: failure,
    isFetching,
  } = useQuery({
    queryKey: ["part", "head", "suggest", wanted],
    queryFn: ({ signal }) => suggestParts(wanted, signal),
    enabled: chosen === null,
  });
  // What was found for the text of a moment ago is not offered: Enter would take it.
  const settled = wanted === typed.trim();
  const found = settled ? (data?.items ?? []) : [];
  const current = found[Math.min(active, found.length - 1)];

  function press(event: KeyboardEvent) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive((old) => Math.min(Math.max(old + (event.key === "ArrowDown" ? 1 : -1), 0), found.length - 1));
    } else if (event.key === "Enter" && current && chosen === null) {
      event.preventDefault();
      choose(current);
    }
  }

  return (
    <div>
      <TextInput
        label={label}
        placeholder="Type a number or name"
        data-autofocus
        role="combobox"
        aria-expanded={chosen === null && found.length > 0}
        aria-controls="part-suggestions"
        aria-activedescendant={chosen === null && current ? `suggest-${current.id}` : undefined}
        autoComplete="off"
        leftSection={<Icon name="search" size={14} />}
        value={chosen ? `${chosen.number} · ${chosen.name}` : typed}
        error={error}
        onChange={(event) => {
          choose(null);
          setActive(0);
          setTyped(event.currentTarget.value);
        }}
        onKeyDown={press}
      />
      {chosen === null && (
        <div id="part-suggestions" role="listbox" aria-label="Parts found" className="suggestions">
          {found.map((part) => (
            <button
              type="button"
              key={part.id}
              id={`suggest-${part.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={part === current}
              className="suggestion"
              onClick={() => choose(part)}
            >
              <Thumb url={part.thumbnail} letter="P" />
              <span className="mono">{part.number}</span>
              <span className="clip grow">{part.name}</span>
            </button>
          ))}
          {found.length === 0 && settled && !isFetching && !isError && <p className="muted small">No part matches.</p>}
        </div>
      )}
      {chosen === null && settled && isError && <p className="muted small">{sentence(failure)}</p>}
      {chosen === null && settled && data?.next && (
        <p className="muted small">The first {found.length}; there are more. Type more of the number or name.</p>
      )}
    </div>
  );
}
