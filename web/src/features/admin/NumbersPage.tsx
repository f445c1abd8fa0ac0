import { Button, Checkbox, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { schemesQuery, setScheme } from "../../api/people";
import { sentence } from "../../api/problem";
import type { NumberScheme, Segment } from "../../api/types";
import { words } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { ErrorState, Notice, SkeletonRows } from "../../ui/states";
import { PageHead } from "../../ui/Toolbar";
import { toastDone } from "../../ui/toast";
import { example, fresh, kindOf, SEGMENT_TITLES, type SegmentKind } from "./segments";

const KINDS = Object.entries(SEGMENT_TITLES).map(([value, label]) => ({ value, label }));
const MOST = 8;

export function NumbersPage() {
  const query = useQuery(schemesQuery);
  return (
    <div className="page page-narrow">
      <PageHead title="Numbers" note="how numbers of new items are made; numbers that exist stay as they are" />
      {query.isPending && <SkeletonRows rows={4} />}
      {query.isError && <ErrorState error={query.error} retry={() => query.refetch()} />}
      {query.data?.map((scheme) => (
        <Scheme key={scheme.kind} saved={scheme} />
      ))}
    </div>
  );
}

type Row = { key: string; segment: Segment };
const rowOf = (segment: Segment): Row => ({ key: crypto.randomUUID(), segment });

function Scheme({ saved }: { saved: NumberScheme }) {
  const client = useQueryClient();
  const [rows, setRows] = useState(() => saved.segments.map(rowOf));
  const [typed, setTyped] = useState(saved.typed_allowed ?? true);
  const segments = rows.map(({ segment }) => segment);
  const save = useMutation({
    mutationFn: () => setScheme({ kind: saved.kind, segments, typed_allowed: typed }),
    onSuccess: () => {
      toastDone("The next number is made this way");
      return client.invalidateQueries({ queryKey: keys.schemes });
    },
  });
  const change = (key: string, segment: Segment) =>
    setRows((old) => old.map((row) => (row.key === key ? { key, segment } : row)));

  return (
    <section className="card" aria-label={`Numbers of ${saved.kind}s`}>
      <div className="card-head">
        <h2 className="grow">{words(saved.kind)}</h2>
        <span className="muted">
          for example <span className="mono">{example(segments)}</span>
        </span>
      </div>
      <div className="card-body stack">
        {rows.map(({ key, segment }, index) => (
          <div key={key} className="row">
            <Select
              size="xs"
              w={190}
              aria-label={`Segment ${index + 1}`}
              data={KINDS}
              allowDeselect={false}
              value={kindOf(segment)}
              onChange={(kind) => kind && change(key, fresh(kind as SegmentKind))}
            />
            <SegmentDetail segment={segment} label={`Segment ${index + 1}`} change={(next) => change(key, next)} />
            <button
              type="button"
              className="icon-button"
              aria-label={`Remove segment ${index + 1}`}
              disabled={rows.length === 1}
              onClick={() => setRows((old) => old.filter((row) => row.key !== key))}
            >
              <Icon name="close" size={14} />
            </button>
          </div>
        ))}
        <div className="row">
          <Button
            variant="default"
            leftSection={<Icon name="plus" />}
            disabled={rows.length >= MOST}
            onClick={() => setRows((old) => [...old, rowOf(fresh("literal"))])}
          >
            Add segment
          </Button>
          <Checkbox
            size="xs"
            label="A number may be typed instead"
            checked={typed}
            onChange={(event) => setTyped(event.currentTarget.checked)}
          />
          <span className="grow" />
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            Save
          </Button>
        </div>
        {save.isError && <Notice tone="bad">{sentence(save.error)}</Notice>}
      </div>
    </section>
  );
}

type DetailProps = { segment: Segment; label: string; change: (segment: Segment) => void };

function SegmentDetail({ segment, label, change }: DetailProps) {
  if ("literal" in segment) {
    return (
      <TextInput
        size="xs"
        w={150}
        aria-label={`${label}: text`}
        value={segment.literal}
        onChange={(event) => change({ literal: event.currentTarget.value })}
      />
    );
  }
  if ("sequence" in segment) {
    return (
      <NumberInput
        size="xs"
        w={150}
        aria-label={`${label}: least digits`}
        suffix=" digits or more"
        min={1}
        max={12}
        value={segment.sequence}
        onChange={(digits) => typeof digits === "number" && change({ sequence: digits })}
      />
    );
  }
  if ("year" in segment) {
    return (
      <Select
        size="xs"
        w={150}
        aria-label={`${label}: digits`}
        data={["2", "4"]}
        allowDeselect={false}
        value={String(segment.year)}
        onChange={(digits) => change({ year: digits === "2" ? 2 : 4 })}
      />
    );
  }
  return null;
}
