import { apiFor, session, useAccount, useMe } from '@plinth/console';
import {
  createVault,
  memoryStore,
  openVault,
  type RecordProblem,
  type Vault,
  VaultError,
  type VaultRecord,
} from '@plinth/sdk/vault/index';
import { useSyncExternalStore } from 'react';

/** Tables that the assistant knows. It names no other one: what keeps keys, devices and playbooks is not its own. */
export const TABLES = ['tasks', 'projects', 'notes', 'checkpoints', 'comments'] as const;
export type Table = (typeof TABLES)[number];
/** Tables of these pages themselves. */
const OWN_TABLES = ['devices', 'playbooks'] as const;
export const ALL_TABLES = [...TABLES, ...OWN_TABLES] as const;

export type Fields = Readonly<Record<string, unknown>>;
export type OpenRecord = Omit<VaultRecord, 'value'> & { readonly value: Fields };

/** A vault that is open in this page, and its records in plaintext: in memory alone, until it is locked or the page is left. */
export interface OpenVault {
  /** The user and the account that it is of. */
  readonly owner: string;
  readonly vault: Vault;
  readonly records: readonly OpenRecord[];
  readonly problems: readonly RecordProblem[];
  /** A new recovery key, until its owner has written it down. */
  readonly recoveryKey?: string | undefined;
}

/** Ways to open a vault: a new one is made by its passphrase. */
export type Opening =
  | { readonly by: 'new' | 'passphrase'; readonly passphrase: string }
  | { readonly by: 'recovery'; readonly recoveryKey: string; readonly passphrase: string };

let opened: OpenVault | undefined;
const listeners = new Set<() => void>();

function set(next: OpenVault | undefined): void {
  opened = next;
  for (const listener of listeners) listener();
}

/** Forgets the keys and all that they have opened. */
export const lockVault = (): void => set(undefined);

session.subscribe(() => {
  if (session.isSignedIn() !== true) lockVault();
});

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** The vault of who is signed in, for the chosen account, where it is open; and how it is opened. */
export function useVault() {
  const userId = useMe().data?.id;
  const accountId = useAccount()?.account.id;
  const owner = `${userId} ${accountId}`;
  const present = useSyncExternalStore(subscribe, () => opened);
  return {
    open: present?.owner === owner ? present : undefined,
    unlock: async (by: Opening) => {
      if (accountId !== undefined) await unlock(by, { owner, accountId });
    },
  };
}

async function unlock(
  opening: Opening,
  { owner, accountId }: { readonly owner: string; readonly accountId: string },
): Promise<void> {
  const client = { ...apiFor(accountId), forAccount: apiFor };
  // Nothing is left in the browser: another person at this machine finds no sealed record either.
  const options = { client, accountId, store: memoryStore() };
  const { passphrase } = opening;
  const made = opening.by === 'new' ? await createVault(options, { passphrase }) : undefined;
  const by = opening.by === 'recovery' ? { recoveryKey: opening.recoveryKey } : { passphrase };
  const vault = made?.vault ?? (await openVault(options, by));
  if (opening.by === 'recovery') await vault.changePassphrase({ passphrase });
  await vault.sync();
  // A full or smaller plan takes no more records, and opens those that are there.
  await noteDevice(vault).catch(() => undefined);
  const shown = await readAll(vault);
  set({ owner, vault, ...shown, recoveryKey: made?.recoveryKey });
}

/** Seals which device has opened the vault: its session, by a name that its owner can change. */
async function noteDevice(vault: Vault): Promise<void> {
  const { data } = await apiFor(undefined).call('GET /v1/auth/sessions', { query: { limit: 100 } });
  const here = data.find(({ current }) => current);
  if (here === undefined) return;
  const known = (await vault.get('devices', here.id))?.value;
  const device = { name: here.name, ...(isFields(known) ? known : {}), opened_at: Date.now() };
  await vault.put('devices', device, here.id);
  await vault.sync();
}

/** Does something to an open vault, brings it in step with the server, and shows it as it is then, also where that failed. */
export async function changeVault<Result>(
  { vault }: OpenVault,
  work: (vault: Vault) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await work(vault);
    await vault.sync();
    return result;
  } catch (error) {
    // Another device has replaced the keys: these open nothing any more.
    if (error instanceof VaultError && error.code === 'locked') lockVault();
    throw error;
  } finally {
    const shown = await readAll(vault);
    if (opened?.vault === vault) set({ ...opened, ...shown });
  }
}

/** Shows a recovery key until it is written down. */
export function showRecoveryKey({ vault }: OpenVault, recoveryKey: string | undefined): void {
  if (opened?.vault === vault) set({ ...opened, recoveryKey });
}

async function readAll(vault: Vault): Promise<Pick<OpenVault, 'records' | 'problems'>> {
  const lists = await Promise.all(ALL_TABLES.map((table) => vault.list(table)));
  const records = lists.flat().flatMap((record) => {
    const { value } = record;
    return isFields(value) ? [{ ...record, value }] : [];
  });
  return { records, problems: await vault.problems() };
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const recordsOf = ({ records }: OpenVault, table: (typeof ALL_TABLES)[number]): OpenRecord[] =>
  records.filter((record) => record.table === table);

/** The words that a record goes by. */
export function titleOf(value: Fields): string {
  const words = [value['title'], value['name'], value['content']].find(
    (one) => typeof one === 'string' && one !== '',
  );
  return typeof words === 'string' ? words.slice(0, 120) : '–';
}
