import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, body, entityTag, ifMatch } from "../src/api/client";
import { isCode, Problem, sentence } from "../src/api/problem";

const json = (status: number, body: unknown, type = "application/json") =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } });

let calls: Request[];
let answers: (() => Response | Error)[];

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    calls.push(request);
    const answer = answers.shift()?.();
    if (answer instanceof Response) return answer;
    throw answer ?? new TypeError("network");
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const header = (call: number, name: string) => calls[call]?.headers.get(name);
const rename = (version: string) =>
  body(
    api.PATCH("/api/v1/parts/{part_id}", {
      params: { path: { part_id: "x" }, header: ifMatch(version) },
      body: { name: "n" },
    }),
  );
const create = () => body(api.POST("/api/v1/programs", { body: { code: "rover" } }));

describe("addresses", () => {
  it("leave out what is not asked", async () => {
    answers = [() => json(200, { items: [], next: null })];
    await body(api.GET("/api/v1/parts", { params: { query: { q: "m4 bolt", limit: 5 } } }));
    expect(new URL(calls[0]?.url ?? "").search).toBe("?q=m4%20bolt&limit=5");
    expect(header(0, "Idempotency-Key")).toBeNull();
  });
  it("quote versions as entity tags once", () => {
    expect(entityTag("0-57")).toBe('"0-57"');
    expect(entityTag('"0-57.abc"')).toBe('"0-57.abc"');
  });
});

describe("a write", () => {
  it("carries an idempotency key and the version that it saw", async () => {
    answers = [() => json(200, { id: "x" })];
    await rename("0-3");
    expect(header(0, "If-Match")).toBe('"0-3"');
    expect(header(0, "Idempotency-Key")).toMatch(/^[0-9a-f-]{36}$/);
    expect(await calls[0]?.json()).toEqual({ name: "n" });
  });

  it("is repeated with the same key when the connection breaks", async () => {
    answers = [() => new TypeError("cut"), () => new TypeError("cut"), () => json(201, { id: "x" })];
    const done = create();
    await vi.runAllTimersAsync();
    expect(await done).toEqual({ id: "x" });
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map((_, call) => header(call, "Idempotency-Key"))).size).toBe(1);
  });

  it("gives up in words after some tries", async () => {
    answers = [];
    const done = create().catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    const error = await done;
    expect(isCode(error, "network")).toBe(true);
    expect(sentence(error)).toContain("did not answer");
    expect(calls).toHaveLength(4);
  });

  it("is not repeated when it was refused", async () => {
    const body = { status: 412, code: "stale_version", title: "Changed", detail: "Look again.", current: { id: "x" } };
    answers = [() => json(412, body, "application/problem+json")];
    const error = await rename("0-1").catch((thrown: unknown) => thrown);
    expect(isCode(error, "stale_version")).toBe(true);
    expect((error as Problem).body.current).toEqual({ id: "x" });
    expect(calls).toHaveLength(1);
  });

  it("answers nothing for 204", async () => {
    answers = [() => new Response(null, { status: 204 })];
    expect(await body(api.DELETE("/api/v1/sessions/current"))).toBeUndefined();
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
    expect(sentence(problem)).toBe("attributes, mass: not below zero; email: taken");
  });

  it("say the members that are wrong, and how many more there are", () => {
    const errors = [{ pointer: "/q", message: "must have at most 200 characters" }];
    const detail = "Correct the members that `errors` names.";
    expect(sentence(new Problem(422, { detail, errors }))).toBe("q: must have at most 200 characters");
    expect(sentence(new Problem(422, { detail: "No.", errors }))).toBe("No. (q: must have at most 200 characters)");
    expect(sentence(new Problem(422, { detail: "It must have at most 200 characters.", errors }))).toBe(
      "It must have at most 200 characters.",
    );
    const many = Array.from({ length: 7 }, (_, at) => ({ pointer: `/lines/${at}`, message: "is missing" }));
    expect(sentence(new Problem(422, { detail, errors: many }))).toContain("lines, 4: is missing; and 2 more");
  });

  it("are made of answers without a body too", async () => {
    answers = [() => new Response("<html>", { status: 502, statusText: "Bad Gateway" })];
    const error = await body(api.GET("/api/v1/parts")).catch((thrown: unknown) => thrown);
    expect(isCode(error, "http_502")).toBe(true);
  });
});
