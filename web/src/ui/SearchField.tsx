import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { Icon } from "./Icon";

/** A filter by text; `onChange` hears of it soon after the last key. */
export function SearchField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const [typed, setTyped] = useState(value ?? "");
  const tellSoon = useDebouncedCallback((text: string) => onChange(text || undefined), 200);
  useEffect(() => setTyped(value ?? ""), [value]);
  const clear = () => {
    setTyped("");
    onChange(undefined);
  };
  return (
    <TextInput
      size="xs"
      w={240}
      aria-label={label}
      placeholder={label}
      leftSection={<Icon name="search" size={14} />}
      value={typed}
      rightSection={typed ? <CloseButton size="xs" aria-label="Clear" onClick={clear} /> : null}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        tellSoon(event.currentTarget.value.trim());
      }}
    />
  );
}
