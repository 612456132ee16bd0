import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '#platform/config';
import { temporaryFolder } from '@plinth/testkit/services';
import { expect, test } from 'vitest';
import { signInLine, whyNoLink } from './console-link.ts';

test('without an owner, without a server and in production there is no link, and it is said what to do', () => {
  const { dataDir } = readConfig({ DATA_DIR: temporaryFolder() });
  const [url, environment] = ['http://127.0.0.1:6174', 'development'] as const;
  expect(whyNoLink({ environment: 'production', dataDir }, url)).toContain('plinth admin invite');
  expect(whyNoLink({ environment, dataDir }, url)).toContain('There is no local owner');
  writeFileSync(join(dataDir, 'owner.json'), '{}');
  expect(whyNoLink({ environment, dataDir }, undefined)).toContain('No server of');
  expect(whyNoLink({ environment, dataDir }, url)).toBeUndefined();
});

test('a link leads to PUBLIC_URL, else to this machine by its name', () => {
  const config = readConfig({ DATA_DIR: temporaryFolder() });
  expect(signInLine(config, 'http://127.0.0.1:6174')).toContain('  http://localhost:6174/app/sign-in#code=');
  const proxied = { ...config, publicUrl: 'https://plinth.localhost' };
  expect(signInLine(proxied, 'http://127.0.0.1:6174')).toContain(
    '  https://plinth.localhost/app/sign-in#code=',
  );
});
