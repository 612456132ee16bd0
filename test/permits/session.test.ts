import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '@plinth/testkit/house/source';
import { testApp } from '@plinth/testkit/services/app';

/** The session of docs/permits.md, run as a reader would. */
const app = await testApp({ work: false });
const { key } = await app.customer('gateway.scale');

const page = readFileSync(join(ROOT, 'docs/permits.md'), 'utf8');
const [opening = '', ...blocks] = [...page.matchAll(/^```(?:sh|json)\n(.*?)^```$/gms)].map(
  ([, text = '']) => text,
);

const shell = async (command: string, ids: Record<string, string>): Promise<unknown> => {
  const here = `${opening}${command}`.replaceAll('127.0.0.1:6174', app.url.replace('http://', ''));
  const env = { PATH: process.env['PATH'], PLINTH_KEY: key, ...ids };
  return JSON.parse((await promisify(execFile)('bash', ['-ec', here], { env })).stdout);
};

/** Ids and times differ from one run to the next. */
const normalize = (answer: unknown): unknown =>
  JSON.parse(
    JSON.stringify(answer)
      .replaceAll(/"0[0-9a-f]{7}-[0-9a-f]{4}-7[0-9a-f-]{21}"/g, '"id"')
      .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"time"'),
  );

async function takePermit(): Promise<string> {
  const { body } = await app.call(key, 'POST /v1/permits', {
    body: { product: 'gateway', feature: 'external' },
    headers: { 'idempotency-key': 'another' },
  });
  return String(body['permit_id']);
}

test('the session in the docs is what really happens', async () => {
  const ids: Record<string, string> = { OTHER: await takePermit() };
  for (let at = 0; at < blocks.length; at += 2) {
    const answer = await shell(blocks[at] ?? '', ids);
    expect(normalize(answer)).toEqual(normalize(JSON.parse(blocks[at + 1] ?? '')));
    ids['PERMIT'] ??= (answer as { permit_id: string }).permit_id;
  }
  expect(blocks.length).toBeGreaterThan(10);
});
