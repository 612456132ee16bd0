import { type Database, statement } from 'plinth/product';

interface RevocationRow {
  readonly license_id: string;
  readonly version: number;
  readonly revoked_at: Date;
}

/** More at once is no list for a client: it asks for its licence's status then. */
const MOST = 10_000;

const listed = statement<RevocationRow>(
  `select license_id, version, revoked_at from coditect.revocations
   where listed_until is null or listed_until > app.now() order by revoked_at desc, license_id limit $1`,
  [MOST],
);

/** Files that hold no more although their signatures and dates do, the newest first. */
export async function revokedFiles(db: Database): Promise<readonly RevocationRow[]> {
  const [rows] = await db.system('coditect.revocations', [listed]);
  return rows;
}
