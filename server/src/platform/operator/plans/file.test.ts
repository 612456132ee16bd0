import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/services';
import { readPlansFile } from './index.ts';

const path = join(temporaryFolder(), 'plinth.plans.yaml');
const read = (bytes: Buffer | string) => {
  writeFileSync(path, bytes);
  return readPlansFile({ path, isNamed: true });
};

test.each([
  ['UTF-16', Buffer.from('\ufeffproducts: {}', 'utf16le')],
  ['Latin-1', Buffer.from('products: { notes: { name: Zürich } }', 'latin1')],
  ['with a NUL', 'products: {}\0'],
])('a file of plans in %s is refused by its name', async (_, bytes) => {
  await expect(read(bytes)).rejects.toThrow(`PLANS_FILE ${path}: it is no text in UTF-8. Save it as UTF-8.`);
});

test('one in UTF-8 is read as it is', async () => {
  expect(await read('\ufeffproducts: { notes: { name: Zürich } }')).toContain('Zürich');
});
