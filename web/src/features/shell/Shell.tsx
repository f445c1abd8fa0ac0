import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { followEvents } from "../../api/events";
import { sessionQuery } from "../../api/people";
import { DropAnywhere } from "../vault/DropAnywhere";
import { ContextBar } from "./ContextBar";
import { Header } from "./Header";
import { Nav } from "./Nav";

export function Shell() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: session } = useQuery(sessionQuery);
  const signedOut = session === null;

  useEffect(() => followEvents(client), [client]);
  useEffect(() => {
    if (signedOut) void navigate({ to: "/sign-in", search: { next: location.pathname + location.search } });
  }, [signedOut, navigate]);

  if (!session) return null;
  return (
    <DropAnywhere>
      <div className="shell">
        <a className="skip-link" href="#content">
          Skip to content
        </a>
        <Header session={session} />
        <Nav administrator={session.user.administrator} />
        <div className="shell-main">
          <ContextBar />
          <main id="content" className="shell-content" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
      </div>
    </DropAnywhere>
  );
}
