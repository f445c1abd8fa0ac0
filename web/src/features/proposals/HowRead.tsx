import { Button, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { keys } from "../../api/keys";
import { readAgain, readingQuery } from "../../api/proposals";
import type { Proposal, Reading, ReadingOptions, ReadingReport } from "../../api/types";
import { Notice } from "../../ui/states";
import { toastError } from "../../ui/toast";
import { ReadColumns } from "./ReadColumns";
import { ReadRows } from "./ReadRows";

const DELIMITERS = [
  { value: ",", label: "comma" },
  { value: ";", label: "semicolon" },
  { value: "\t", label: "tab" },
  { value: "|", label: "pipe" },
];
const LEVELS = [
  { value: "none", label: "none: the list is flat" },
  { value: "column", label: "a column" },
  { value: "item_numbers", label: "item numbers (1, 1.1, 1.2)" },
  { value: "indentation", label: "blanks before the name" },
  { value: "parents", label: "the parent’s number" },
];

type Say = (said: Partial<ReadingOptions>) => void;

/** How the parts list of a proposal was read, and the way to say it otherwise: file, columns, rows. Nothing for a file that is no list. */
export function HowRead({ proposal, editable }: { proposal: Proposal; editable: boolean }) {
  const { data } = useQuery({ ...readingQuery(proposal.id), enabled: proposal.model === null });
  return data && (data.report || editable) ? (
    <Told key={JSON.stringify(data)} proposal={proposal} reading={data} editable={editable} />
  ) : null;
}

function Told({ proposal, reading, editable }: { proposal: Proposal; reading: Reading; editable: boolean }) {
  const client = useQueryClient();
  const [options, setOptions] = useState(reading.options);
  const again = useMutation({
    mutationFn: () => readAgain(proposal.id, options),
    onSuccess: (waiting) => {
      client.setQueryData(keys.proposal(proposal.id), waiting);
      void client.invalidateQueries({ queryKey: keys.proposal(proposal.id) });
    },
    onError: (error) => toastError(error, "Not read again"),
  });
  const { report } = reading;
  const wrong = report?.counts.wrong ?? 0;
  const [open, setOpen] = useState(wrong > 0 || !report);
  const say: Say = (said) => setOptions({ ...options, ...said });
  return (
    <Notice tone={wrong ? "warn" : "info"}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{report ? summary(report) : "Say how the list is to be read"}</summary>
        {open && (
          <form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              again.mutate();
            }}
          >
            {editable && <FileFields options={options} report={report} say={say} />}
            {report && <ReadRows report={report} options={options} editable={editable} say={say} />}
            {report && <ReadColumns report={report} options={options} editable={editable} say={say} />}
            {editable && (
              <div className="row">
                <Button type="submit" size="xs" loading={again.isPending} disabled={options === reading.options}>
                  Read again
                </Button>
                <span className="muted small">What was chosen for rows of this proposal is lost.</span>
              </div>
            )}
          </form>
        )}
      </details>
    </Notice>
  );
}

/** `Read as csv, utf-8; 2 of 9 columns not used; 3 rows wrong, 1 left out`. */
function summary({ format, encoding, guessed, program, columns, counts }: ReadingReport): string {
  const unused = columns.filter(({ meaning, examples }) => !meaning && examples?.length).length;
  const told = [
    [counts.wrong, "wrong"],
    [counts.warned, "with a warning"],
    [counts.left_out, "left out"],
  ].filter(([count]) => count);
  return [
    `Read as ${[format, encoding, program && `list of ${program}`].filter(Boolean).join(", ")}${guessed?.length ? " (guessed)" : ""}`,
    unused > 0 && `${unused} of ${columns.length} columns not used`,
    told.length > 0 && `rows: ${told.map((each) => each.join(" ")).join(", ")}`,
  ]
    .filter(Boolean)
    .join("; ");
}

function FileFields({ options, report, say }: { options: ReadingOptions; report: ReadingReport | null; say: Say }) {
  const text = !report || report.format === "csv";
  return (
    <div className="row">
      {text && (
        <TextInput
          size="xs"
          label="Encoding"
          placeholder={report?.encoding ?? "recognised"}
          value={options.encoding ?? ""}
          onChange={(event) => say({ encoding: event.currentTarget.value || null })}
        />
      )}
      {text && (
        <Select
          size="xs"
          label="Delimiter"
          placeholder={DELIMITERS.find(({ value }) => value === report?.delimiter)?.label ?? "recognised"}
          data={DELIMITERS}
          value={options.delimiter ?? null}
          onChange={(delimiter) => say({ delimiter })}
          clearable
        />
      )}
      {report && (report.sheets?.length ?? 0) > 1 && (
        <Select
          size="xs"
          label="Sheet"
          placeholder={report.sheet ?? ""}
          data={report.sheets ?? []}
          value={options.sheet ?? null}
          onChange={(sheet) => say({ sheet })}
          clearable
        />
      )}
      <NumberInput
        size="xs"
        label="Heading in row"
        placeholder={report ? String(report.heading_row) : "recognised"}
        min={1}
        allowDecimal={false}
        value={options.heading_row ?? ""}
        onChange={(row) => say({ heading_row: typeof row === "number" ? row : null })}
      />
      <Select
        size="xs"
        label="Levels by"
        placeholder={LEVELS.find(({ value }) => value === report?.levels)?.label ?? "recognised"}
        data={LEVELS}
        value={options.levels ?? null}
        onChange={(levels) => say({ levels: levels as ReadingOptions["levels"] })}
        clearable
      />
    </div>
  );
}
