import { QueryCache, QueryClient } from "@tanstack/react-query";
import { keys } from "./api/keys";
import { Problem } from "./api/problem";

const MAX_RETRIES = 2;

function worthRepeating(failures: number, error: Error): boolean {
  const passing = !(error instanceof Problem) || error.status === 0 || error.status >= 502;
  return passing && failures < MAX_RETRIES;
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      const signedOut = error instanceof Problem && error.status === 401;
      if (signedOut && query.queryKey[0] !== keys.session[0]) queryClient.setQueryData(keys.session, null);
    },
  }),
  defaultOptions: {
    queries: { staleTime: 15_000, retry: worthRepeating, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
