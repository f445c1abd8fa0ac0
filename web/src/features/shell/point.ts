import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { projectsQuery, sessionQuery } from "../../api/people";
import type { Role } from "../../api/types";

/** The point of history in the URL; undefined = the head of main. */
export function useAt(): string | undefined {
  return useSearch({ strict: false }).at;
}

const WRITERS: Role[] = ["engineer", "approver", "lead"];

/** Why the person may not edit here, in a sentence; undefined when they may. */
export function useEditBlock(projectId: string | undefined): string | undefined {
  const at = useAt();
  const { data: session } = useQuery(sessionQuery);
  const { data: projects } = useQuery(projectsQuery);
  if (at) return "You are looking at an earlier point of history, which is read-only.";
  const program = projects?.find(({ id }) => id === projectId)?.program;
  if (!session || !program) return undefined;
  const role = session.roles.find((held) => held.program.id === program.id)?.role;
  if (role && WRITERS.includes(role)) return undefined;
  return role
    ? `Your role in program ${program.name} is ${role}, which reads only.`
    : `You have no role in program ${program.name}.`;
}
