import { commitPoint, type Database } from '#platform/db';
import { bytesOf, meanOf, readCentre, readEmbedding, signsOf } from './embeddings.ts';
import {
  beginCoding,
  type CollectionKey,
  dueCollections,
  endCoding,
  formerlyCoded,
  lockCoding,
  putSigns,
  sampleEmbeddings,
} from './store.ts';

const CENTRED = commitPoint('vectors.centred', 'the new centre of a collection that has grown');
const RECODED = commitPoint('vectors.recoded', 'some signs of a collection by its new centre');

/** Collections that one run takes up, embeddings that a mean is made of, and items whose signs are written at once. */
const AT_MOST = 100;
const SAMPLE = 4_096;
const BATCH = 500;

/**
 * Signs are worth most when they are taken against the mean: where embeddings have much in common, their signs by zero do as well.
 * The mean of the first thousands is none of what comes later, so a collection gets another centre each time that it has doubled. Its
 * signs follow batch by batch, and until then a search compares those by either centre with each other. A run that was killed is taken up by the next.
 */
export async function centreCollections(db: Database): Promise<number> {
  const [due] = await db.system('vectors.centre', [dueCollections(AT_MOST)]);
  for (const { account_id: accountId, id, recoding } of due) {
    if (!recoding) await chooseCentre(db, { accountId, id });
    await writeSigns(db, { accountId, id });
  }
  return due.length;
}

async function chooseCentre(db: Database, key: CollectionKey): Promise<void> {
  const [rows] = await db.system('vectors.centre', [sampleEmbeddings(key, SAMPLE)]);
  const mean = Buffer.from(bytesOf(meanOf(rows.map(({ embedding }) => readEmbedding(embedding)))));
  await db.system('vectors.centre', CENTRED, [beginCoding(key, mean.toString('base64'))]);
}

async function writeSigns(db: Database, key: CollectionKey): Promise<void> {
  let after: string | undefined = '';
  while (after !== undefined) after = await writeBatch(db, key, after);
}

/** Answers the last id that it wrote; none: all are written. */
async function writeBatch(db: Database, key: CollectionKey, after: string): Promise<string | undefined> {
  return db.system('vectors.centre', RECODED, async (tx) => {
    const [row] = await tx.run(lockCoding(key));
    // It was emptied, or is gone.
    if (row === undefined) return undefined;
    const centre = readCentre(row.centre);
    const rows = await tx.run(formerlyCoded(key, { coding: row.coding, after, limit: BATCH }));
    const signs = rows.map(({ id, embedding }) => ({ id, signs: signsOf(readEmbedding(embedding), centre) }));
    await tx.runAll([putSigns(key, row.coding, signs), ...(rows.length < BATCH ? [endCoding(key)] : [])]);
    return rows.length < BATCH ? undefined : rows.at(-1)?.id;
  });
}
