import { commitPoint, type Database, type Statement, statement, type Transaction } from '#platform/db';
import { AppError } from '#platform/kernel';
import { sealedCounts } from './count-sealed.ts';
import type { Secrets } from './secrets.ts';

const PROVEN = commitPoint('secrets.proven', 'the name of a master key that seals from now on');
const RETIRED = commitPoint(
  'secrets.retired',
  'the names of master keys under which nothing is sealed, gone',
);

/** Text of every proof; only that it opens matters. */
const SAID = 'sealed by Plinth';

interface Proof {
  readonly id: string;
  readonly proof: string;
}

const PROOFS = statement<Proof>('select id, proof from secrets.master_keys order by created_at, id');
const contextOf = (id: string) => `secrets.master_keys.proof/${id}`;

/**
 * Compares the master keys of this process with those that the database's secrets are sealed under, before anything is
 * sealed or opened with them. Throws `master_key_wrong` or `master_key_missing`, with a sentence for the operator.
 */
export async function checkKeys(db: Database, secrets: Secrets): Promise<void> {
  const known = await compareKeys(db, secrets);
  if (known.some(({ id }) => id === secrets.current)) return;
  await db.system('secrets.keys', PROVEN, (tx) => prove(tx, secrets));
}

/** The comparison alone: it writes nothing. Without secrets: there is no master key yet. */
export async function compareKeys(db: Database, secrets: Secrets | undefined): Promise<readonly Proof[]> {
  const [known, sealed] = await db.system('secrets.keys', [PROOFS, sealedCounts()]);
  compare(known, secrets);
  // A key that was forgotten, and a process that went on to seal under it.
  for (const { key_id } of sealed) if (key_id !== null) assertHere(key_id, secrets);
  return known;
}

/** Two processes that begin with different keys at once: the second finds the first one's, and is refused. */
async function prove(tx: Transaction, secrets: Secrets): Promise<void> {
  await tx.run(statement("select pg_advisory_xact_lock(hashtextextended('plinth master keys', 0))"));
  const known = await tx.run(PROOFS);
  compare(known, secrets);
  const id = secrets.current;
  await tx.run(
    statement('insert into secrets.master_keys (id, proof) values ($1, $2) on conflict do nothing', [
      id,
      secrets.seal(SAID, contextOf(id)),
    ]),
  );
}

function compare(known: readonly Proof[], secrets: Secrets | undefined): void {
  for (const { id } of known) assertHere(id, secrets);
  const wrong = secrets && known.find((proof) => !isOpenedBy(secrets, proof));
  if (wrong !== undefined) {
    throw new AppError('master_key_wrong', {
      message: `The master key "${wrong.id}" is not the one that sealed the secrets of this database. Put back the former one (docs/keys.md).`,
    });
  }
}

function assertHere(id: string, secrets: Secrets | undefined): void {
  if (secrets?.keyIds.includes(id) === true) return;
  throw new AppError('master_key_missing', {
    message: `Secrets of this database are sealed under the master key "${id}", which is not set here. Put it back into MASTER_KEYS, or the file master-keys into DATA_DIR (docs/keys.md).`,
  });
}

function isOpenedBy(secrets: Secrets, { id, proof }: Proof): boolean {
  try {
    return secrets.open(proof, contextOf(id)) === SAID;
  } catch (error) {
    if (error instanceof AppError && error.code === 'secret_unreadable') return false;
    throw error;
  }
}

/** Forgets all keys but those that seal something, and the sealing one. Answers the names of those that may go. */
export async function retireKeys(
  db: Database,
  { current }: Secrets,
  inUse: Statement<{ key_id: string | null }>,
): Promise<string[]> {
  return db.system('secrets.keys', RETIRED, async (tx) => {
    const used = (await tx.run(inUse)).map(({ key_id }) => key_id);
    const known = await tx.run(PROOFS);
    const idle = known.map(({ id }) => id).filter((id) => id !== current && !used.includes(id));
    await tx.runAll(idle.map((id) => statement('delete from secrets.master_keys where id = $1', [id])));
    return idle;
  });
}
