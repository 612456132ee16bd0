import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
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
const security = createRoute({
  getParentRoute: () => root,
  path: '/app/security',
  component: lazyRouteComponent(() => import('./pages/security/security.tsx'), 'Security'),
});

export const router = createRouter({
  routeTree: root.addChildren([home, signIn, ledger, customers, security]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
