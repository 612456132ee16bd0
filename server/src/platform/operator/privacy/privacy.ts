import { actorOf, type Audit, type AuditEvent, type RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Page, page } from '#platform/http';
import type { AccountId, Random } from '#platform/kernel';
import { checkedReleases, type ReleaseDeclaration } from './declaration.ts';
import { discreteLaplace, exactChance } from './discrete-laplace.ts';
import { makeReleases, type ReleaserParts, type ReleaseResult } from './releases.ts';
import * as store from './store.ts';

const CHANGED = commitPoint(
  'privacy.settings-changed',
  'whether an account counts in releases, and the audit event',
);
const POLICIES_SET = commitPoint(
  'privacy.policies-set',
  'accounts that an operator took out of releases, and their audit events',
);

/** Releases that a product reads at once: two years of months. */
const MOST_SHOWN = 24;

/** A release as operators see it: how it was made, and not what it shows. */
export interface ReleaseAudit extends Omit<store.Release, 'counts' | 'created_at'> {
  readonly shown: number;
  readonly released_at: string;
}

export interface PrivacySettings {
  /** Whether the account counts in what is released to all customers. */
  readonly platform_statistics: boolean;
  /** Since when; null: it does not. */
  readonly since: string | null;
}

/** A change of an account's settings, and its caller. */
export interface SettingsChange {
  readonly caller: Caller;
  readonly accountId: AccountId;
  readonly origin: RequestOrigin;
  readonly once: Once;
}

/** Differentially private releases of what accounts have in common (docs/privacy-releases.md). */
export interface Privacy {
  /** Whether a product has anything released. */
  readonly hasReleases: boolean;
  /** Makes what is missing of the releases of the last period. */
  release(): Promise<Readonly<Record<string, ReleaseResult>>>;
  /** Releases of a product, the newest first. Computes nothing and spends nothing. */
  readReleases(product: string): Promise<store.Release[]>;
  auditReleases(query: {
    readonly after: store.ReleasePosition | undefined;
    readonly limit: number;
  }): Promise<Page<ReleaseAudit>>;
  settings(accountId: AccountId): Promise<PrivacySettings>;
  /** Takes part from the next release on, or in none of them: what was kept of taking part is deleted. */
  changeSettings(by: SettingsChange, takesPart: boolean): Promise<Answer<PrivacySettings>>;
  /** Takes accounts out of releases, as an operator: in, they opt themselves. Answers those that took part. */
  optOut(
    by: Omit<SettingsChange, 'accountId'>,
    accountIds: readonly string[],
  ): Promise<Answer<{ readonly changed: AccountId[] }>>;
}

export interface PrivacyParts extends Pick<ReleaserParts, 'db' | 'log' | 'months'> {
  readonly audit: Audit;
  readonly random: Pick<Random, 'bytes'>;
  readonly declared: readonly (ReleaseDeclaration & { readonly product: string })[];
}

/** Throws where what products declare is not differentially private within the budget. */
export function createPrivacy(parts: PrivacyParts): Privacy {
  const { db, random } = parts;
  const releases = checkedReleases(parts.declared);
  const noise = discreteLaplace(exactChance(random));
  return {
    hasReleases: releases.length > 0,
    release: () => makeReleases({ ...parts, releases, noise }),
    async readReleases(product) {
      const [rows] = await db.system('privacy.read', [store.listReleases(product, { limit: MOST_SHOWN })]);
      return rows;
    },
    async auditReleases({ after, limit }) {
      const [rows] = await db.system('admin.privacy', [
        store.listReleases(null, { after, limit: limit + 1 }),
      ]);
      return page(rows, limit, {
        item: ({ counts, created_at, ...row }) => {
          return { ...row, shown: counts.length, released_at: created_at.toISOString() };
        },
        position: ({ starts_on, product }) => [starts_on, product],
      });
    },
    async settings(accountId) {
      const [rows] = await db.tenant(accountId, [store.participant(accountId)]);
      return settingsOf(rows);
    },
    changeSettings: (by, takesPart) => changeSettings(parts.audit, by, takesPart),
    optOut: ({ caller, origin, once }, accountIds) =>
      once(
        POLICIES_SET,
        async (tx) => {
          const rows = await tx.run(store.removeParticipants(accountIds as AccountId[]));
          const changed = rows.map(({ account_id: id }) => id).toSorted();
          const events = changed.map((accountId) => settingsChanged({ caller, accountId, origin }, false));
          await parts.audit.recordAllIn(tx, events);
          return answer(200, { changed });
        },
        { use: 'admin.privacy' },
      ),
  };
}

function changeSettings(
  audit: Audit,
  { caller, accountId, origin, once }: SettingsChange,
  takesPart: boolean,
): Promise<Answer<PrivacySettings>> {
  return once(CHANGED, async (tx) => {
    const [changed] = await tx.run(store.setParticipant(accountId, takesPart));
    if (changed !== undefined)
      await audit.recordIn(tx, settingsChanged({ caller, accountId, origin }, takesPart));
    return answer(200, settingsOf(await tx.run(store.participant(accountId))));
  });
}

function settingsChanged(
  { caller, accountId, origin }: Omit<SettingsChange, 'once'>,
  takesPart: boolean,
): AuditEvent {
  return {
    action: 'privacy.settings_changed',
    actor: actorOf(caller),
    accountId,
    target: { kind: 'account', id: accountId },
    changes: { platform_statistics: { before: !takesPart, after: takesPart } },
    origin,
  };
}

function settingsOf([row]: readonly { readonly created_at: Date }[]): PrivacySettings {
  return { platform_statistics: row !== undefined, since: row?.created_at.toISOString() ?? null };
}
