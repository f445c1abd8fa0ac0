import { expect, it } from "vitest";

it("takes the token out of the address that the program printed", async () => {
  window.history.replaceState(null, "", "/#token=abc-DEF_12");
  const { givenToken, tokenOf } = await import("../src/features/auth/setupToken");
  expect(givenToken).toBe("abc-DEF_12");
  expect(window.location.href.endsWith("/")).toBe(true);
  expect(window.location.hash).toBe("");
  expect(tokenOf("")).toBe("");
  expect(tokenOf("#lines")).toBe("");
});
