import { type DataRule, statement } from '#platform/db';
import { advance } from '../../factories.ts';
import { type Furnishings, makeHousehold, PASSWORD, type Person, workedOff } from '../people.ts';
import type { WalkedApp } from '../walked-app.ts';
import { markRows } from './mark-rows.ts';

let made = 0;
function newMarker(): string {
  made += 1;
  return `MARK${process.pid}X${made}`;
}

interface MarkedOptions {
  readonly rules: readonly DataRule[];
  readonly furnishings: Furnishings;
}

interface MarkedPerson {
  readonly owner: Person;
  readonly marker: string;
}

/** A user with one of everything in their organization, who has closed their account; each of their texts contains the marker. */
export async function createMarked(
  app: WalkedApp,
  { rules, furnishings }: MarkedOptions,
): Promise<MarkedPerson> {
  const marker = newMarker();
  const { owner, organization } = await makeHousehold(app, [], furnishings);
  await closeAccount(app, owner);
  // Jobs that waited are given up, and permits that were delegated are over: nothing of theirs is open any more.
  await workedOff(app);
  await advance(app.db, '1 day');
  await app.app.modules.limits.sweep();
  await changeAddress(app, owner, `${marker}@example.com`);
  await markRows(app.db, rules, { accounts: [organization, owner.own], users: [owner.userId], marker });
  return { owner, marker };
}

/** Replaces a user's address in every table. */
async function changeAddress({ db }: WalkedApp, person: Person, email: string): Promise<void> {
  const tables = [
    ['identity.users', 'email'],
    ['mail.messages', 'recipient'],
    ['accounts.invitations', 'email'],
    ['identity.email_tokens', 'email'],
  ];
  for (const [table, column] of tables) {
    const sql = `update ${table} set ${column} = $2 where lower(${column}) = lower($1)`;
    await db.asMigrator(statement(sql, [person.email, email]));
  }
}

/** Closes a person's account by their own call. */
export async function closeAccount({ url }: WalkedApp, { token }: Person): Promise<void> {
  const { status } = await fetch(`${url}/v1/me`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ password: PASSWORD }),
  });
  if (status !== 200) throw new Error(`an account could not be closed: ${status}`);
}
