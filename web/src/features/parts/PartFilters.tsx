import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { projectsQuery } from "../../api/people";
import { words } from "../../ui/format";
import { SearchField } from "../../ui/SearchField";
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
  const set = (change: Partial<typeof search>) =>
    void navigate({ to: "/parts", search: (old) => ({ ...old, ...change }), replace: true });
  const narrowed = search.q || search.project || search.phase || search.status;
  return (
    <Toolbar label="Filters">
      <SearchField label="Filter by number or name" value={search.q} onChange={(q) => set({ q })} />
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
