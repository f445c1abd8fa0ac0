import { queryOptions } from "@tanstack/react-query";
import { get, write } from "./client";
import { keys } from "./keys";
import { isCode, Problem } from "./problem";
import type { Page, Program, Project, Role, RoleGrant, Session, Token, User } from "./types";

export type SetupState = { needed: boolean; tokenRequired: boolean };
export type SetupForm = { organisation: string; email: string; name: string; password: string; token?: string };

async function readSession(): Promise<Session | null> {
  try {
    return await get<Session>("/sessions/current");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

async function readSetup(): Promise<SetupState> {
  try {
    const { token_required } = await get<{ token_required: boolean }>("/setup");
    return { needed: true, tokenRequired: token_required };
  } catch (error) {
    if (isCode(error, "already_set_up")) return { needed: false, tokenRequired: false };
    throw error;
  }
}

/** Every page of a short list (programs, projects, users): up to 500 at a time. */
async function all<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await get<Page<T>>(path, { limit: 500, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

export const sessionQuery = queryOptions({ queryKey: keys.session, queryFn: readSession, staleTime: 60_000 });
export const setupQuery = queryOptions({ queryKey: keys.setup, queryFn: readSetup, staleTime: 0 });
export const usersQuery = queryOptions({ queryKey: keys.users, queryFn: () => all<User>("/users") });
export const tokensQuery = queryOptions({ queryKey: keys.tokens, queryFn: () => all<Token>("/tokens") });
export const programsQuery = queryOptions({ queryKey: keys.programs, queryFn: () => all<Program>("/programs") });
export const projectsQuery = queryOptions({
  queryKey: keys.projects,
  queryFn: () => all<Project>("/projects"),
  staleTime: 60_000,
});
export const programRolesQuery = (program: string) =>
  queryOptions({
    queryKey: keys.programRoles(program),
    queryFn: () => all<RoleGrant>(`/programs/${program}/roles`),
  });

export const setUp = (form: SetupForm) => write<Session>("POST", "/setup", { body: form });
export const signIn = (email: string, password: string) =>
  write<Session>("POST", "/sessions", { body: { email, password } });
export const signOut = () => write<void>("DELETE", "/sessions/current");

export type NewUser = { email: string; name: string; password: string; administrator: boolean };
export const addUser = (user: NewUser) => write<User>("POST", "/users", { body: user });
export const changeUser = (id: string, body: { name?: string; active?: boolean; password?: string }) =>
  write<User>("PATCH", `/users/${id}`, { body });

export const addToken = (body: { name: string; expires_at?: string }) => write<Token>("POST", "/tokens", { body });
export const revokeToken = (id: string) => write<void>("DELETE", `/tokens/${id}`);

export const addProgram = (body: { code: string; name?: string }) => write<Program>("POST", "/programs", { body });
export const addProject = (body: { code: string; name?: string; program: string; library?: boolean }) =>
  write<Project>("POST", "/projects", { body });
export const grantRole = (program: string, user: string, role: Role) =>
  write<RoleGrant>("PUT", `/programs/${program}/roles/${user}`, { body: { role } });
export const revokeRole = (program: string, user: string) =>
  write<void>("DELETE", `/programs/${program}/roles/${user}`);
