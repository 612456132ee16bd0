import { createStripeClient } from '#platform/billing';
import type { Config } from '#platform/config';
import type { Problem } from '#platform/imports';
import { AppError } from '#platform/kernel';
import { OperatorError } from './operator-error.ts';
import type { ImportRow } from './send-rows.ts';

const LARGEST_PAGE = 100;

/**
 * Reads the customers of Stripe by pages, with STRIPE_KEY, the newest first: their name, email, first locale, and the id that `idFrom` names.
 * The number of a row is its place in that order. Metadata stays at Stripe.
 */
export async function* stripeRows(
  config: Config,
  idFrom: string,
): AsyncGenerator<ImportRow | Problem<string>> {
  const { STRIPE_KEY: secretKey = '' } = process.env;
  const mode = /^rk_(live|test)_\w+$/.exec(secretKey)?.[1];
  if (mode !== 'live' && mode !== 'test')
    throw new OperatorError(
      'STRIPE_KEY is not set to a restricted key of Stripe (rk_live_… or rk_test_…): make one that may read customers and nothing else.',
    );
  const url = config.stripe?.url ?? 'https://api.stripe.com';
  const client = createStripeClient({ secretKey, url, mode });
  let line = 0;
  let after: string | undefined;
  try {
    do {
      const starting = after === undefined ? {} : { starting_after: after };
      const { data, has_more: hasMore } = await client
        .read((stripe) => stripe.customers.list({ limit: LARGEST_PAGE, ...starting }))
        .catch(explainRefusal);
      for (const { id, name, email, preferred_locales: locales, metadata, livemode } of data) {
        line += 1;
        const externalId = idFrom.startsWith('metadata.') ? metadata[idFrom.slice(9)] : { id, email }[idFrom];
        if (externalId === undefined || externalId === null || externalId === '') {
          yield { line, code: 'field_missing', field: `${id} ${idFrom}` };
          continue;
        }
        const locale = locales?.[0];
        const fields = { name, email, ...(locale === undefined ? {} : { locale }) };
        const given = Object.entries(fields).filter(([, value]) => value !== null && value !== '');
        const item = { external_id: externalId, ...Object.fromEntries(given) };
        yield { line, key: externalId, item, stripe: { customer: id, livemode } };
      }
      after = hasMore ? data.at(-1)?.id : undefined;
    } while (after !== undefined);
  } finally {
    client.close();
  }
}

function explainRefusal(cause: unknown): never {
  const isRefused = cause instanceof AppError && cause.details?.['code'] === 'key_refused';
  if (!isRefused) throw cause;
  throw new OperatorError('Stripe refuses STRIPE_KEY: it is no key of its, or may not read customers.', {
    cause,
  });
}
