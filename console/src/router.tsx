import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { AuditSearch } from './pages/audit/search.ts';
import { readCustomerSearch } from './pages/customers/search.ts';
import type { JobSearch, MailSearch, ServerSearch, WebhookSearch } from './pages/developer/search.ts';
import type { LedgerSearch } from './pages/ledger/search.ts';
import { readMembersSearch } from './pages/members/search.ts';
import { readPlanSearch } from './pages/plan/search.ts';
import { readProductSearch } from './products/product-pages.ts';
import type { UsageSearch } from './pages/usage/search.ts';
import { Shell } from './shell/shell.tsx';

/** What an address says is looked at by its page, whose reader is loaded with it: here it passes as it came. */
const readByPage = <Search,>(raw: Record<string, unknown>) => raw as Search;

const root = createRootRoute({ component: Shell });
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/home/home.tsx'), 'Home'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/app/sign-in',
  component: lazyRouteComponent(() => import('./pages/sign-in/sign-in.tsx'), 'SignIn'),
});
const ledger = createRoute({
  getParentRoute: () => root,
  path: '/app/ledger',
  validateSearch: readByPage<LedgerSearch>,
  component: lazyRouteComponent(() => import('./pages/ledger/ledger.tsx'), 'Ledger'),
});

const customers = createRoute({
  getParentRoute: () => root,
  path: '/app/customers',
  validateSearch: readCustomerSearch,
  component: lazyRouteComponent(() => import('./pages/customers/customers.tsx'), 'Customers'),
});
const security = createRoute({
  getParentRoute: () => root,
  path: '/app/security',
  component: lazyRouteComponent(() => import('./pages/security/security.tsx'), 'Security'),
});

const plan = createRoute({
  getParentRoute: () => root,
  path: '/app/plan',
  validateSearch: readPlanSearch,
  component: lazyRouteComponent(() => import('./pages/plan/plan.tsx'), 'Plan'),
});

const invoices = createRoute({
  getParentRoute: () => root,
  path: '/app/invoices',
  component: lazyRouteComponent(() => import('./pages/invoices/invoices.tsx'), 'Invoices'),
});
const keys = createRoute({
  getParentRoute: () => root,
  path: '/app/keys',
  component: lazyRouteComponent(() => import('./pages/keys/keys.tsx'), 'Keys'),
});
const members = createRoute({
  getParentRoute: () => root,
  path: '/app/members',
  validateSearch: readMembersSearch,
  component: lazyRouteComponent(() => import('./pages/members/members.tsx'), 'Members'),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: '/app/audit',
  validateSearch: readByPage<AuditSearch>,
  component: lazyRouteComponent(() => import('./pages/audit/audit.tsx'), 'Audit'),
});

const product = createRoute({
  getParentRoute: () => root,
  path: '/app/products/$product/$page',
  validateSearch: readProductSearch,
  component: lazyRouteComponent(() => import('./products/product-page.tsx'), 'ProductPage'),
});

const usage = createRoute({
  getParentRoute: () => root,
  path: '/app/usage',
  validateSearch: readByPage<UsageSearch>,
  component: lazyRouteComponent(() => import('./pages/usage/usage.tsx'), 'Usage'),
});
const jobs = createRoute({
  getParentRoute: () => root,
  path: '/app/jobs',
  validateSearch: readByPage<JobSearch>,
  component: lazyRouteComponent(() => import('./pages/developer/jobs.tsx'), 'Jobs'),
});
const errors = createRoute({
  getParentRoute: () => root,
  path: '/app/errors',
  component: lazyRouteComponent(() => import('./pages/developer/errors.tsx'), 'Errors'),
});
const webhooks = createRoute({
  getParentRoute: () => root,
  path: '/app/webhooks',
  validateSearch: readByPage<WebhookSearch>,
  component: lazyRouteComponent(() => import('./pages/developer/webhooks.tsx'), 'Webhooks'),
});
const mails = createRoute({
  getParentRoute: () => root,
  path: '/app/mails',
  validateSearch: readByPage<MailSearch>,
  component: lazyRouteComponent(() => import('./pages/developer/mails.tsx'), 'Mails'),
});
const server = createRoute({
  getParentRoute: () => root,
  path: '/app/server',
  validateSearch: readByPage<ServerSearch>,
  component: lazyRouteComponent(() => import('./pages/developer/server.tsx'), 'Server'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    ledger,
    usage,
    jobs,
    errors,
    webhooks,
    mails,
    server,
    customers,
    security,
    plan,
    invoices,
    keys,
    members,
    audit,
    product,
  ]),
  // What a page's own reader does not take from an address is not there.
  search: { strict: true },
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
