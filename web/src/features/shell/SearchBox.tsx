import { Kbd, TextInput } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Icon } from "../../ui/Icon";

export function SearchBox() {
  const navigate = useNavigate();
  const { q = "", project } = useSearch({ strict: false }) as { q?: string; project?: string };
  const [typed, setTyped] = useState(q);
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => setTyped(q), [q]);
  useHotkeys([["mod+k", () => input.current?.focus()]]);
  useHotkeys([["/", () => input.current?.focus()]]);

  return (
    <search className="search-box">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void navigate({ to: "/parts", search: { q: typed.trim() || undefined, project } });
        }}
      >
        <TextInput
          ref={input}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          placeholder="Search parts by number or name"
          aria-label="Search parts"
          leftSection={<Icon name="search" />}
          rightSection={<Kbd size="xs">/</Kbd>}
          size="xs"
        />
      </form>
    </search>
  );
}
