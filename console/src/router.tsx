import { createRootRoute, createRoute, createRouter, type RouteComponent } from '@tanstack/react-router';
import type { readBrandSearch } from './pages/brands/search.ts';
import type { readCustomerSearch } from './pages/customers/search.ts';
import type { readOverviewSearch } from './pages/overview/search.ts';
import type { readPayoutSearch } from './pages/payouts/search.ts';
import type { readRevenueSearch } from './pages/revenue/search.ts';
import type { readDenialSearch } from './pages/denials/search.ts';
import type { readSafetySearch } from './pages/safety/search.ts';
import type { readDeadLetterSearch } from './pages/dead-letters/search.ts';
import type { readPlatformAuditSearch } from './pages/platform-audit/search.ts';
import type { readAuditSearch } from './pages/audit/search.ts';
import type {
  readJobSearch,
  readMailSearch,
  readServerSearch,
  readWebhookSearch,
} from './pages/developer/search.ts';
import type { readSearch } from './pages/ledger/search.ts';
import type { readMembersSearch } from './pages/members/search.ts';
import type { readPlanSearch } from './pages/plan/search.ts';
import { lazyPart } from './parts/lazy-part.ts';
import { readProductSearch } from './products/product-pages.ts';
import type { readUsageSearch } from './pages/usage/search.ts';
import { Shell } from './shell/shell.tsx';

type Raw = Record<string, unknown>;

/** What an address says is looked at by its page, whose reader is loaded with it: here it passes as it came. */
const readByPage = <Read extends (raw: Raw) => object>(raw: Raw) => raw as ReturnType<Read>;
const readNothing = () => ({});

const root = createRootRoute({ component: Shell });

function page<const Path extends string, Search extends object>(
  path: Path,
  component: RouteComponent,
  validateSearch: (raw: Raw) => Search,
) {
  return createRoute({ getParentRoute: () => root, path, component, validateSearch });
}

export const router = createRouter({
  routeTree: root.addChildren([
    page(
      '/',
      lazyPart(() => import('./pages/home/home.tsx'), 'Home'),
      readNothing,
    ),
    page(
      '/app/sign-in',
      lazyPart(() => import('./pages/sign-in/sign-in.tsx'), 'SignIn'),
      readNothing,
    ),
    page(
      '/app/ledger',
      lazyPart(() => import('./pages/ledger/ledger.tsx'), 'Ledger'),
      readByPage<typeof readSearch>,
    ),
    page(
      '/app/usage',
      lazyPart(() => import('./pages/usage/usage.tsx'), 'Usage'),
      readByPage<typeof readUsageSearch>,
    ),
    page(
      '/app/plan',
      lazyPart(() => import('./pages/plan/plan.tsx'), 'Plan'),
      readByPage<typeof readPlanSearch>,
    ),
    page(
      '/app/invoices',
      lazyPart(() => import('./pages/invoices/invoices.tsx'), 'Invoices'),
      readNothing,
    ),
    page(
      '/app/keys',
      lazyPart(() => import('./pages/keys/keys.tsx'), 'Keys'),
      readNothing,
    ),
    page(
      '/app/members',
      lazyPart(() => import('./pages/members/members.tsx'), 'Members'),
      readByPage<typeof readMembersSearch>,
    ),
    page(
      '/app/security',
      lazyPart(() => import('./pages/security/security.tsx'), 'Security'),
      readNothing,
    ),
    page(
      '/app/audit',
      lazyPart(() => import('./pages/audit/audit.tsx'), 'Audit'),
      readByPage<typeof readAuditSearch>,
    ),
    page(
      '/app/jobs',
      lazyPart(() => import('./pages/developer/jobs.tsx'), 'Jobs'),
      readByPage<typeof readJobSearch>,
    ),
    page(
      '/app/errors',
      lazyPart(() => import('./pages/developer/errors.tsx'), 'Errors'),
      readNothing,
    ),
    page(
      '/app/webhooks',
      lazyPart(() => import('./pages/developer/webhooks.tsx'), 'Webhooks'),
      readByPage<typeof readWebhookSearch>,
    ),
    page(
      '/app/mails',
      lazyPart(() => import('./pages/developer/mails.tsx'), 'Mails'),
      readByPage<typeof readMailSearch>,
    ),
    page(
      '/app/server',
      lazyPart(() => import('./pages/developer/server.tsx'), 'Server'),
      readByPage<typeof readServerSearch>,
    ),
    page(
      '/app/overview',
      lazyPart(() => import('./pages/overview/overview.tsx'), 'Overview'),
      readByPage<typeof readOverviewSearch>,
    ),
    page(
      '/app/customers',
      lazyPart(() => import('./pages/customers/customers.tsx'), 'Customers'),
      readByPage<typeof readCustomerSearch>,
    ),
    page(
      '/app/revenue',
      lazyPart(() => import('./pages/revenue/revenue.tsx'), 'RevenuePage'),
      readByPage<typeof readRevenueSearch>,
    ),
    page(
      '/app/payouts',
      lazyPart(() => import('./pages/payouts/payouts.tsx'), 'Payouts'),
      readByPage<typeof readPayoutSearch>,
    ),
    page(
      '/app/denials',
      lazyPart(() => import('./pages/denials/denials.tsx'), 'DenialTotals'),
      readByPage<typeof readDenialSearch>,
    ),
    page(
      '/app/providers',
      lazyPart(() => import('./pages/providers/providers.tsx'), 'Providers'),
      readNothing,
    ),
    page(
      '/app/safety',
      lazyPart(() => import('./pages/safety/safety.tsx'), 'SafetyPage'),
      readByPage<typeof readSafetySearch>,
    ),
    page(
      '/app/catalogue',
      lazyPart(() => import('./pages/catalogue/catalogue.tsx'), 'Catalogue'),
      readNothing,
    ),
    page(
      '/app/brands',
      lazyPart(() => import('./pages/brands/brands.tsx'), 'Brands'),
      readByPage<typeof readBrandSearch>,
    ),
    page(
      '/app/dead-letters',
      lazyPart(() => import('./pages/dead-letters/dead-letters.tsx'), 'DeadLetters'),
      readByPage<typeof readDeadLetterSearch>,
    ),
    page(
      '/app/platform-audit',
      lazyPart(() => import('./pages/platform-audit/platform-audit.tsx'), 'PlatformAudit'),
      readByPage<typeof readPlatformAuditSearch>,
    ),
    page(
      '/app/products/$product/$page',
      lazyPart(() => import('./products/product-page.tsx'), 'ProductPage'),
      readProductSearch,
    ),
  ]),
  // What a page's own reader does not take from an address is not there.
  search: { strict: true },
  defaultNotFoundComponent: lazyPart(() => import('./pages/not-found/not-found.tsx'), 'NotFound'),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
