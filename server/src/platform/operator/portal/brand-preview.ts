import type { Billing, PriceList } from '#platform/billing';
import { type BrandDraft, type Brands, renderMail, renderSample, SERVER } from '#platform/brands';
import { type Entitlements, isRunning } from '#platform/entitlements';
import { renderPage } from '#platform/http';
import { AppError } from '#platform/kernel';
import { type Holdings, portalPage } from './pages.ts';

export interface BrandPreviewRequest extends BrandDraft {
  readonly show: 'mail' | 'page' | 'portal' | 'prices';
  /** Name of a mail's template. */
  readonly mail: string;
}

interface PreviewParts {
  readonly brands: Pick<Brands, 'draftOf'>;
  readonly billing: Pick<Billing, 'priceList' | 'pricePage'>;
  readonly entitlements: Pick<Entitlements, 'catalogues'>;
}

/** A mail or a page in a brand that is not stored. The server's brand is shown on the pages of the first product that runs. */
export async function previewBrand(
  { brands, billing, entitlements }: PreviewParts,
  product: string,
  { show, mail, ...draft }: BrandPreviewRequest,
) {
  const brand = await brands.draftOf(product, draft);
  if (show === 'mail') return renderMail({ product, mail, field: 'body.mail' }, brand);
  if (show === 'page') return renderSample(brand);
  const of = product === SERVER ? [...entitlements.catalogues.values()].find(isRunning)?.product : product;
  if (of === undefined) throw new AppError('not_found', { message: 'No product runs here.' });
  const page = show === 'prices' ? billing.pricePage(of) : portalPage(sampleHoldings(of, billing));
  return { subject: page.title, text: '', html: renderPage(page, brand).html };
}

const [RENEWS, ISSUED] = ['2030-02-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z'];
/** Share of each limit that the customer has used. */
const USED = 0.62;

/** A customer who does not exist, with the product's dearest plan. */
function sampleHoldings(product: string, billing: PreviewParts['billing']): Holdings {
  const prices = billing.priceList(product);
  const plan = prices.data.at(-1);
  const { monthly: total, currency } = plan?.price ?? { monthly: 0, currency: 'usd' };
  return {
    product,
    returnUrl: 'https://example.com/',
    formToken: '',
    held: { plan: plan?.id ?? null, plan_name: plan?.name ?? null, until: RENEWS },
    limits: usageOf(prices, product, plan?.id),
    prices: { ...prices, sold: true },
    subscription: undefined,
    topUps: [],
    withdrawal: undefined,
    invoices: [
      {
        number: 'A-0001',
        state: 'paid',
        currency,
        total,
        refunded: 0,
        url: 'https://example.com/',
        pdf_url: null,
        issued_at: ISSUED,
      },
    ],
    hasPaid: true,
    members: [
      { name: 'Ada Lovelace', role: 'owner' },
      { name: 'Grace Hopper', role: 'member' },
    ],
    keys: [{ id: '', name: 'Server', prefix: 'pl_1f3c', created_at: ISSUED, last_used_at: ISSUED }],
  };
}

const usageOf = (prices: PriceList, product: string, plan = ''): Holdings['limits'] =>
  (prices.comparison[product] ?? []).flatMap(({ name: limit, kind, plans }) => {
    const size = plans[plan];
    if (typeof size !== 'number' || kind === 'number') return [];
    return [{ product, limit, kind, max: size, used: Math.round(size * USED), resetsAt: RENEWS }];
  });
