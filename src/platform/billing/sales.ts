import type { AccountId } from '#platform/kernel';
import type { Catalogue, Entitlements } from '#platform/entitlements';
import { createCredits, type Limits } from '#platform/limits';
import type { Logger } from '#platform/telemetry';
import { createEndings, type Endings } from './endings/endings.ts';
import { createFolding, type FoldingParts } from './projection/projection.ts';
import { createInbox, type Inbox, type InboxParts } from './inbox/inbox.ts';
import { createOverage, type Overages } from './overage/service.ts';
import { type Billing, createBilling } from './service.ts';
import type { StripeLink } from './providers/stripe/client.ts';
import { createStripeEnder } from './providers/stripe/ender.ts';
import { createStripeMeter } from './providers/stripe/meters.ts';
import { createStripeStore } from './providers/stripe/provider.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions/service.ts';

export interface SalesParts
  extends FoldingParts,
    Pick<InboxParts, 'db' | 'ids' | 'clock' | 'audit' | 'jobs'> {
  readonly catalogues: readonly Catalogue[];
  readonly entitlements: Entitlements;
  readonly limits: Limits;
  readonly log: Logger;
  /** The default account of the user with this email. */
  readonly accountByEmail: (email: string) => Promise<AccountId | undefined>;
  /** Where purchases are paid; undefined: nothing is sold here. */
  readonly stripe: StripeLink | undefined;
}

/** What is sold, what stores tell of it, and what follows. */
export interface Sales {
  readonly billing: Billing;
  readonly inbox: Inbox;
  readonly endings: Endings;
  readonly overage: Overages;
  readonly subscriptions: Subscriptions;
}

/** Billing over the stores that the settings name. */
export function createSales(parts: SalesParts): Sales {
  const { stripe: link, entitlements, limits, clock, freeAccountsPerUser } = parts;
  const stores =
    link === undefined
      ? []
      : [{ store: createStripeStore({ link, clock }), readsPerSecond: link.readsPerSecond }];
  const inbox = createInbox({ ...parts, folding: createFolding(parts), stores });
  return {
    inbox,
    billing: createBilling({
      ...parts,
      usage: limits.usage,
      credits: createCredits(parts),
      selling: link && { mode: link.client.mode, freeAccountsPerUser },
    }),
    endings: createEndings({
      ...parts,
      inbox,
      enders: link === undefined ? [] : [createStripeEnder(link.client)],
    }),
    overage: createOverage({
      ...parts,
      usage: limits.usage,
      store: link && { mode: link.client.mode, meter: createStripeMeter(link.client) },
    }),
    subscriptions: createSubscriptions({
      ...parts,
      catalogues: entitlements.catalogues,
      look: (refs) => inbox.look('stripe', refs),
      notFitting: limits.notFitting,
    }),
  };
}
