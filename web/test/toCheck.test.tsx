import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { PartRow, Proposal } from "../src/api/types";
import { Offers } from "../src/features/proposals/Offers";
import { ToCheck } from "../src/features/proposals/ToCheck";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const row = (name: string, more: object = {}) =>
  ({
    id: `row-${name}`,
    kind: "part",
    name,
    product_number: name,
    choice: "use",
    match: { id: "i", number: "P-7", name: "Hex bolt" },
    confirmed: false,
    doubts: ["it was found by its name alone"],
    ...more,
  }) as unknown as PartRow;

function shown(children: React.ReactNode): Request[] {
  const sent: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push(request.clone());
    return new Response("{}", { status: 200, headers: { "Content-Type": "application/json" } });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider>{children}</MantineProvider>
    </QueryClientProvider>,
  );
  return sent;
}

const proposal = { id: "p" } as Proposal;

it("asks for nothing that is confirmed or left out", () => {
  shown(<ToCheck proposal={proposal} parts={[row("a", { confirmed: true }), row("b", { left_out: true })]} />);
  expect(screen.queryByText(/must be checked/)).toBeNull();
});

it("says who a part is taken for and why, and confirms one, or all", async () => {
  const sent = shown(
    <ToCheck proposal={proposal} parts={[row("bolt"), row("nut", { choice: "create", match: null })]} />,
  );
  expect(screen.getByText(/is P-7 Hex bolt: it was found by its name alone/)).toBeTruthy();
  expect(screen.getByText(/becomes a new part/)).toBeTruthy();
  fireEvent.click(screen.getByLabelText("Confirm bolt"));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(await sent[0]?.json()).toEqual({ rows: ["row-bolt"] });
  fireEvent.click(screen.getByText("Confirm all 2"));
  await waitFor(() => expect(sent).toHaveLength(2));
  expect(await sent[1]?.json()).toEqual({ rows: null });
});

it("offers a name that the file has otherwise, and takes it when it is ticked", async () => {
  const changes = [
    { field: "name", old: "Hex bolt", new: "Bolt", apply: false, words: null },
    { field: "shape", old: "a", new: "b", apply: true, words: "a hole moved by 0.1 mm" },
    { field: "volume", old: null, new: { value: "1", unit: "mm3" }, apply: true, words: null },
  ];
  const sent = shown(<Offers proposal={proposal} parts={[row("bolt", { changes })]} editable />);
  expect(screen.getByLabelText("shape: a hole moved by 0.1 mm")).toHaveProperty("checked", true);
  expect(screen.queryByLabelText(/volume/)).toBeNull();
  fireEvent.click(screen.getByLabelText("name Hex bolt → Bolt"));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(await sent[0]?.json()).toEqual({ take: { name: true } });
});
