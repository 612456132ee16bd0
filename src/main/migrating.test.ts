import { expect, test, vi } from 'vitest';
import { readConfig } from '#platform/config';
import { temporaryFolder } from '#test/services';
import { migrate } from './migrating.ts';

test('migrate status says what migrate up would apply, and applies nothing', {
  timeout: 60_000,
}, async () => {
  const config = readConfig({ NODE_ENV: 'test', DATA_DIR: temporaryFolder() });
  let said = '';
  const writing = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  const run = async (...words: string[]) => {
    said = '';
    expect(await migrate({ config, version: 'test', words })).toBe(0);
    return said;
  };
  try {
    const pending = await run('status');
    expect(pending).toMatch(/^(pending {2}\w+\/\d{4}_\w+\n)+(pending {2}\w+\/functions\n)+$/);
    expect(await run('up')).toBe(pending.replaceAll('pending', 'applied'));
    expect(await run('status')).toBe('The database is up to date.\n');
  } finally {
    writing.mockRestore();
  }
});
