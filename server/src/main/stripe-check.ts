import { createStripeClient, type SetupFinding, checkStripeSetup, SETUP_LINES } from '#platform/billing';
import type { Config, StripeSettings } from '#platform/config';
import { AppError, systemClock } from '#platform/kernel';
import { products } from '#products';
import type { Check } from '#platform/diagnosis';
import type { Catalogue } from '#platform/entitlements';
import { storedCatalogues } from '#platform/plans';
import type { InDatabase } from './database-check.ts';
import { OperatorError } from './operator-error.ts';

/** Needs of a server that sells through Stripe, a line each. */
export function stripeChecks(config: Config, inDatabase: InDatabase): Check[] {
  const { stripe } = config;
  if (stripe === undefined)
    return [{ name: 'Stripe', look: async () => 'STRIPE_SECRET_KEY is not set: nothing is sold here' }];
  const { account } = stripe;
  if (account === undefined) return [{ name: 'Stripe', look: async () => 'the sandbox: nobody pays' }];
  let looked: Promise<readonly SetupFinding[]> | undefined;
  return SETUP_LINES.map((name) => ({
    name,
    async look() {
      looked ??= cataloguesIn(inDatabase).then((catalogues) =>
        findings(config, catalogues, { ...stripe, account }),
      );
      const found = (await looked).find(({ of }) => of === name);
      if (found === undefined) throw new OperatorError('Not known, because the key is not accepted.');
      if (found.isWrong) throw new OperatorError(found.says);
      return found.says;
    },
  }));
}

/** All that is sold: products in source, and those that are plans alone where the database answers; a line of its own says where it does not. */
async function cataloguesIn(inDatabase: InDatabase): Promise<Catalogue[]> {
  const all = products.map(({ catalogue }) => catalogue);
  await inDatabase(async (db) => {
    all.push(...(await storedCatalogues(db)));
    return '';
  }).catch(() => '');
  return all;
}

type Selling = StripeSettings & { readonly account: NonNullable<StripeSettings['account']> };

/** Without a good key the rest is not known: only its own line is there. */
async function findings(
  config: Config,
  catalogues: readonly Catalogue[],
  { account, url, tax }: Selling,
): Promise<readonly SetupFinding[]> {
  const client = createStripeClient({ ...account, url });
  try {
    return await checkStripeSetup({
      client,
      catalogues,
      tax,
      baseUrl: config.baseUrl,
      webhookSecrets: account.webhookSecrets,
      connectWebhookSecrets: account.connectWebhookSecrets,
      longestGraceDays: config.longestGraceDays,
      now: systemClock.now,
    });
  } catch (error) {
    return [{ of: 'Stripe key', isWrong: true, says: saysOf(error, url) }];
  } finally {
    client.close();
  }
}

function saysOf(error: unknown, url: string): string {
  if (!(error instanceof AppError)) throw error;
  if (error.code === 'store_unavailable') return `${new URL(url).host} does not answer.`;
  return error.details?.['code'] === 'key_refused'
    ? 'STRIPE_SECRET_KEY is not accepted, or may not read what is needed (products, prices, webhook endpoints, events).'
    : `Stripe refuses (${String(error.details?.['code'])}).`;
}
