import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { LineRow, PartRow, Proposal } from "../src/api/types";
import { ToMend } from "../src/features/proposals/ToMend";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const bolt = (n: number, message?: string) =>
  ({
    id: `part-${n}`,
    kind: "part",
    name: `Bolt ${n}`,
    choice: "create",
    problems: message ? [{ field: "name", message }] : [],
  }) as unknown as PartRow;
const line = (instances: string[]) =>
  ({
    id: "line",
    kind: "line",
    child: "part-1",
    designators: [],
    instances,
    problems: [{ field: "quantity", message: "at most 12 digits" }],
  }) as unknown as LineRow;

function shown(parts: PartRow[], lines: LineRow[] = []): Request[] {
  const sent: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push(request.clone());
    return new Response(JSON.stringify(parts[0]), { status: 200, headers: { "Content-Type": "application/json" } });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider>
        <ToMend proposal={{ id: "p" } as Proposal} parts={parts} lines={lines} />
      </MantineProvider>
    </QueryClientProvider>,
  );
  return sent;
}

it("shows nothing where nothing is to be mended", () => {
  shown([bolt(1)]);
  expect(screen.queryByText(/must be mended/)).toBeNull();
});

it("takes another name for a row, and sends it", async () => {
  const sent = shown([bolt(1, "too long"), bolt(2)]);
  expect(screen.getByText(/One row must be mended/)).toBeTruthy();
  const field = screen.getByLabelText("Name of Bolt 1");
  field.focus();
  fireEvent.change(field, { target: { value: "M6" } });
  fireEvent.blur(field);
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(await sent[0]?.json()).toEqual({ name: "M6" });
});

it("offers no other quantity where placements say how many there are", () => {
  shown([bolt(1)], [line(["bolt_1"])]);
  expect(screen.getByText("at most 12 digits")).toBeTruthy();
  expect(screen.queryByLabelText(/Quantity of/)).toBeNull();
  cleanup();
  shown([bolt(1)], [line([])]);
  expect(screen.getByLabelText("Quantity of the line of Bolt 1")).toBeTruthy();
});

it("offers both readings of a quantity, and sends the one that is chosen", async () => {
  const problem = { field: "quantity", message: "can be 1000 or 1", readings: ["1000", "1"] };
  const sent = shown([bolt(1)], [{ ...line([]), problems: [problem] }]);
  expect(screen.getByText(/holds for all numbers of the list/)).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "1000" }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(await sent[0]?.json()).toEqual({ quantity: "1000" });
});

it("says that it shows the first ones of more", () => {
  shown(Array.from({ length: 12 }, (_, n) => bolt(n, "too long")));
  expect(screen.getByText(/12 rows must be mended or skipped before this can be accepted; the first 10:/)).toBeTruthy();
  expect(screen.getAllByRole("listitem")).toHaveLength(10);
});
