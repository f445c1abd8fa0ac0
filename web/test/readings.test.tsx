import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, renderHook, screen, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { Problem, readingsOf } from "../src/api/problem";
import type { KindField } from "../src/api/types";
import { useLineEditing } from "../src/features/bom/useLineEditing";
import { AttributeInput } from "../src/features/parts/AttributeInput";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const ASKED = {
  status: 422,
  code: "invalid",
  detail: "Correct the members that `errors` names.",
  errors: [{ pointer: "/quantity", message: "“1,000” can be 1 or 1000", readings: ["1", "1000"] }],
};

it("finds the readings of a field", () => {
  const problem = new Problem(422, ASKED);
  expect(readingsOf(problem, "quantity")).toEqual(["1", "1000"]);
  expect(readingsOf(problem, "attributes.mass")).toEqual([]);
  expect(readingsOf(new Error("x"), "quantity")).toEqual([]);
});

it("a cell with two readings stays as it was, and saves the one that is chosen", async () => {
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const body = await request.json();
    sent.push(body);
    const asked = typeof body.quantity === "object";
    const answer = asked ? ASKED : { id: "line", quantity: body.quantity, version: "0-2" };
    const type = asked ? "application/problem+json" : "application/json";
    return new Response(JSON.stringify(answer), { status: asked ? 422 : 200, headers: { "Content-Type": type } });
  });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>
  );
  const { result } = renderHook(() => useLineEditing("part", undefined), { wrapper });
  const open = { key: "0", lineId: "line", field: "quantity" as const, version: "0-1", before: "4" };
  act(() => expect(result.current.commit(open, "1,000")).toBeNull());
  await waitFor(() => expect(result.current.states.get("line:quantity")?.state).toBe("failed"));
  const state = result.current.states.get("line:quantity");
  if (state?.state !== "failed") throw new Error("no question");
  expect(state.readings.map(({ value }) => value)).toEqual(["1", "1000"]);
  act(() => state.readings[1]?.take());
  await waitFor(() => expect(result.current.states.get("line:quantity")?.state).toBe("saved"));
  expect(sent).toEqual([{ quantity: { typed: "1,000" } }, { quantity: "1000" }]);
});

it("a measure is handed on as it was typed", () => {
  const changed = vi.fn();
  const field = { name: "mass", title: "Mass", type: "quantity", dimension: "mass", units: ["kg"], choices: [] };
  render(
    <MantineProvider>
      <AttributeInput field={field as unknown as KindField} value={null} onChange={changed} />
    </MantineProvider>,
  );
  fireEvent.change(screen.getByLabelText("Mass"), { target: { value: "1,250" } });
  expect(changed).toHaveBeenLastCalledWith({ value: { typed: "1,250" }, unit: "kg" });
});
