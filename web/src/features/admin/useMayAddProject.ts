import { useQuery } from "@tanstack/react-query";
import { programsQuery, sessionQuery } from "../../api/people";

/** Leads make projects in their programs; administrators may make the program along with it. */
export function useMayAddProject(): boolean {
  const { data: session } = useQuery(sessionQuery);
  const { data: programs = [] } = useQuery(programsQuery);
  return (session?.user.administrator ?? false) || programs.some(({ role }) => role === "lead");
}
