import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { readAuditSearch } from './pages/audit/search.ts';
import { readCustomerSearch } from './pages/customers/search.ts';
import { readMembersSearch } from './pages/members/search.ts';
import { readPlanSearch } from './pages/plan/search.ts';
import { readSearch } from './pages/ledger/search.ts';
import { readProductSearch } from './products/product-pages.ts';
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
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import('./pages/audit/audit.tsx'), 'Audit'),
});

const product = createRoute({
  getParentRoute: () => root,
  path: '/app/products/$product/$page',
  validateSearch: readProductSearch,
  component: lazyRouteComponent(() => import('./products/product-page.tsx'), 'ProductPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    ledger,
    customers,
    plan,
    invoices,
    keys,
    members,
    audit,
    product,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
