import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";
import { sessionQuery, setupQuery } from "./api/people";
import { NotificationsPage } from "./features/admin/NotificationsPage";
import { NumbersPage } from "./features/admin/NumbersPage";
import { ProgramsPage } from "./features/admin/ProgramsPage";
import { ProjectsPage } from "./features/admin/ProjectsPage";
import { EverybodysTokensPage, TokensPage } from "./features/admin/TokensPage";
import { UploadsPage } from "./features/admin/UploadsPage";
import { UsersPage } from "./features/admin/UsersPage";
import { WebhooksPage } from "./features/admin/WebhooksPage";
import { SecurityPage } from "./features/auth/SecurityPage";
import { SetupPage } from "./features/auth/SetupPage";
import { SignInPage } from "./features/auth/SignInPage";
import { BomPage } from "./features/bom/BomPage";
import { WhereUsedPage } from "./features/bom/WhereUsedPage";
import { CommitPage } from "./features/history/CommitPage";
import { HistoryPage } from "./features/history/HistoryPage";
import { JobPage } from "./features/jobs/JobPage";
import { JobsPage } from "./features/jobs/JobsPage";
import { QueuesPage } from "./features/jobs/QueuesPage";
import { AttributesPage } from "./features/parts/AttributesPage";
import { PartHistoryPage } from "./features/parts/PartHistoryPage";
import { PartLayout } from "./features/parts/PartLayout";
import { PartsPage } from "./features/parts/PartsPage";
import { ImportsPage } from "./features/proposals/ImportsPage";
import { ProposalPage } from "./features/proposals/ProposalPage";
import { NotFound, PageError } from "./features/shell/fallbacks";
import { Shell } from "./features/shell/Shell";
import { AttachmentsPage } from "./features/vault/AttachmentsPage";
import { ModelPage } from "./features/viewer/ModelPage";
import { queryClient } from "./queryClient";
import { parseSearch, stringifySearch, text } from "./search";

type RootSearch = { at?: string };

const root = createRootRouteWithContext<{ queryClient: typeof queryClient }>()({
  validateSearch: (search: Record<string, unknown>): RootSearch => text(search, "at"),
  search: { middlewares: [retainSearchParams(["at"])] },
  component: Outlet,
  notFoundComponent: NotFound,
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  beforeLoad: async () => {
    const { needed } = await queryClient.fetchQuery(setupQuery);
    if (!needed) throw redirect({ to: "/sign-in" });
  },
  component: SetupPage,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>) => text(search, "next"),
  beforeLoad: async () => {
    if (await queryClient.ensureQueryData(sessionQuery)) throw redirect({ to: "/parts" });
    const { needed } = await queryClient.fetchQuery(setupQuery);
    if (needed) throw redirect({ to: "/setup" });
  },
  component: SignInPage,
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { next: location.href } });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => app,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/parts" });
  },
});

const parts = createRoute({
  getParentRoute: () => app,
  path: "/parts",
  validateSearch: (search: Record<string, unknown>) => text(search, "q", "project", "phase", "status", "sort"),
  component: PartsPage,
});

const part = createRoute({ getParentRoute: () => app, path: "/parts/$partId", component: PartLayout });
const partAttributes = createRoute({ getParentRoute: () => part, path: "/", component: AttributesPage });
const partBom = createRoute({
  getParentRoute: () => part,
  path: "/bom",
  validateSearch: (search: Record<string, unknown>) => text(search, "view", "model", "q"),
  component: BomPage,
});
const partUsed = createRoute({
  getParentRoute: () => part,
  path: "/where-used",
  validateSearch: (search: Record<string, unknown>) => text(search, "levels"),
  component: WhereUsedPage,
});
const partHistory = createRoute({ getParentRoute: () => part, path: "/history", component: PartHistoryPage });
const partFiles = createRoute({ getParentRoute: () => part, path: "/files", component: AttachmentsPage });
const partModel = createRoute({ getParentRoute: () => part, path: "/model", component: ModelPage });

const imports = createRoute({
  getParentRoute: () => app,
  path: "/imports",
  validateSearch: (search: Record<string, unknown>) => text(search, "tab", "project", "state"),
  component: ImportsPage,
});
const proposal = createRoute({ getParentRoute: () => app, path: "/proposals/$proposalId", component: ProposalPage });
const jobs = createRoute({
  getParentRoute: () => app,
  path: "/jobs",
  validateSearch: (search: Record<string, unknown>) => text(search, "q", "state", "mine"),
  component: JobsPage,
});
const job = createRoute({ getParentRoute: () => app, path: "/jobs/$jobId", component: JobPage });
const queues = createRoute({ getParentRoute: () => app, path: "/admin/queues", component: QueuesPage });
const webhooks = createRoute({ getParentRoute: () => app, path: "/admin/webhooks", component: WebhooksPage });
const history = createRoute({
  getParentRoute: () => app,
  path: "/history",
  validateSearch: (search: Record<string, unknown>) => text(search, "q"),
  component: HistoryPage,
});
const commit = createRoute({ getParentRoute: () => app, path: "/history/$branch/$seq", component: CommitPage });
const users = createRoute({ getParentRoute: () => app, path: "/admin/users", component: UsersPage });
const uploads = createRoute({ getParentRoute: () => app, path: "/admin/uploads", component: UploadsPage });
const programs = createRoute({ getParentRoute: () => app, path: "/admin/programs", component: ProgramsPage });
const projects = createRoute({ getParentRoute: () => app, path: "/admin/projects", component: ProjectsPage });
const numbers = createRoute({ getParentRoute: () => app, path: "/admin/numbers", component: NumbersPage });
const notifications = createRoute({
  getParentRoute: () => app,
  path: "/account/notifications",
  component: NotificationsPage,
});
const security = createRoute({ getParentRoute: () => app, path: "/account/security", component: SecurityPage });
const everybodysTokens = createRoute({
  getParentRoute: () => app,
  path: "/admin/tokens",
  component: EverybodysTokensPage,
});
const tokens = createRoute({ getParentRoute: () => app, path: "/account/tokens", component: TokensPage });

const routeTree = root.addChildren([
  setup,
  signIn,
  app.addChildren([
    home,
    parts,
    part.addChildren([partAttributes, partBom, partUsed, partHistory, partFiles, partModel]),
    imports,
    proposal,
    jobs,
    job,
    queues,
    webhooks,
    history,
    commit,
    users,
    uploads,
    numbers,
    programs,
    projects,
    tokens,
    everybodysTokens,
    security,
    notifications,
  ]),
]);

export const router = createRouter({
  routeTree,
  context: { queryClient },
  parseSearch,
  stringifySearch,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
  defaultPreload: false,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
