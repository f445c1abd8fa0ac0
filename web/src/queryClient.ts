import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { keys } from "./api/keys";
import { isCode, Problem } from "./api/problem";

const MAX_RETRIES = 2;

function worthRepeating(failures: number, error: Error): boolean {
  const passing = !(error instanceof Problem) || error.status === 0 || error.status >= 502;
  return passing && failures < MAX_RETRIES;
}

function noticeSignOut(error: Error) {
  if (isCode(error, "not_signed_in")) queryClient.setQueryData(keys.session, null);
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignOut }),
  mutationCache: new MutationCache({ onError: noticeSignOut }),
  defaultOptions: {
    queries: { staleTime: 15_000, retry: worthRepeating, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
