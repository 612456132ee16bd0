import {
  type AccountId,
  actorOf,
  type Answer,
  AppError,
  type Caller,
  commitPoint,
  isUuid,
  type Once,
  type Origin,
  type Page,
  type ProductContext,
  timeList,
  type Transaction,
  versionedAnswer,
} from 'plinth/product';
import type { z } from 'zod';
import { fragmentOf, partOfKey } from '../licenses/key.ts';
import { keyHashes } from '../licenses/license.ts';
import { type ByHand, recordIn } from '../lifecycle/apply.ts';
import { settleIn, type SettlingParts } from '../lifecycle/lifecycle.ts';
import { lockLicense, type StoredLicense } from '../lifecycle/store.ts';
import { type foundLicenseReply, shownFound } from './replies.ts';
import {
  type FoundLicense,
  type LicenseSearch,
  type LicenseTerms,
  lockForAdmin,
  searchLicenses,
  setTerms,
  suspendByAdmin,
  unsuspendByAdmin,
} from './store.ts';

const CHANGED = commitPoint(
  'coditect.admin-changed',
  'what an operator said of a licence, its sessions and its audit',
);
const EXTENDED = commitPoint(
  'coditect.admin-extended',
  'a grant for longer, the licence, its audit and the answer to a repeat',
);
const DAY = 86_400_000;
/** Licences that the end of a key may name: four characters of 32. */
const MOST_OF_A_PART = 20;

type View = z.input<typeof foundLicenseReply>;

