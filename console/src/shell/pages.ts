import type { TextKey } from '../text/en.ts';

export interface PageLink {
  readonly to: string;
  readonly text: TextKey;
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
    ],
  },
  {
    text: 'nav.account',
    pages: [{ to: '/app/security', text: 'nav.security' }],
  },
  {
    text: 'nav.operator',
    isOperators: true,
    pages: [{ to: '/app/customers', text: 'nav.customers' }],
  },
];
