import {
  type AccountId,
  AppError,
  type Attachment,
  commitPoint,
  managersOf,
  type ProductContext,
  type RunningJob,
  type SigningKeys,
  type Statement,
} from 'plinth/product';
import type { LicenseRow } from '../licenses/store.ts';
import type { LicenseViews } from '../licenses/views.ts';
import { licencesMails } from '../mails.ts';
import { licenseFile, type LicenseFile } from '../signing/license-file.ts';
import type { LifecycleEvent } from './apply.ts';

const TOLD = commitPoint('coditect.letters', 'the mails about a licence, each of them once');

/** Which of what becomes of a licence the platform's own mails do not tell. */
const TOLD_BY_US = ['issued', 'revived', 'renewed'] as const satisfies readonly LifecycleEvent[];
type NotifiedEvent = (typeof TOLD_BY_US)[number];

type Parts = Pick<ProductContext, 'db' | 'entitlements' | 'ids' | 'jobs' | 'mail'> & {
  readonly views: Pick<LicenseViews, 'row' | 'key'>;
  readonly keys: SigningKeys;
};

/** The mails about licences: written by a job of the commit that they tell of, because signing takes time. */
export interface Letters {
  /** The statements that leave the mails to a job, for the transaction of what they tell of. */
  enqueueing(accountId: AccountId, events: readonly LifecycleEvent[], version: number): readonly Statement[];
  write(job: RunningJob): Promise<void>;
}

const isTold = (event: string): event is NotifiedEvent => TOLD_BY_US.some((one) => one === event);

export function createLetters(parts: Parts): Letters {
  return {
    enqueueing: (accountId, events, version) =>
      events.filter(isTold).flatMap((event) =>
        parts.jobs.enqueueing(accountId, {
          kind: 'coditect.letters',
          lane: 'interactive',
          payload: { event, version: String(version) },
          requestId: parts.ids.next(),
        }),
      ),
    write: (job) => write(parts, job),
  };
}

/** Skip: the licence has changed, and that change sends its own mail, or the platform does. */
async function write(parts: Parts, job: RunningJob): Promise<void> {
  const { accountId, payload } = job;
  const { event = '', version = '' } = payload;
  const row = await presentRow(parts, accountId);
  if (!isTold(event) || row === undefined || row.status !== 'active') return;
  const about = {
    row,
    event,
    key: await parts.views.key(accountId),
    file: await licenseFile(parts.keys, row),
  };
  await parts.db.system('coditect.letters', TOLD, async (tx) => {
    const people = await tx.run(managersOf(accountId));
    const letters = people.flatMap(({ user_id: userId, email: to }) =>
      mailsOf(parts, { ...about, to: { to, accountId, userId, once: `${event} ${version} ${userId}` } }),
    );
    await tx.runAll(letters);
  });
  parts.mail.wake();
}

async function presentRow({ views }: Parts, accountId: AccountId): Promise<LicenseRow | undefined> {
  return views.row(accountId).catch((error: unknown) => {
    // The account was erased meanwhile.
    if (error instanceof AppError && error.code === 'license_not_found') return undefined;
    throw error;
  });
}

interface Letter {
  readonly row: LicenseRow;
  readonly event: NotifiedEvent;
  readonly key: string;
  readonly file: LicenseFile;
  readonly to: Pick<Parameters<ProductContext['mail']['sending']>[0], 'to' | 'accountId' | 'userId' | 'once'>;
}

function mailsOf({ mail, entitlements }: Parts, { row, event, key, file, to }: Letter): readonly Statement[] {
  const facts = {
    account: row.organization,
    plan: entitlements.catalogues.get('coditect')?.plans[row.tier]?.name ?? row.tier,
    seats: row.seats,
    until: instant(row.period_end),
  };
  const attachments = attachmentsOf(file);
  if (event === 'renewed') {
    const fresh = { ...to, template: licencesMails.subscription_renewed, facts, attachments };
    return mail.sending(fresh);
  }
  const { license_issued: issued, subscription_confirmed: confirmed } = licencesMails;
  return [
    ...mail.sending({
      ...to,
      template: issued,
      attachments,
      facts: { ...facts, until: instant(row.file_ends_at), key, machines: row.machines },
    }),
    ...mail.sending({
      ...to,
      once: `confirmed ${to.once}`,
      template: confirmed,
      facts: { ...facts, next: nextOf(row) },
    }),
  ];
}

function attachmentsOf({ bytes, signatures }: LicenseFile): Attachment[] {
  return [
    { name: 'license.json', type: 'application/json', content: bytes },
    ...signatures.map((of) => ({
      name: `license.${of.kind}.sig`,
      type: 'application/octet-stream',
      content: of.bytes,
    })),
  ];
}

function nextOf({ trial_ends_at: tried, next_billing_date: billed, now }: LicenseRow): string {
  if (tried !== null && tried > now)
    return `It is tried for nothing until ${instant(tried)}, and paid from then on.`;
  return billed === null ? 'It does not renew by itself.' : `It renews at ${instant(billed)}.`;
}

function instant(at: Date | null): string {
  return at === null ? 'further notice' : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
