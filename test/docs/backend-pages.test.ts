import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '@plinth/testkit/house/source';
import { testApp } from '@plinth/testkit/services/app';
import { expect, test } from 'vitest';
import { openSellingApp } from '../selling/fixture.ts';

const app = await testApp({ work: false });
const run = promisify(execFile);

/** Code of a page: its plans, and its commands with the answer that the last line of each block is shown with. */
function blocksOf(page: string): readonly { readonly language: string; readonly code: string }[] {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
  return [...text.matchAll(/^```(sh|yaml|json)\n([^]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

test.each(['sell-credits.md', 'cap-spend.md', 'usage-to-billing.md', 'gdpr.md'])(
  'the commands of docs/%s are answered as it says',
  async (page) => {
    const { key } = await app.admin();
    const blocks = blocksOf(page);
    const document = blocks.find(({ language }) => language === 'yaml')?.code;
    if (document !== undefined)
      expect((await app.call(key, 'PUT /v1/admin/plans', { body: { document } })).status).toBe(200);
    const commands = blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);
    const script = commands.map((code) => `${code}\necho; echo END`).join('\n');
    const { stdout } = await run('bash', ['-c', script.replaceAll('127.0.0.1:6174', app.url)], {
      env: { ...process.env, PLINTH_KEY: key },
    });
    const answers = stdout.split('END\n').map(
      (said) =>
        said
          .trim()
          .split(/\n|(?<=\})(?=\{)/)
          .at(-1) ?? '',
    );
    const expected = blocks.filter(({ language }) => language === 'json');
    expect(expected).toHaveLength(commands.length);
    for (const [index, { code }] of expected.entries())
      expect(JSON.parse(answers[index] ?? '')).toMatchObject(JSON.parse(code));
  },
);

test('a customer of docs/backend.md pays and is refunded by curl alone', async () => {
  const selling = await openSellingApp();
  const { key } = await selling.admin();
  const blocks = blocksOf('backend.md').map(({ code }) => code);
  const [document = '', calls = '', pay = '', refund = ''] = [
    'products:',
    'plinth() {',
    'URL=',
    'ACCOUNT=',
  ].map((start) => blocks.find((code) => code.startsWith(start)));
  expect((await selling.call(key, 'PUT /v1/admin/plans', { body: { document } })).status).toBe(200);
  const [asFunction = ''] = calls.split('\n', 1);
  const sh = async (code: string, URL = '') => {
    const script = `${asFunction}\n${code}`
      .replaceAll('127.0.0.1:6174', selling.url)
      .replaceAll('sk_test_sandbox', selling.sandbox.secretKey);
    const env = { ...process.env, PLINTH_KEY: key, URL };
    const { stdout } = await run('bash', ['-c', script], { env });
    await selling.drainEvents();
    return stdout.trim().split('\n').at(-1) ?? '';
  };
  await sh('plinth customers/acme -X PUT -d "{}"');
  const url = await sh(`${pay}\necho; echo $URL`);
  await sh(refund, url);
  expect(await sh(refund.replace(/^plinth admin\/billing.*$/m, ''), url)).toBe('999');
});
