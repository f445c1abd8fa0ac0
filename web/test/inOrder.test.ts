import { expect, it } from "vitest";
import { inOrder } from "../src/api/inOrder";

/** A server of one thing that refuses every version but its newest. */
function server(id: string) {
  let newest = 1;
  return {
    write: (version: string) =>
      inOrder(id, version, async (over) => {
        await Promise.resolve();
        if (over !== String(newest)) throw new Error(`stale ${over}`);
        newest += 1;
        return { version: String(newest) };
      }),
    touch: () => {
      newest += 1;
      return String(newest);
    },
  };
}

it("one's own quick edits follow each other", async () => {
  const { write } = server("quick");
  const done = await Promise.all([write("1"), write("1"), write("1")]);
  expect(done.map(({ version }) => version)).toEqual(["2", "3", "4"]);
});

it("an edit over somebody else's newer version is refused still", async () => {
  const { write, touch } = server("others");
  await write("1");
  const theirs = touch();
  await expect(write("2")).rejects.toThrow("stale 2");
  await expect(write("1")).rejects.toThrow("stale 2");
  expect((await write(theirs)).version).toBe("4");
});

it("a refused edit does not hold up the next one", async () => {
  const { write } = server("refused");
  const [bad, good] = await Promise.allSettled([write("0"), write("1")]);
  expect(bad.status).toBe("rejected");
  expect(good.status).toBe("fulfilled");
});
