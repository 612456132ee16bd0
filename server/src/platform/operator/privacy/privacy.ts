import { actorOf, type Audit, type AuditEvent, type RequestOrigin } from '#platform/audit';
import { commitPoint } from '#platform/db';
import { type Answer, answer, type Caller, type Once, type Page, page } from '#platform/http';
import type { AccountId, Random, UserId } from '#platform/kernel';
import { checkedReleases, type ReleaseDeclaration } from './declaration.ts';
import {
  type DefaultAudience,
  defaultOf,
  defaultsToJson,
  readDefaults,
  setDefaultIn,
} from './default-levels.ts';
import { discreteLaplace, exactChance } from './discrete-laplace.ts';
import { makeReleases, type ReleaserParts, type ReleaseResult } from './releases.ts';
import * as store from './store.ts';

const CHANGED = commitPoint(
  'privacy.settings-changed',
  'whether an account counts in releases, default levels, and the audit event',
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

export interface PrivacySettings extends ReturnType<typeof defaultsToJson> {
  /** Whether the account counts in what is released to all customers. */
  readonly platform_statistics: boolean;
  /** Since when; null: it does not. */
  readonly since: string | null;
}

/** Settings that a change names; a default level that is null is none any more. */
export interface PrivacyChange {
  readonly takesPart?: boolean | undefined;
  /** The caller's own. */
  readonly ownDefault?: DefaultAudience | null | undefined;
  readonly accountDefault?: DefaultAudience | null | undefined;
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
  settings(accountId: AccountId, userId: UserId): Promise<PrivacySettings>;
  /** `takesPart`: from the next release on, or in none of them: what was kept of taking part is deleted. */
  changeSettings(by: SettingsChange, change: PrivacyChange): Promise<Answer<PrivacySettings>>;
  /** For whom something is that a member makes without a level. */
  defaultAudience(accountId: AccountId, userId: UserId): Promise<DefaultAudience>;
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
    async settings(accountId, userId) {
      const [rows, defaults] = await db.tenant(accountId, [
        store.participant(accountId),
        readDefaults({ accountId, userId }),
      ]);
      return { ...settingsOf(rows), ...defaultsToJson(defaults) };
    },
    async defaultAudience(accountId, userId) {
      const [rows] = await db.tenant(accountId, [readDefaults({ accountId, userId })]);
      return defaultOf(rows);
    },
    changeSettings: (by, change) => changeSettings(parts.audit, by, change),
    optOut: ({ caller, origin, once }, accountIds) =>
      once(
        POLICIES_SET,
        async (tx) => {
          const rows = await tx.run(store.removeParticipants(accountIds as AccountId[]));
          const changed = rows.map(({ account_id: id }) => id).toSorted();
          const events = changed.map((accountId) =>
            settingsChanged({ caller, accountId, origin }, takingPart(false)),
          );
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
  { takesPart, ownDefault, accountDefault }: PrivacyChange,
): Promise<Answer<PrivacySettings>> {
  const { userId } = caller;
  return once(CHANGED, async (tx) => {
    const before = defaultsToJson(await tx.run(readDefaults({ accountId, userId })));
    if (ownDefault !== undefined) await setDefaultIn(tx, { accountId, userId }, ownDefault);
    if (accountDefault !== undefined) await setDefaultIn(tx, { accountId, userId: null }, accountDefault);
    const after = defaultsToJson(await tx.run(readDefaults({ accountId, userId })));
    const [changed] = takesPart === undefined ? [] : await tx.run(store.setParticipant(accountId, takesPart));
    const changes = {
      ...changesOf(before, after),
      ...(changed === undefined || takesPart === undefined ? {} : takingPart(takesPart)),
    };
    if (Object.keys(changes).length > 0)
      await audit.recordIn(tx, settingsChanged({ caller, accountId, origin }, changes));
    return answer(200, { ...settingsOf(await tx.run(store.participant(accountId))), ...after });
  });
}

type Changes = NonNullable<AuditEvent['changes']>;
type Defaults = ReturnType<typeof defaultsToJson>;

const takingPart = (takesPart: boolean): Changes => ({
  platform_statistics: { before: !takesPart, after: takesPart },
});

const changesOf = (before: Defaults, after: Defaults): Changes =>
  Object.fromEntries(
    (['default_level', 'default_team_id', 'account_default_level'] as const)
      .filter((name) => before[name] !== after[name])
      .map((name) => [name, { before: before[name], after: after[name] }]),
  );

function settingsChanged(
  { caller, accountId, origin }: Omit<SettingsChange, 'once'>,
  changes: Changes,
): AuditEvent {
  return {
    action: 'privacy.settings_changed',
    actor: actorOf(caller),
    accountId,
    target: { kind: 'account', id: accountId },
    changes,
    origin,
  };
}

function settingsOf([row]: readonly { readonly created_at: Date }[]) {
  return { platform_statistics: row !== undefined, since: row?.created_at.toISOString() ?? null };
}
