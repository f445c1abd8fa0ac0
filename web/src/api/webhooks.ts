import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, body, ifMatch } from "./client";
import { keys } from "./keys";
import { onward } from "./parts";
import { everyPage } from "./people";
import type { NewWebhook, Webhook } from "./types";

const one = (id: string) => ({ path: { webhook_id: id } });
const seen = (hook: Webhook) => ({ ...one(hook.id), header: ifMatch(String(hook.version)) });

export const webhooksQuery = queryOptions({
  queryKey: keys.webhooks,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/webhooks", { params: { query } }))),
});
export const deliveriesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.deliveries(id),
    queryFn: ({ pageParam, signal }) => {
      const query = { ...onward(pageParam), limit: 50 };
      return body(api.GET("/api/v1/webhooks/{webhook_id}/deliveries", { params: { ...one(id), query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: 3_000,
  });

export const addWebhook = (hook: NewWebhook) => body(api.POST("/api/v1/webhooks", { body: hook }));
export const switchWebhook = (hook: Webhook) =>
  body(api.PATCH("/api/v1/webhooks/{webhook_id}", { params: seen(hook), body: { enabled: !hook.enabled } }));
export const removeWebhook = (hook: Webhook) =>
  body(api.DELETE("/api/v1/webhooks/{webhook_id}", { params: seen(hook) }));
export const rotateSecret = (id: string) => body(api.POST("/api/v1/webhooks/{webhook_id}/rotate", { params: one(id) }));
export const testWebhook = (id: string) => body(api.POST("/api/v1/webhooks/{webhook_id}/test", { params: one(id) }));
export const deliverAgain = (id: string, delivery: string) =>
  body(
    api.POST("/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", {
      params: { path: { webhook_id: id, delivery_id: delivery } },
    }),
  );

export const notificationsQuery = queryOptions({
  queryKey: keys.notifications,
  queryFn: () => body(api.GET("/api/v1/notifications/settings")),
});
export const setMailFailures = (wanted: boolean) =>
  body(api.PUT("/api/v1/notifications/settings", { body: { mail_failures: wanted } }));
