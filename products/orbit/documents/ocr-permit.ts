import { type AccountId, type Permit, type ProductContext, usd, type UserId } from 'plinth/product';

const PRODUCT = 'orbit';
const FEATURE = 'ocr';
const LIMIT = 'ocr_pages';
/** Others may use up what is left between the look and the question. */
const TRIES = 3;
/** No provider is asked: the engine is our own, and costs nothing. */
const OWN = { provider: 'plinth', model: 'tesseract', priceVersion: 'none', reserve: usd('0') } as const;

/** A wish to have so many pages read. */
export interface OcrWish {
  readonly accountId: AccountId;
  readonly userId: UserId;
  readonly requestId: string;
  readonly pages: number;
}

/** A permit for as many of the pages as the month has left; undefined: for none. A job is to own it. */
export async function ocrPermit(
  { limits }: Pick<ProductContext, 'limits'>,
  { pages, ...wish }: OcrWish,
): Promise<Permit | undefined> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const units = Math.min(pages, await leftOf(limits, wish.accountId));
    if (units <= 0) return undefined;
    const asked = { ...wish, product: PRODUCT, feature: FEATURE, units, call: OWN, as: 'job' } as const;
    const admission = await limits.admit(asked);
    if (admission.kind === 'permit') return admission.permit;
    // Suspended, or not a member any more: no other number helps.
    if (admission.kind !== 'denied') return undefined;
  }
  return undefined;
}

async function leftOf(limits: ProductContext['limits'], accountId: AccountId): Promise<number> {
  const usage = await limits.usage(accountId);
  const row = usage.find(({ product, limit }) => product === PRODUCT && limit === LIMIT);
  return row === undefined ? 0 : row.max - row.used;
}
