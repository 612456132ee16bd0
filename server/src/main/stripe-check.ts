import {
  createStripeClient,
  type SetupFinding,
  checkStripeSetup,
  owedCurrencies,
  SETUP_LINES,
} from '#platform/billing';
import type { Config, StripeSettings } from '#platform/config';
import { AppError, systemClock } from '#platform/kernel';
import { products } from '#products';
import type { Check } from '#platform/diagnosis';
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
      looked ??= soldHere(inDatabase).then((sold) => findings(config, sold, { ...stripe, account }));
      const found = (await looked).find(({ of }) => of === name);
      if (found === undefined) throw new OperatorError('Not known, because the key is not accepted.');
      if (found.isWrong) throw new OperatorError(found.says);
      return found.says;
    },
  }));
}

type Sold = Pick<Parameters<typeof checkStripeSetup>[0], 'catalogues' | 'owedCurrencies'>;

/** All that is sold, and owed for it: of products in source, and where the database answers; a line of its own says where it does not. */
async function soldHere(inDatabase: InDatabase): Promise<Sold> {
  const catalogues = products.map(({ catalogue }) => catalogue);
  const owed: string[] = [];
  await inDatabase(async (db) => {
    catalogues.push(...(await storedCatalogues(db)));
    const [rows] = await db.system('billing.payouts', [owedCurrencies()]);
    owed.push(...rows.map(({ currency }) => currency));
    return '';
  }).catch(() => '');
  return { catalogues, owedCurrencies: owed };
}

type Selling = StripeSettings & { readonly account: NonNullable<StripeSettings['account']> };

/** Without a good key the rest is not known: only its own line is there. */
async function findings(
  config: Config,
  sold: Sold,
  { account, url, tax }: Selling,
): Promise<readonly SetupFinding[]> {
  const client = createStripeClient({ ...account, url });
  try {
    return await checkStripeSetup({
      ...sold,
      client,
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
