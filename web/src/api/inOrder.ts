type Own = { seen: Set<string>; newest: string; tail: Promise<unknown> };

const own = new Map<string, Own>();

/**
 * Writes of one thing go one after the other, each over the version that the one before made: who edits two cells of a
 * line faster than the server answers is no stranger to themselves. A version made by somebody else is passed on as it is.
 */
export function inOrder<Written extends { version: string }>(
  id: string,
  version: string,
  write: (version: string) => Promise<Written>,
): Promise<Written> {
  const state = own.get(id) ?? { seen: new Set(), newest: version, tail: Promise.resolve() };
  own.set(id, state);
  const result = state.tail.then(async () => {
    const over = state.seen.has(version) ? state.newest : version;
    const written = await write(over);
    if (over !== state.newest) state.seen.clear();
    state.seen.add(over);
    state.newest = written.version;
    return written;
  });
  state.tail = result.catch(() => undefined);
  return result;
}
