import type { Figures } from './figures.ts';
import { benchChanges } from './vault/changes.ts';
import { benchTransfers } from './vault/transfers.ts';
import { benchVectors } from './vectors.ts';

/** Megabytes of the backup that goes up and down; the sandbox of S3 takes 512 MiB in one piece. */
const FOLDER_MB = 5_000;
const S3_MB = 500;

/** What Adiuva's storage costs: large bodies up and down, what has changed among many records, and the nearest of many vectors. `--mb 500`: smaller bodies. */
export async function benchVault(say: (line: string) => void, flags: readonly string[]): Promise<Figures> {
  const asked = flags.includes('--mb') ? Number(flags[flags.indexOf('--mb') + 1]) : Number.POSITIVE_INFINITY;
  return {
    folder: await benchTransfers({ home: 'folder', megabytes: Math.min(asked, FOLDER_MB), say }),
    s3: await benchTransfers({ home: 's3', megabytes: Math.min(asked, S3_MB), say }),
    changes: await benchChanges(say),
    vectors: await benchVectors(say),
  };
}
