import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { address, entityTag, get, write } from "../src/api/client";
import { isCode, Problem, sentence } from "../src/api/problem";

const json = (status: number, body: unknown, type = "application/json") =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } });

let calls: { url: string; request: RequestInit }[];
let answers: (() => Response | Error)[];

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  vi.stubGlobal("fetch", async (url: string, request: RequestInit) => {
    calls.push({ url, request });
    const answer = answers.shift()?.();
    if (answer instanceof Response) return answer;
    throw answer ?? new TypeError("network");
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const header = (call: number, name: string) => (calls[call]?.request.headers as Record<string, string>)[name];

describe("addresses", () => {
  it("leave out what is not asked", () => {
    expect(address("/parts", { q: "m4 bolt", at: undefined, cursor: null, project: "" })).toBe(
      "/api/v1/parts?q=m4+bolt",
    );
    expect(address("/parts")).toBe("/api/v1/parts");
  });
  it("quote versions as entity tags once", () => {
    expect(entityTag("0-57")).toBe('"0-57"');
    expect(entityTag('"0-57.abc"')).toBe('"0-57.abc"');
  });
});

describe("a write", () => {
  it("carries an idempotency key and the version that it saw", async () => {
    answers = [() => json(200, { id: "x" })];
    await write("PATCH", "/parts/x", { body: { name: "n" }, version: "0-3" });
    expect(header(0, "If-Match")).toBe('"0-3"');
    expect(header(0, "Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(calls[0]?.request.body).toBe('{"name":"n"}');
  });

  it("is repeated with the same key when the connection breaks", async () => {
    answers = [() => new TypeError("cut"), () => new TypeError("cut"), () => json(201, { id: "x" })];
    const done = write<{ id: string }>("POST", "/parts", { body: {} });
    await vi.runAllTimersAsync();
    expect(await done).toEqual({ id: "x" });
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map((_, call) => header(call, "Idempotency-Key"))).size).toBe(1);
  });

  it("gives up in words after some tries", async () => {
    answers = [];
    const done = write("POST", "/parts", { body: {} }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    const error = await done;
    expect(isCode(error, "network")).toBe(true);
    expect(sentence(error)).toContain("did not answer");
    expect(calls).toHaveLength(4);
  });

  it("is not repeated when it was refused", async () => {
    const body = { status: 412, code: "stale_version", title: "Changed", detail: "Look again.", current: { id: "x" } };
    answers = [() => json(412, body, "application/problem+json")];
    const error = await write("PATCH", "/parts/x", { body: {}, version: "0-1" }).catch((thrown: unknown) => thrown);
    expect(isCode(error, "stale_version")).toBe(true);
    expect((error as Problem).body.current).toEqual({ id: "x" });
    expect(calls).toHaveLength(1);
  });

  it("answers nothing for 204", async () => {
    answers = [() => new Response(null, { status: 204 })];
    expect(await write("DELETE", "/parts/x", { version: "0-1" })).toBeUndefined();
  });
});

describe("problems", () => {
  it("name fields by their JSON pointers", () => {
    const problem = new Problem(422, {
      title: "Invalid",
      errors: [
        { pointer: "/attributes/mass", message: "not below zero" },
        { pointer: "/body/email", message: "taken" },
      ],
    });
    expect(problem.fields).toEqual({ "attributes.mass": "not below zero", email: "taken" });
    expect(sentence(problem)).toBe("not below zero");
  });

  it("are made of answers without a body too", async () => {
    answers = [() => new Response("<html>", { status: 502, statusText: "Bad Gateway" })];
    const error = await get("/parts").catch((thrown: unknown) => thrown);
    expect(isCode(error, "http_502")).toBe(true);
  });
});
