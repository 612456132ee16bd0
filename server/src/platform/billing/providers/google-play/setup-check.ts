import { type Database, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { type GooglePlayClient, statusOf } from './client.ts';

/** A line that says one thing is right, or what is `wrong` with it. */
export interface GooglePlayFinding {
  readonly of: 'Google Play' | 'Play orders' | 'Play purchases';
  readonly says: string;
  readonly isWrong: boolean;
}

/** An order that does not exist: Google says so to callers that it lets in, and nothing to others. */
const NOBODYS_ORDER = 'GPA.0000-0000-0000-00000';

/** Looks at what a server needs of Google Play. Throws `store_unavailable`. */
export async function checkGooglePlaySetup(client: GooglePlayClient): Promise<GooglePlayFinding[]> {
  const { packageName } = client;
  const voided = await tryAccess(() =>
    client.read((api) => api.purchases.voidedpurchases.list({ packageName, type: 1, maxResults: 1 })),
  );
  const orders = await tryAccess(() =>
    client.read((api) => api.orders.get({ packageName, orderId: NOBODYS_ORDER })),
  );
  return [keyFinding(voided, packageName), ordersFinding(orders)];
}

/** Google's answer: it was let in, it was not, or there is no such app. */
type Answered = 'let in' | 'not let in' | 'unknown';

async function tryAccess(asking: () => Promise<unknown>): Promise<Answered> {
  try {
    await asking();
    return 'let in';
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'store_refused') throw error;
    if (error.details?.['code'] === 'key_refused') return 'not let in';
    return error.details?.['code'] === 'applicationNotFound'
      ? 'unknown'
      : statusOf(error) === 404
        ? 'let in'
        : 'unknown';
  }
}

function keyFinding(answered: Answered, packageName: string): GooglePlayFinding {
  const of = 'Google Play';
  if (answered === 'let in') return { of, says: `purchases of ${packageName} can be read`, isWrong: false };
  const says =
    answered === 'unknown'
      ? `Google Play knows no app ${packageName}: look at GOOGLE_PLAY_PACKAGE.`
      : 'GOOGLE_PLAY_SERVICE_ACCOUNT may not read purchases: invite it in Play Console, Users and permissions.';
  return { of, says, isWrong: true };
}

function ordersFinding(answered: Answered): GooglePlayFinding {
  const of = 'Play orders';
  if (answered === 'let in')
    return { of, says: 'orders can be read: revenue is in the books', isWrong: false };
  const says =
    'The service account may not read orders: plans are had, and their money is in no report. Give it "View financial data" in Play Console.';
  return { of, says, isWrong: true };
}

/** Purchases that Google is about to take back. */
export async function checkUnacknowledged(db: Database): Promise<GooglePlayFinding> {
  const [[found]] = await db.system('billing.inbox', [lateAcknowledgements()]);
  const count = found?.count ?? 0;
  const of = 'Play purchases';
  if (count === 0) return { of, says: 'all are acknowledged', isWrong: false };
  const says = `${count} are not acknowledged, and Google gives the money back at ${found?.first?.toISOString() ?? 'any time'}. Does a worker run, and may the service account manage orders and subscriptions?`;
  return { of, says, isWrong: true };
}

/** Acknowledged within a minute, they had three days. */
const lateAcknowledgements = () =>
  statement<{ count: number; first: Date | null }>(
    `select count(*)::integer as count, min(acknowledge_by) as first from (
       select acknowledge_by from billing.subscriptions
       where store = 'google_play' and acknowledge_by is not null and state not in ('canceled', 'expired')
       union all select acknowledge_by from billing.invoices where store = 'google_play' and acknowledge_by is not null) due
     where acknowledge_by between app.now() and app.now() + interval '36 hours'`,
  );
