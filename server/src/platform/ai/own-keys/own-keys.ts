import { actorOf, type Audit } from '#platform/audit';
import { ConfigError } from '#platform/config';
import { commitPoint, createReadCache, type Database } from '#platform/db';
import type { Caller, Origin } from '#platform/http';
import { type AccountId, AppError, type Clock } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';
import type { Providers } from '../providers/providers.ts';
import { wrongAt } from '../settings.ts';
import { checkKey } from './check-key.ts';
import {
  accountsWithKeys,
  deleteKey,
  type KeyRow,
  keysOf,
  putKey,
  SEALED_KEY,
  sealedKeysOf,
} from './store.ts';
import type { OwnKeys } from './target.ts';

const SAVED = commitPoint('ai.provider-key-saved', 'a key of an account at a provider');
const DELETED = commitPoint('ai.provider-key-deleted', 'that an account has no key at a provider any more');

/** An account, or all of them, whose keys changed. */
const CHANGED = 'ai.provider-keys';
const ALL = 'all';
const ENDING = 4;

/** Fees in percent of the price, by the providers at which accounts may have keys. */
export type OwnKeyFees = ReadonlyMap<string, number>;

/** Throws ConfigError for a provider that is not there, or that knows its accounts by more than a key. */
export function ownKeyFees(
  { ownKeys = {} }: { readonly ownKeys?: Readonly<Record<string, { readonly fee: number }>> },
  providers: Pick<Providers, 'upstream'>,
): OwnKeyFees {
  const problems = Object.keys(ownKeys).flatMap((name) => {
    const upstream = providers.upstream(name);
    if (upstream === undefined) return [wrongAt(['own_keys', name], 'there is no such upstream.')];
    if (upstream.google === undefined) return [];
    return [wrongAt(['own_keys', name], 'its URL is of one project, which takes no key of another.')];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return new Map(Object.entries(ownKeys).map(([name, { fee }]) => [name, fee]));
}

export interface OwnKeyParts {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly audit: Audit;
}

/** The account of a change, and who makes it. */
export interface KeyRequest {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly origin: Origin;
}

/** A provider, and the account's key there. */
export interface OwnKeyView {
  readonly provider: string;
  /** null: the operator allows none there any more, and the key is not used. */
  readonly fee_percent: number | null;
  readonly key: {
    readonly ending: string;
    readonly checked: boolean;
    readonly set_by: string;
    readonly set_at: string;
  } | null;
}

/** Keys of accounts at providers: sealed, and never told again. */
export interface AccountKeys {
  /**
   * Those that calls of an account go out with; undefined: it has none. At once where the operator allows none. Changes are in effect in all
   * processes with their signal, and within 8 seconds where that is lost.
   */
  of(accountId: AccountId): OwnKeys | undefined | Promise<OwnKeys | undefined>;
  /** Every provider that the account may have a key at, or has one. */
  list(accountId: AccountId): Promise<OwnKeyView[]>;
  /** Throws `not_found`, `provider_key_invalid`, and `provider_unavailable`: then nothing is saved. */
  put(request: KeyRequest, provider: string, key: string): Promise<OwnKeyView>;
  /** Throws `not_found`. */
  remove(request: KeyRequest, provider: string): Promise<void>;
  close(): void;
}

interface AccountKeysParts {
  readonly ownKeyParts?: OwnKeyParts | undefined;
  readonly clock: Clock;
  readonly fees: () => OwnKeyFees;
  readonly providers: Pick<Providers, 'upstream'>;
}

/** Undefined in a process that keeps none. */
export const openAccountKeys = ({ ownKeyParts, ...parts }: AccountKeysParts): AccountKeys | undefined =>
  ownKeyParts && createAccountKeys({ ...parts, ...ownKeyParts });

function createAccountKeys({
  db,
  secrets,
  audit,
  clock,
  fees,
  providers,
}: OwnKeyParts & Omit<AccountKeysParts, 'ownKeyParts'>): AccountKeys {
  const accounts = createReadCache<ReadonlySet<AccountId>>({ db, clock, topic: CHANGED });
  const opened = createReadCache<ReadonlyMap<string, string>>({ db, clock, topic: CHANGED });

  let reading: Promise<ReadonlySet<AccountId>> | undefined;
  // A read that began before a change is joined by no later call.
  const stopHearing = db.onSignal(CHANGED, () => (reading = undefined));

  /** Calls of accounts without keys, nearly all, ask the database for nothing: those that have any are read at once, for all calls. */
  async function readAccounts(): Promise<ReadonlySet<AccountId>> {
    const [rows] = await db.system('ai.provider-keys', [accountsWithKeys()]);
    return new Set(rows.map(({ account_id: id }) => id));
  }

  async function readKeys(accountId: AccountId): Promise<ReadonlyMap<string, string>> {
    const [rows] = await db.system('ai.provider-keys', [sealedKeysOf(accountId)]);
    const open = (provider: string, sealed: string) =>
      secrets.open(sealed, SEALED_KEY.context(accountId, provider));
    return new Map(rows.map(({ provider, sealed }) => [provider, open(provider, sealed)]));
  }

  async function find(accountId: AccountId): Promise<OwnKeys | undefined> {
    const holders = await accounts.get(
      ALL,
      ALL,
      () => (reading ??= readAccounts().finally(() => (reading = undefined))),
    );
    if (!holders.has(accountId)) return undefined;
    const keys = await opened.get(accountId, accountId, () => readKeys(accountId));
    const allowed = fees();
    return new Map(
      [...keys].flatMap(([provider, key]) => {
        const fee = allowed.get(provider);
        return fee === undefined ? [] : [[provider, { key, fee }] as const];
      }),
    );
  }

  function changed(accountId: AccountId): void {
    db.signal(CHANGED, ALL);
    db.signal(CHANGED, accountId);
  }

  return {
    of: (accountId) => (fees().size === 0 ? undefined : find(accountId)),
    async list(accountId) {
      const [rows] = await db.tenant(accountId, [keysOf(accountId)]);
      const saved = new Set(rows.map(({ provider }) => provider));
      const others = [...fees().keys()].filter((provider) => !saved.has(provider));
      return [
        ...rows.map((row) => viewOf(row.provider, fees(), row)),
        ...others.map((provider) => viewOf(provider, fees(), undefined)),
      ];
    },
    async put(request, provider, key) {
      const { accountId, caller } = request;
      const at = fees().has(provider) ? providers.upstream(provider) : undefined;
      if (at === undefined) throw new AppError('not_found');
      const checked = await checkKey(at, key);
      const sealed = secrets.seal(key, SEALED_KEY.context(accountId, provider));
      const ending = key.slice(-ENDING);
      const row = await db.tenant(accountId, SAVED, async (tx) => {
        const [saved] = await tx.run(
          putKey(accountId, { provider, sealed, ending, checked, set_by: caller.userId }),
        );
        await audit.recordIn(tx, eventOf(request, 'provider_key.set', provider));
        return saved;
      });
      changed(accountId);
      return viewOf(provider, fees(), row);
    },
    async remove(request, provider) {
      const { accountId } = request;
      await db.tenant(accountId, DELETED, async (tx) => {
        const [gone] = await tx.run(deleteKey(accountId, provider));
        if (gone === undefined) throw new AppError('not_found');
        await audit.recordIn(tx, eventOf(request, 'provider_key.deleted', provider));
      });
      changed(accountId);
    },
    close() {
      stopHearing();
      accounts.close();
      opened.close();
    },
  };
}

const eventOf = ({ accountId, caller, origin }: KeyRequest, action: string, provider: string) => ({
  action,
  actor: actorOf(caller),
  accountId,
  target: { kind: 'provider', id: provider },
  origin,
});

function viewOf(provider: string, fees: OwnKeyFees, row: KeyRow | undefined): OwnKeyView {
  const key = row && {
    ending: row.ending,
    checked: row.checked,
    set_by: row.set_by,
    set_at: row.updated_at.toISOString(),
  };
  return { provider, fee_percent: fees.get(provider) ?? null, key: key ?? null };
}
