import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import { keys } from "./keys";
import { onward } from "./parts";

export const commitsQuery = (filter: { author?: string } = {}) =>
  infiniteQueryOptions({
    queryKey: keys.commits(filter),
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, ...onward(pageParam), limit: 50 };
      return body(api.GET("/api/v1/commits", { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

export const commitQuery = (branch: string, seq: number) =>
  queryOptions({
    queryKey: keys.commit(branch, seq),
    queryFn: ({ signal }) =>
      body(api.GET("/api/v1/commits/{branch}/{seq}", { params: { path: { branch, seq } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const commitChangesQuery = (branch: string, seq: number) =>
  infiniteQueryOptions({
    queryKey: keys.commitChanges(branch, seq),
    queryFn: ({ pageParam, signal }) => {
      const params = { path: { branch, seq }, query: { ...onward(pageParam), limit: 100 } };
      return body(api.GET("/api/v1/commits/{branch}/{seq}/changes", { params, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    staleTime: Number.POSITIVE_INFINITY,
  });
