/**
 * The set-up token of a first start, which the program prints in an address: `http://…/#token=…`. Read when the page is opened and
 * taken out of the address at once, so that neither the history nor a screenshot keeps it.
 */
export function tokenOf(hash: string): string {
  const token = new URLSearchParams(hash.replace(/^#/, "")).get("token");
  return token?.trim() ?? "";
}

export const givenToken = tokenOf(window.location.hash);

if (givenToken) window.history.replaceState(null, "", window.location.pathname + window.location.search);
