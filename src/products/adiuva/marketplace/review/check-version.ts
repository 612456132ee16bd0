import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { commitPoint } from '#platform/db';
import type { Scanner } from '#platform/files';
import type { ProductContext, RunningJob } from '#platform/product';
import { checkPackage } from './check-package.ts';
import { previousVersion, storeReport, versionById } from './store.ts';

const CHECKED = commitPoint(
  'adiuva.plugin-checked',
  'the checklist of a version, and the files in its package',
);

/** Checks the package of a version that waits for review. Done again it finds the same. */
export async function checkVersion(
  { db, blobs, scanner }: Pick<ProductContext, 'db' | 'blobs'> & { readonly scanner: Scanner | undefined },
  { payload, signal }: RunningJob,
): Promise<void> {
  const [[row]] = await db.system('adiuva.review', [versionById(payload['version_id'] ?? '')]);
  if (row?.state !== 'pending_review' || row.upload_id === null || row.developer === null) return;
  const [[previous]] = await db.system('adiuva.review', [previousVersion(row.plugin_id)]);
  const folder = await mkdtemp(join(tmpdir(), 'plinth-plugin-'));
  try {
    const file = join(folder, 'package.zip');
    await pipeline(await blobs.open(row.developer, row.upload_id), createWriteStream(file), { signal });
    const { sha256, manifest, signature, public_key: publicKey } = row;
    const report = await checkPackage(
      {
        file,
        manifest,
        sha256,
        publicKey,
        signature: Buffer.from(signature, 'base64'),
        previous: previous && { manifest: previous.manifest, files: previous.files?.files ?? [] },
      },
      { scanner, signal },
    );
    await db.system('adiuva.review', CHECKED, [storeReport(row.id, report)]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
