import { type AccountId, type HtmlPage, htmlPage, type ProductContext, statement } from 'plinth/product';
import type { LicenseViews } from '../licenses/views.ts';

interface CheckoutRow {
  readonly account_id: AccountId;
  /** Paid, and what was bought is in effect: an account that had a licence before has one although it is not. */
  readonly complete: boolean;
  /** So many minutes ago that the page is over. */
  readonly over: boolean;
}

/** Whose a checkout session was. Its id is random, and known to the payer. */
const checkoutOf = (session: string) =>
  statement<CheckoutRow>(
    `select c.account_id, c.state = 'complete' and coalesce(h.machines, 0) > 0 as complete,
       c.state = 'complete' and c.updated_at < app.now() - interval '1 hour' as over
     from billing.checkouts c left join lateral coditect.head(c.account_id) h on true
     where c.store = 'stripe' and c.session = $1 and c.product = 'coditect' and c.state in ('open', 'complete')`,
    [session],
  );

const ELSEWHERE =
  'Owners and admins of the account find the licence key under <code>GET /v1/licenses</code>, and it was sent to them by mail.';
/** Looks again after a few seconds: the payment provider's message is on its way. */
const AGAIN = 'setTimeout(() => location.reload(), 3000);';

const PENDING = htmlPage({
  title: 'Thank you',
  content: '<p>Your payment is being confirmed. Your licence key will be shown here in a few seconds.</p>',
  script: AGAIN,
});
const OVER = htmlPage({
  title: 'This page is over',
  content: `<p>A licence key is shown here for an hour after the payment.</p>\n<p>${ELSEWHERE}</p>`,
});
export const CANCELED = htmlPage({
  title: 'Nothing was bought',
  content:
    '<p>You left the payment page, and nothing was charged. You can choose a plan again at any time.</p>',
});

/** The page after a payment: it shows the licence key for an hour to a holder of the checkout session's id. */
export async function successPage(
  { db, views }: Pick<ProductContext, 'db'> & { readonly views: Pick<LicenseViews, 'key' | 'row'> },
  session: string,
): Promise<HtmlPage> {
  const [[checkout]] = await db.system('coditect.checkout', [checkoutOf(session)]);
  if (checkout === undefined || checkout.over) return OVER;
  if (!checkout.complete) return PENDING;
  const row = await views.row(checkout.account_id);
  const key = await views.key(checkout.account_id);
  return htmlPage({
    title: 'Your licence key',
    content: `<p><output>${key}</output></p>
<p>It is for ${row.seats} machines at once. Keep it: it stays the same when the plan changes or is bought again.</p>
<p>${ELSEWHERE}</p>`,
  });
}
