import type { AccountId } from '#platform/kernel';
import type { Catalogue, Entitlements } from '#platform/entitlements';
import { createCredits, type Limits } from '#platform/limits';
import type { Logger } from '#platform/telemetry';
import { createEndings, type Endings } from './endings/endings.ts';
import { createProjection, type ProjectionParts } from './projection/projection.ts';
import { createInbox, type Inbox, type InboxParts } from './inbox/inbox.ts';
import { createOverage, type OverageService } from './overage/service.ts';
import { type Billing, createBilling } from './service.ts';
import type { StripeConnection } from './providers/stripe/client.ts';
import { createStripeEnder } from './providers/stripe/ender.ts';
import { createStripeMeter } from './providers/stripe/meters.ts';
import { createStripeProvider } from './providers/stripe/provider.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions/service.ts';

export interface SalesParts
  extends ProjectionParts,
    Pick<InboxParts, 'db' | 'ids' | 'clock' | 'audit' | 'jobs'> {
  readonly catalogues: readonly Catalogue[];
  readonly entitlements: Entitlements;
  readonly limits: Limits;
  readonly log: Logger;
  /** The default account of the user with this email. */
  readonly accountByEmail: (email: string) => Promise<AccountId | undefined>;
  /** Where purchases are paid; undefined: nothing is sold here. */
  readonly stripe: StripeConnection | undefined;
}

/** What is sold, what payment providers say of it, and what follows. */
export interface Sales {
  readonly billing: Billing;
  readonly inbox: Inbox;
  readonly endings: Endings;
  readonly overage: OverageService;
  readonly subscriptions: Subscriptions;
}

/** Billing over the providers that the settings name. */
export function createSales(parts: SalesParts): Sales {
  const { stripe: link, entitlements, limits, clock, freeAccountsPerUser } = parts;
  const providers =
    link === undefined
      ? []
      : [{ provider: createStripeProvider({ link, clock }), readsPerSecond: link.readsPerSecond }];
  const inbox = createInbox({ ...parts, projection: createProjection(parts), providers: providers });
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
      provider: link && { mode: link.client.mode, meter: createStripeMeter(link.client) },
    }),
    subscriptions: createSubscriptions({
      ...parts,
      catalogues: entitlements.catalogues,
      refresh: (refs) => inbox.refresh('stripe', refs),
      notFitting: limits.notFitting,
    }),
  };
}
