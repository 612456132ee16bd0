import type { TextKey } from '../text/en.ts';

export interface PageLink {
  readonly to: string;
  readonly text: TextKey;
  /** As of a group. */
  readonly isOperators?: boolean;
}

interface PageGroup {
  /** Its heading; undefined: it has none. */
  readonly text?: TextKey;
  /** Shown to platform admins alone; the API holds these rights, and not this list. */
  readonly isOperators?: boolean;
  readonly pages: readonly PageLink[];
}

/** All pages that the navigation leads to, in its order. Tests and pictures go through them, too. */
export const PAGE_GROUPS: readonly PageGroup[] = [
  {
    pages: [
      { to: '/', text: 'nav.home' },
      { to: '/app/ledger', text: 'nav.ledger' },
      { to: '/app/usage', text: 'nav.usage' },
    ],
  },
  {
    text: 'nav.account',
    pages: [
      { to: '/app/plan', text: 'nav.plan' },
      { to: '/app/invoices', text: 'nav.invoices' },
      { to: '/app/keys', text: 'nav.keys' },
      { to: '/app/members', text: 'nav.members' },
      { to: '/app/audit', text: 'nav.audit' },
      { to: '/app/security', text: 'nav.security' },
    ],
  },
  {
    text: 'nav.developer',
    pages: [
      { to: '/app/jobs', text: 'nav.jobs' },
      { to: '/app/errors', text: 'nav.errors' },
      { to: '/app/webhooks', text: 'nav.webhooks', isOperators: true },
      { to: '/app/mails', text: 'nav.mails', isOperators: true },
      { to: '/app/server', text: 'nav.server', isOperators: true },
    ],
  },
  {
    text: 'nav.operator',
    isOperators: true,
    pages: [
      { to: '/app/overview', text: 'nav.overview' },
      { to: '/app/customers', text: 'nav.customers' },
      { to: '/app/revenue', text: 'nav.revenue' },
      { to: '/app/payouts', text: 'nav.payouts' },
      { to: '/app/denials', text: 'nav.denials' },
      { to: '/app/providers', text: 'nav.providers' },
      { to: '/app/safety', text: 'nav.safety' },
      { to: '/app/catalogue', text: 'nav.catalogue' },
      { to: '/app/brands', text: 'nav.brands' },
      { to: '/app/dead-letters', text: 'nav.deadLetters' },
      { to: '/app/platform-audit', text: 'nav.platformAudit' },
    ],
  },
];
