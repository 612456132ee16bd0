import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { readCustomerSearch } from './pages/customers/search.ts';
import {
  readJobSearch,
  readMailSearch,
  readServerSearch,
  readWebhookSearch,
} from './pages/developer/search.ts';
import { readSearch } from './pages/ledger/search.ts';
import { readProductSearch } from './products/product-pages.ts';
import { readUsageSearch } from './pages/usage/search.ts';
import { Shell } from './shell/shell.tsx';

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
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import('./pages/ledger/ledger.tsx'), 'Ledger'),
});

const customers = createRoute({
  getParentRoute: () => root,
  path: '/app/customers',
  validateSearch: readCustomerSearch,
  component: lazyRouteComponent(() => import('./pages/customers/customers.tsx'), 'Customers'),
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
  validateSearch: readUsageSearch,
  component: lazyRouteComponent(() => import('./pages/usage/usage.tsx'), 'Usage'),
});
const jobs = createRoute({
  getParentRoute: () => root,
  path: '/app/jobs',
  validateSearch: readJobSearch,
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
  validateSearch: readWebhookSearch,
  component: lazyRouteComponent(() => import('./pages/developer/webhooks.tsx'), 'Webhooks'),
});
const mails = createRoute({
  getParentRoute: () => root,
  path: '/app/mails',
  validateSearch: readMailSearch,
  component: lazyRouteComponent(() => import('./pages/developer/mails.tsx'), 'Mails'),
});
const server = createRoute({
  getParentRoute: () => root,
  path: '/app/server',
  validateSearch: readServerSearch,
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
