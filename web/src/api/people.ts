import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import { keys } from "./keys";
import { isCode, Problem } from "./problem";
import type { NewUser, NumberScheme, Page, Role, Scope, Session } from "./types";

export type SetupState = { needed: boolean };
export type SetupForm = { organisation: string; email: string; name: string; password: string; token: string };

const PAGE = 500;

async function readSession(): Promise<Session | null> {
  try {
    return await body(api.GET("/api/v1/sessions/current"));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

async function readSetup(): Promise<SetupState> {
  try {
    await body(api.GET("/api/v1/setup"));
    return { needed: true };
  } catch (error) {
    if (isCode(error, "already_set_up")) return { needed: false };
    throw error;
  }
}

/** Every page of a short list. */
export async function everyPage<Item>(
  page: (query: { limit: number; cursor?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const { items: more, next }: Page<Item> = await page(cursor ? { limit: PAGE, cursor } : { limit: PAGE });
    items.push(...more);
    cursor = next;
  } while (cursor);
  return items;
}

export const sessionQuery = queryOptions({ queryKey: keys.session, queryFn: readSession, staleTime: 60_000 });
export const setupQuery = queryOptions({ queryKey: keys.setup, queryFn: readSetup, staleTime: 0 });
export const usersQuery = queryOptions({
  queryKey: keys.users,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/users", { params: { query } }))),
});
export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/tokens", { params: { query } }))),
});
export const everybodysTokensQuery = queryOptions({
  queryKey: keys.everybodysTokens,
  queryFn: () =>
    everyPage((query) => body(api.GET("/api/v1/tokens", { params: { query: { ...query, everybody: true } } }))),
});
export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/sessions", { params: { query } }))),
});
export const programsQuery = queryOptions({
  queryKey: keys.programs,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/programs", { params: { query } }))),
});
/** What the files of each program take and may take; for administrators. */
export const usageQuery = queryOptions({
  queryKey: keys.usage,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/vault/usage", { params: { query } }))),
});
/** Everybody's uploads that became no file; for administrators. */
export const openUploadsQuery = queryOptions({
  queryKey: keys.openUploads,
  queryFn: () =>
    everyPage((query) => body(api.GET("/api/v1/uploads", { params: { query: { ...query, everyone: true } } }))),
});
export const dropUpload = (upload: string) =>
  body(api.DELETE("/api/v1/uploads/{upload_id}", { params: { path: { upload_id: upload } } }));
export const setQuota = (program: string, allowed: number | null) =>
  body(
    api.PUT("/api/v1/programs/{program_id}/quota", { params: { path: { program_id: program } }, body: { allowed } }),
  );
export const projectsQuery = queryOptions({
  queryKey: keys.projects,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/projects", { params: { query } }))),
  staleTime: 60_000,
});
export const programRolesQuery = (program: string) =>
  queryOptions({
    queryKey: keys.programRoles(program),
    queryFn: () =>
      everyPage((query) =>
        body(api.GET("/api/v1/programs/{program_id}/roles", { params: { path: { program_id: program }, query } })),
      ),
  });

export const schemesQuery = queryOptions({
  queryKey: keys.schemes,
  queryFn: () => everyPage((query) => body(api.GET("/api/v1/number-schemes", { params: { query } }))),
});
export const setScheme = ({ kind, segments, typed_allowed }: NumberScheme) =>
  body(api.PUT("/api/v1/number-schemes/{kind}", { params: { path: { kind } }, body: { segments, typed_allowed } }));

export const setUp = (form: SetupForm) => body(api.POST("/api/v1/setup", { body: form }));
export const signIn = (email: string, password: string) =>
  body(api.POST("/api/v1/sessions", { body: { email, password } }));
export const signOut = () => body(api.DELETE("/api/v1/sessions/current"));

export const addUser = (user: NewUser) => body(api.POST("/api/v1/users", { body: user }));
export const setActive = (user: string, active: boolean) =>
  body(api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user } }, body: { active } }));
export const setAdministrator = (user: string, administrator: boolean) =>
  body(api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user } }, body: { administrator } }));

export const changePassword = (user: string, current_password: string, password: string) =>
  body(
    api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user } }, body: { current_password, password } }),
  );
export const resetPassword = (user: string, password: string) =>
  body(api.PATCH("/api/v1/users/{user_id}", { params: { path: { user_id: user } }, body: { password } }));
export const signOutEverywhere = (user: string) =>
  body(api.POST("/api/v1/users/{user_id}/sign-out", { params: { path: { user_id: user } } }));
export const endSession = (session: string) =>
  body(api.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id: session } } }));

export type NewToken = { name: string; scope: Scope; expires_at: string };
export const addToken = (token: NewToken) => body(api.POST("/api/v1/tokens", { body: token }));
export const revokeToken = (token: string) =>
  body(api.DELETE("/api/v1/tokens/{token_id}", { params: { path: { token_id: token } } }));

export type NewProgram = { code: string; name?: string };
export const addProgram = (program: NewProgram) => body(api.POST("/api/v1/programs", { body: program }));
export type NewProject = { code: string; name?: string; program: string; library: boolean };
export const addProject = (project: NewProject) => body(api.POST("/api/v1/projects", { body: project }));

const held = (program: string, user: string) => ({ path: { program_id: program, user_id: user } });
export const grantRole = (program: string, user: string, role: Role) =>
  body(api.PUT("/api/v1/programs/{program_id}/roles/{user_id}", { params: held(program, user), body: { role } }));
export const revokeRole = (program: string, user: string) =>
  body(api.DELETE("/api/v1/programs/{program_id}/roles/{user_id}", { params: held(program, user) }));
