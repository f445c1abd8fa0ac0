import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { trayLabel } from "../src/features/jobs/JobsTray";
import { PartPicker } from "../src/features/parts/PartPicker";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const part = { id: "1", number: "P-1", name: "Bolt", thumbnail: null };

function picker(status: number, answer: unknown) {
  const type = status === 200 ? "application/json" : "application/problem+json";
  vi.stubGlobal(
    "fetch",
    async () => new Response(JSON.stringify(answer), { status, headers: { "Content-Type": type } }),
  );
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <MantineProvider>
        <PartPicker label="Part" chosen={null} choose={() => undefined} />
      </MantineProvider>
    </QueryClientProvider>,
  );
}

it("says that a picker shows the first parts of more", async () => {
  picker(200, { items: [part], next: "further" });
  expect(await screen.findByText("The first 1; there are more. Type more of the number or name.")).toBeTruthy();
});

it("says nothing of more where a picker shows all", async () => {
  picker(200, { items: [part], next: null });
  await screen.findByText("P-1");
  expect(screen.queryByText(/there are more/)).toBeNull();
});

it("says why a picker shows nothing", async () => {
  const errors = [{ pointer: "/q", message: "must have at most 200 characters" }];
  picker(422, { detail: "Correct the members that `errors` names.", errors });
  expect(await screen.findByText("q: must have at most 200 characters")).toBeTruthy();
  expect(screen.queryByText("No part matches.")).toBeNull();
});

it("says of how many jobs the tray counts", () => {
  expect(trayLabel(0, 20)).toBe("Jobs");
  expect(trayLabel(3, 19)).toBe("Jobs: 3 running or waiting");
  expect(trayLabel(20, 20)).toBe("Jobs: 20 of the newest 20 running or waiting");
});