/** An operator's search, as it is asked for. */
export interface LicenseQuestion {
  readonly key?: string | undefined;
  readonly email?: string | undefined;
  readonly account_id?: string | undefined;
  readonly status?: LicenseSearch['status'];
  readonly tier?: string | undefined;
  readonly expires_before?: string | undefined;
  readonly expires_after?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Which licence an operator changes, and from which version on. */
export interface Change {
  readonly id: string;
  readonly version: number | undefined;
  readonly caller: Caller;
  readonly origin: Origin;
}

type Parts = SettlingParts & Pick<ProductContext, 'db' | 'secrets' | 'entitlements'>;

/** Licences of all accounts, for operators. */
export function createLicenseDesk(parts: Parts) {
  const { db, audit, entitlements } = parts;

  /** Changes a licence, under a lock. */
  function changeLicense(
    { id, version, caller, origin }: Change,
    note: string | undefined,
    change: (tx: Transaction, at: Present) => Promise<void>,
  ): Promise<Answer<View>> {
    const by: ByHand = { actor: actorOf(caller), origin, note };
    return db.system('coditect.admin', CHANGED, async (tx) => {
      const former = await lockedIn(tx, await ownerIn(tx, id));
      await change(tx, { former, found: await foundIn(tx, { id, version }), by });
      return answerIn(tx, id);
    });
  }

  return {
    async list(question: LicenseQuestion): Promise<Page<View>> {
      const { cursor, limit, ...filters } = question;
      const licenses = timeList('all licenses', filters);
      const [rows] = await db.system('coditect.admin', [
        searchLicenses(searchOf(parts, filters), { after: licenses.after(cursor), limit: limit + 1 }),
      ]);
      const { data, next_cursor } = licenses.page(rows, limit);
      return { data: data.map(shownFound), next_cursor };
    },

    /** Whose licence it is. Throws `not_found`. */
    async ownerOf(id: string): Promise<AccountId> {
      const [[found]] = await db.system('coditect.admin', [searchLicenses({ id }, { limit: 1 })]);
      if (found === undefined) throw new AppError('not_found');
      return found.account_id;
    },

    /** Accounts whose licence a text names: by its id, by the key, or by the end of one. */
    async accountsOf(text: string): Promise<AccountId[]> {
      const part = partOfKey(text);
      if (part === undefined && !isUuid(text)) return [];
      const search = part === undefined ? { id: text } : keySearch(parts, part);
      const [rows] = await db.system('coditect.admin', [searchLicenses(search, { limit: MOST_OF_A_PART })]);
      return rows.map(({ account_id: accountId }) => accountId);
    },

    /** Its sessions end, and no seat is taken until it is reinstated; payments do not change that. */
    suspend: (of: Change, reason: string) =>
      changeLicense(of, reason, async (tx, { former, found, by }) => {
        if (isSuspendedByAdmin(former)) return;
        await tx.run(suspendByAdmin(found.account_id));
        const { head, events } = await settleIn(parts, tx, { former, by });
        if (!events.includes('suspended'))
          await recordIn(audit, tx, { accountId: found.account_id, head, event: 'suspended', by });
      }),

    /** It is worth what its account holds: suspended on, where that is not paid. */
    reinstate: (of: Change) =>
      changeLicense(of, undefined, async (tx, { former, found, by }) => {
        if (!isSuspendedByAdmin(former)) return;
        await tx.run(unsuspendByAdmin(found.account_id));
        const { head, events } = await settleIn(parts, tx, { former, by });
        if (!events.includes('reinstated'))
          await recordIn(audit, tx, { accountId: found.account_id, head, event: 'reinstated', by });
      }),

    /**
     * Running sessions stay, also where they are more than the seats by now: none is admitted until it fits. They keep the minutes of work
     * without the server that they came with: what was handed out can't be taken back.
     */
    setTerms: (of: Change, wanted: Partial<LicenseTerms>) =>
      changeLicense(of, undefined, async (tx, { former, found, by }) => {
        const { account_id: accountId } = found;
        const present = { seats: found.seats_by_admin, offlineMinutes: found.offline_minutes };
        const terms = { ...present, ...wanted };
        const events = [
          ...(terms.seats === present.seats ? [] : (['seats_changed'] as const)),
          ...(terms.offlineMinutes === present.offlineMinutes ? [] : (['offline_changed'] as const)),
        ];
        if (events.length === 0) return;
        await tx.run(setTerms(accountId, terms));
        const next = { ...former, version: former.version + 1 };
        const { head } = await settleIn(parts, tx, { former: next, by });
        for (const event of events) await recordIn(audit, tx, { accountId, head, event, by });
      }),

    /** Gives the account the licence's plan until then, as any plan is given by hand: what the licence is worth follows from it. */
    async extend(of: Change & { readonly once: Once }, wanted: Extension): Promise<Answer<View>> {
      const { id, version, caller, origin, once } = of;
      const by: ByHand = { actor: actorOf(caller), origin };
      let announced: FoundLicense | undefined;
      const answered = await once(
        EXTENDED,
        async (tx) => {
          // Locks its row after the account's grants, in the order that a purchase does.
          await ownerIn(tx, id);
          const found = await foundIn(tx, { id, version });
          const until = untilOf(found, wanted);
          if (until === undefined || until.getTime() === found.period_end?.getTime())
            return versionedAnswer(found, shownFound(found));
          await entitlements.grantIn(tx, {
            accountId: found.account_id,
            product: 'coditect',
            plan: found.tier,
            source: 'admin',
            cause: 'an operator has the licence work for longer',
            until,
            by: by.actor,
            origin,
          });
          announced = found;
          const former = await lockedIn(tx, found.account_id);
          const { head } = await settleIn(parts, tx, { former, by });
          await recordIn(audit, tx, { accountId: found.account_id, head, event: 'extended', by });
          return answerIn(tx, id);
        },
        { use: 'coditect.admin' },
      );
      if (announced !== undefined) entitlements.announce(announced.account_id);
      return answered;
    },
  };
}

/** Until when: exactly, or so many days after what is paid for. */
export type Extension = { readonly until: string } | { readonly days: number };

interface Present {
  readonly former: StoredLicense;
  readonly found: FoundLicense;
  readonly by: ByHand;
}

type Which = Pick<Change, 'id' | 'version'>;

/** Whose licence it is, for as long as the transaction lasts one operator's alone. Throws `not_found`. */
async function ownerIn(tx: Transaction, id: string): Promise<AccountId> {
  const [owner] = await tx.run(lockForAdmin(id));
  if (owner === undefined) throw new AppError('not_found');
  return owner.account_id;
}

/** Throws `precondition_failed` for one of another version. */
async function foundIn(tx: Transaction, { id, version }: Which): Promise<FoundLicense> {
  const [found] = await tx.run(searchLicenses({ id }, { limit: 1 }));
  if (found === undefined) throw new AppError('not_found');
  if (version !== undefined && found.version !== version) throw new AppError('precondition_failed');
  return found;
}

/** Acquires and purchases wait for this lock, so that they see the licence as it is then. */
async function lockedIn(tx: Transaction, accountId: AccountId): Promise<StoredLicense> {
  const [former] = await tx.run(lockLicense(accountId));
  if (former === undefined) throw new AppError('not_found');
  return former;
}

async function answerIn(tx: Transaction, id: string): Promise<Answer<View>> {
  const [found] = await tx.run(searchLicenses({ id }, { limit: 1 }));
  if (found === undefined) throw new AppError('not_found');
  return versionedAnswer(found, shownFound(found));
}

const isSuspendedByAdmin = ({ status, status_reason: reason }: StoredLicense) =>
  status === 'suspended' && reason === 'admin';

/** Until when it is to work; undefined: nothing ends it as it is. Throws `conflict` where it works for longer already. */
function untilOf(found: FoundLicense, wanted: Extension): Date | undefined {
  const from = worksUntil(found);
  if (from === undefined) return undefined;
  if ('days' in wanted) return new Date(from.getTime() + wanted.days * DAY);
  const until = new Date(wanted.until);
  if (until < from)
    throw new AppError('conflict', { message: 'The licence works for longer than that already.' });
  return until;
}

/** Until when what the account holds lasts without a payment: a period that is not paid counts for its promised days alone. */
function worksUntil({
  machines,
  grace_ends_at: grace,
  period_end: end,
  now,
}: FoundLicense): Date | undefined {
  // Each plan with seats has machines, and an operator changes seats alone.
  if (machines === 0) return now;
  const last = grace ?? end ?? undefined;
  return last === undefined || last > now ? last : now;
}

function keySearch(parts: Parts, typed: string): Pick<LicenseSearch, 'keyHashes' | 'tails'> {
  const fragment = fragmentOf(typed);
  return 'key' in fragment ? { keyHashes: keyHashes(parts, fragment.key) } : fragment;
}

function searchOf(parts: Parts, filters: Omit<LicenseQuestion, 'cursor' | 'limit'>): LicenseSearch {
  const { key, email, account_id: accountId, status, tier, expires_before, expires_after } = filters;
  return {
    ...(key === undefined ? {} : keySearch(parts, key)),
    email,
    accountId,
    status,
    tier,
    expiresBefore: expires_before,
    expiresAfter: expires_after,
  };
}
