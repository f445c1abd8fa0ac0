import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Proposal } from "../src/api/types";
import { ReadingNotes } from "../src/features/proposals/ReadingNotes";

afterEach(cleanup);

const shown = (messages: string[]) =>
  render(
    <ReadingNotes
      proposal={{ notes: messages.map((message) => ({ code: "x", message, component: null })) } as unknown as Proposal}
    />,
  );

it("says nothing of a file without faults", () => {
  expect(shown([]).container.textContent).toBe("");
});

it("shows what was guessed or could not be read", () => {
  shown(["The shape of Bolt could not be read.", "nut.stp is not here."]);
  expect(screen.getByText("2 notes on what was read from the file")).toBeTruthy();
  expect(screen.getByText("nut.stp is not here.").closest("details")?.open).toBe(true);
});

it("folds many notes behind their number", () => {
  shown(Array.from({ length: 40 }, (_, n) => `note ${n}`));
  expect(screen.getByText("40 notes on what was read from the file").closest("details")?.open).toBe(false);
  expect(screen.getAllByRole("listitem", { hidden: true })).toHaveLength(40);
});
