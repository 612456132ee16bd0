import type { TextKey } from '../text/en.ts';

/** Drawn by `icons.tsx`. */
export type IconName =
  | 'audit'
  | 'catalogue'
  | 'developer'
  | 'home'
  | 'keys'
  | 'letters'
  | 'members'
  | 'plan'
  | 'product'
  | 'providers'
  | 'security'
  | 'usage';

export interface PageLink {
  readonly to: string;
  readonly text: TextKey;
  /** Shown to platform admins alone; the API holds these rights, and not this list. */
  readonly isOperators?: boolean;
}

/** One line of the navigation: it leads to its first page, and shows the others once one of them is open. */
interface Entry {
  readonly icon: IconName;
  /** Its name; undefined: its first page's. */
  readonly text?: TextKey;
  /** It stands at the operator's side. */
  readonly isOperators?: boolean;
  readonly pages: readonly PageLink[];
}

/** All pages that the navigation leads to, in its order. Tests and pictures go through them, too. */
export const ENTRIES: readonly Entry[] = [
  { icon: 'home', pages: [{ to: '/', text: 'nav.home' }] },
  {
    icon: 'usage',
    pages: [
      { to: '/app/usage', text: 'nav.usage' },
      { to: '/app/ledger', text: 'nav.ledger' },
    ],
  },
  {
    icon: 'plan',
    pages: [
      { to: '/app/plan', text: 'nav.plan' },
      { to: '/app/invoices', text: 'nav.invoices' },
    ],
  },
  { icon: 'keys', pages: [{ to: '/app/keys', text: 'nav.keys' }] },
  { icon: 'members', pages: [{ to: '/app/members', text: 'nav.members' }] },
  { icon: 'security', pages: [{ to: '/app/security', text: 'nav.security' }] },
  {
    icon: 'developer',
    text: 'nav.developer',
    pages: [
      { to: '/app/jobs', text: 'nav.jobs' },
      { to: '/app/errors', text: 'nav.errors' },
      { to: '/app/audit', text: 'nav.audit' },
      { to: '/app/webhooks', text: 'nav.webhooks', isOperators: true },
      { to: '/app/mails', text: 'nav.mails', isOperators: true },
      { to: '/app/server', text: 'nav.server', isOperators: true },
    ],
  },
  { icon: 'usage', isOperators: true, pages: [{ to: '/app/overview', text: 'nav.overview' }] },
  {
    icon: 'members',
    isOperators: true,
    pages: [
      { to: '/app/customers', text: 'nav.customers' },
      { to: '/app/denials', text: 'nav.denials' },
    ],
  },
  {
    icon: 'catalogue',
    isOperators: true,
    pages: [
      { to: '/app/catalogue', text: 'nav.catalogue' },
      { to: '/app/brands', text: 'nav.brands' },
    ],
  },
  {
    icon: 'plan',
    isOperators: true,
    pages: [
      { to: '/app/revenue', text: 'nav.revenue' },
      { to: '/app/payouts', text: 'nav.payouts' },
    ],
  },
  { icon: 'providers', isOperators: true, pages: [{ to: '/app/providers', text: 'nav.providers' }] },
  { icon: 'security', isOperators: true, pages: [{ to: '/app/safety', text: 'nav.safety' }] },
  { icon: 'letters', isOperators: true, pages: [{ to: '/app/dead-letters', text: 'nav.deadLetters' }] },
  { icon: 'audit', isOperators: true, pages: [{ to: '/app/platform-audit', text: 'nav.platformAudit' }] },
];
