import { Button, CloseButton, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { projectsQuery } from "../../api/people";
import { words } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Toolbar } from "../../ui/Toolbar";
import { PHASES } from "./phases";

const STATUSES = ["in_work", "released"];
const choices = (values: string[], every: string) => [
  { value: "", label: every },
  ...values.map((value) => ({ value, label: words(value) })),
];

/** The filters of the parts list; their values live in the URL. */
export function PartFilters() {
  const navigate = useNavigate();
  const search = useSearch({ from: "/app/parts" });
  const { data: projects = [] } = useQuery(projectsQuery);
  const [typed, setTyped] = useState(search.q ?? "");
  const set = (change: Partial<typeof search>) =>
    void navigate({ to: "/parts", search: (old) => ({ ...old, ...change }), replace: true });
  const setSoon = useDebouncedCallback((q: string) => set({ q: q || undefined }), 200);

  useEffect(() => setTyped(search.q ?? ""), [search.q]);

  const narrowed = search.q || search.project || search.phase || search.status;
  return (
    <Toolbar label="Filters">
      <TextInput
        size="xs"
        w={240}
        aria-label="Filter by number or name"
        placeholder="Filter by number or name"
        leftSection={<Icon name="search" size={14} />}
        value={typed}
        rightSection={
          typed ? (
            <CloseButton
              size="xs"
              aria-label="Clear"
              onClick={() => {
                setTyped("");
                set({ q: undefined });
              }}
            />
          ) : null
        }
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setSoon(event.currentTarget.value.trim());
        }}
      />
      <NativeSelect
        size="xs"
        aria-label="Project"
        value={search.project ?? ""}
        data={[{ value: "", label: "Any project" }, ...projects.map(({ code }) => ({ value: code, label: code }))]}
        onChange={(event) => set({ project: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        size="xs"
        aria-label="Revision status"
        value={search.status ?? ""}
        data={choices(STATUSES, "Any status")}
        onChange={(event) => set({ status: event.currentTarget.value || undefined })}
      />
      <NativeSelect
        size="xs"
        aria-label="Phase"
        value={search.phase ?? ""}
        data={choices(PHASES, "Any phase")}
        onChange={(event) => set({ phase: event.currentTarget.value || undefined })}
      />
      {narrowed && (
        <Button variant="subtle" onClick={() => navigate({ to: "/parts", search: { sort: search.sort } })}>
          Clear filters
        </Button>
      )}
    </Toolbar>
  );
}
