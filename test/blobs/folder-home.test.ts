import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createFolderHome } from '#platform/blobs';
import { systemClock, systemRandom } from '#platform/kernel';
import { createSecrets } from '#platform/secrets';
import { temporaryFolder } from '@plinth/testkit/closing';
import { MASTER_KEY } from '@plinth/testkit/people';
import { describe } from 'vitest';
import { homeTests, type OpenHome } from './home-tests.ts';

async function open(): Promise<OpenHome> {
  const home = createFolderHome({
    folder: join(temporaryFolder(), 'blobs'),
    baseUrl: () => 'http://127.0.0.1',
    secrets: createSecrets({ keys: [MASTER_KEY] }),
    clock: systemClock,
    random: systemRandom,
  });
  // Signed requests of a folder lead to this server, which hands it their bytes: uploads.test.ts.
  const sendPart: OpenHome['sendPart'] = async (part, body) => home.writePart?.(part, Readable.from([body]));
  return { home, sendPart };
}

describe('a home in a folder', () => homeTests(open));
