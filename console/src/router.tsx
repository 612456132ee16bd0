import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { readCustomerSearch } from './pages/customers/search.ts';
import type { JobSearch, MailSearch, ServerSearch, WebhookSearch } from './pages/developer/search.ts';
import type { LedgerSearch } from './pages/ledger/search.ts';
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
