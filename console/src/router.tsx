import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { readAuditSearch } from './pages/audit/search.ts';
import { readDenialSearch } from './pages/denials/search.ts';
import { readLicenceSearch } from './pages/licences/search.ts';
import { readRevenueSearch } from './pages/revenue/search.ts';
import { readDeadLetterSearch } from './pages/dead-letters/search.ts';
import { readCustomerSearch } from './pages/customers/search.ts';
import { readSearch } from './pages/ledger/search.ts';
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

const platformAudit = createRoute({
  getParentRoute: () => root,
  path: '/app/platform-audit',
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import('./pages/audit/audit.tsx'), 'PlatformAudit'),
});

const revenue = createRoute({
  getParentRoute: () => root,
  path: '/app/revenue',
  validateSearch: readRevenueSearch,
  component: lazyRouteComponent(() => import('./pages/revenue/revenue.tsx'), 'RevenuePage'),
});
const denials = createRoute({
  getParentRoute: () => root,
  path: '/app/denials',
  validateSearch: readDenialSearch,
  component: lazyRouteComponent(() => import('./pages/denials/denials.tsx'), 'DenialTotals'),
});
const providers = createRoute({
  getParentRoute: () => root,
  path: '/app/providers',
  component: lazyRouteComponent(() => import('./pages/providers/providers.tsx'), 'Providers'),
});
const licences = createRoute({
  getParentRoute: () => root,
  path: '/app/licences',
  validateSearch: readLicenceSearch,
  component: lazyRouteComponent(() => import('./pages/licences/licences.tsx'), 'Licences'),
});
const deadLetters = createRoute({
  getParentRoute: () => root,
  path: '/app/dead-letters',
  validateSearch: readDeadLetterSearch,
  component: lazyRouteComponent(() => import('./pages/dead-letters/dead-letters.tsx'), 'DeadLetters'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    ledger,
    customers,
    revenue,
    denials,
    providers,
    deadLetters,
    licences,
    platformAudit,
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
