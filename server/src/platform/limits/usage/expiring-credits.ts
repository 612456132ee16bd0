import { commitPoint, type Database, statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import type { Catalogue } from '#platform/entitlements';
import type { Mail } from '#platform/mail';
import type { Webhooks } from '#platform/webhooks';
import { mailsOfExpiry } from './credit-mails.ts';

const TELL = commitPoint('limits.credits-expiring', 'credits that expire soon, told');

/** Rows of one commit. */
const BATCH = 200;

interface ExpiringRow {
  readonly account_id: AccountId;
  readonly id: string;
  readonly product: string;
  readonly limit: string;
  readonly remaining: number;
  readonly expires_at: Date | null;
}

/**
 * Stores an event and mails for credits that were given or bought and expire within seven days, each once. Those of a plan come and go with its
 * window, which `limit.alert` tells of. Rows that a charge has at this moment are left for the next run.
 */
export async function tellExpiringCredits({
  db,
  catalogues,
  mail,
  webhooks,
}: {
  readonly db: Database;
  readonly catalogues: readonly Catalogue[];
  readonly mail: Pick<Mail, 'sending' | 'wake'>;
  readonly webhooks: Pick<Webhooks, 'emitting' | 'wake'>;
}): Promise<number> {
  let told = 0;
  for (;;) {
    const rows = await db.system('limits.alerts', TELL, async (tx) => {
      const found = await tx.run(markExpiring());
      for (const { account_id: accountId, id, expires_at: at, product, limit, remaining } of found) {
        if (at === null) continue;
        const data = { product, limit, credits_id: id, remaining, expires_at: at.toISOString() };
        const productName = catalogues.find((one) => one.product === product)?.name ?? product;
        const credits = { accountId, id, product, productName, limit, remaining, expiresAt: at };
        const mails = await mailsOfExpiry(mail, tx, credits);
        await tx.runAll([...webhooks.emitting({ type: 'credits.expiring', accountId, id, data }), ...mails]);
      }
      return found.length;
    });
    told += rows;
    if (rows < BATCH) break;
  }
  if (told > 0) {
    webhooks.wake();
    mail.wake();
  }
  return told;
}

const markExpiring = () =>
  statement<ExpiringRow>(
    `update limits.credits c set expiry_told_at = app.now() from (
       select account_id, id from limits.credits
       where expiry_told_at is null and source in ('top_up', 'admin') and remaining > 0
         and expires_at > app.now() and expires_at <= app.now() + interval '7 days'
       order by expires_at limit $1 for update skip locked) as due
     where c.account_id = due.account_id and c.id = due.id
     returning c.account_id, c.id, c.product, c.name as limit, c.remaining, c.expires_at`,
    [BATCH],
  );
