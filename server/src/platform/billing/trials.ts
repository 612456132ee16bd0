import { statement } from '#platform/db';
import type { Catalogue, Plan } from '#platform/entitlements';
import type { Mode } from './payment-provider.ts';

/**
 * Those of some products that the account of the transaction may try, as far as it is known before a card is. `is_proven`: the
 * address of the account's maker is verified, so that a trial of it may begin without a card.
 */
export const triableProducts = (mode: Mode, products: readonly string[], mostPerPerson: number) =>
  statement<{ product: string; is_proven: boolean }>(
    'select product, billing.maker_is_proven() as is_proven from billing.triable($1, $2::text[], $3) as product',
    [mode, products, mostPerPerson],
  );

const isTried = ({ trialDays, hidden }: Plan) => trialDays !== undefined && hidden !== true;

/** Products with a plan that is sold with a trial. */
export function productsWithTrial(catalogues: readonly Catalogue[]): string[] {
  return catalogues.flatMap(({ product, plans }) => (Object.values(plans).some(isTried) ? [product] : []));
}
