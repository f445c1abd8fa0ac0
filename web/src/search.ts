/** Search parameters are plain words: `?q=m4&at=commit:12`, not JSON. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const query = parameters.toString().replaceAll("%3A", ":").replaceAll("%2F", "/").replaceAll("%40", "@");
  return query ? `?${query}` : "";
}

/** The named parameters that are present and not empty. */
export function text<Name extends string>(search: Record<string, unknown>, ...names: Name[]): { [N in Name]?: string } {
  const found: { [N in Name]?: string } = {};
  for (const name of names) {
    const value = search[name];
    if (value !== undefined && value !== null && value !== "") found[name] = String(value);
  }
  return found;
}
