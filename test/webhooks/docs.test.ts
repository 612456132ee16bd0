import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { temporaryFolder } from '@plinth/testkit/services';

const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const sample = (language: string) =>
  new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? '';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const former = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const body = '{"id":"msg_1","data":{"plan":"réel.pro"}}';

function headersOf(at: Date) {
  const signatures = [former, secret].map((one) => new Webhook(one).sign('msg_1', at, body));
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': signatures.join(' '),
  };
}

const fresh = headersOf(new Date());
const cases = [
  ['what the official package signed', { secret, headers: fresh, body }, true],
  ['what an overlapping secret signed', { secret: former, headers: fresh, body }, true],
  ['a changed body', { secret, headers: fresh, body: body.replace('pro', 'max') }, false],
  [
    'another secret',
    { secret: `whsec_${Buffer.alloc(32, 9).toString('base64')}`, headers: fresh, body },
    false,
  ],
  [
    'a signature that is no ASCII',
    { secret, headers: { ...fresh, 'webhook-signature': `v1,${'é'.repeat(44)}` }, body },
    false,
  ],
  [
    'a message of ten minutes ago',
    { secret, headers: headersOf(new Date(Date.now() - 600_000)), body },
    false,
  ],
] as const;

describe('the sample in Node', async () => {
  const file = join(temporaryFolder(), 'verify.mjs');
  writeFileSync(file, sample('js'));
  const { verified } = (await import(file)) as { verified: (...given: unknown[]) => unknown };

  test.each(cases)('judges %s as it should', (_what, given, isOurs) => {
    const judge = () => verified(given.secret, given.headers, given.body);
    if (isOurs) expect(judge()).toEqual(JSON.parse(body));
    else expect(judge).toThrow();
  });
});

describe('the sample in Python', () => {
  const file = join(temporaryFolder(), 'verify.py');
  writeFileSync(
    file,
    `${sample('python')}\nimport sys\ngiven = json.loads(sys.argv[1])\nprint(json.dumps(verified(given["secret"], given["headers"], given["body"].encode())))\n`,
  );

  test.each(cases)('judges %s as it should', async (_what, given, isOurs) => {
    const judged = promisify(execFile)('python3', [file, JSON.stringify(given)]);
    if (isOurs) expect(JSON.parse((await judged).stdout)).toEqual(JSON.parse(body));
    else await expect(judged).rejects.toThrow('ValueError');
  });
});
