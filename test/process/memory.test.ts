import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atEndOfFile } from '@plinth/testkit/closing';
import { filesWith } from '@plinth/testkit/walkers/erasure/dump';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { clientOf } from './client.ts';
import { endAll, startProgram } from '@plinth/testkit/program';

const folder = mkdtempSync(join(tmpdir(), 'plinth-memory-'));
atEndOfFile(() => {
  endAll();
  rmSync(folder, { recursive: true, force: true });
});

/** All words that only their author may read begin so. */
const STEM = 'xqvwzjkqx';
const marks: string[] = [];
function mark(): string {
  const [first, second] = [Math.floor(marks.length / 10), marks.length % 10];
  const word = `${STEM}${'bcdfghjkmp'.charAt(first)}${'bcdfghjkmp'.charAt(second)}`;
  marks.push(word);
  return word;
}

test('of memory, its graph, patterns and questions no word stands in the files of the database or in the log', async () => {
  const program = startProgram(['start'], {
    cwd: folder,
    environment: { DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'debug' },
  });
  const url = await program.url();
  const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Record<string, string>;
  const client = clientOf(url, String(owner['api_key']));
  const call = async (called: string, body?: object): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await client.call(called, body === undefined ? {} : { body });
    expect([called, answer.status < 300, answer.body]).toEqual([called, true, answer.body]);
    return answer.body;
  };
  const [file, other, path] = [`src/${mark()}.ts`, `src/${mark()}.ts`, `docs/${mark()}.md`];
  const rule = `Always ask ${mark()} and ${mark()} about ${mark()} first.`;
  const sessions: string[] = [];
  for (const name of ['unsealed-one', 'unsealed-two']) {
    const { id } = await call('POST /v1/sessions', { client_id: name, title: mark() });
    sessions.push(String(id));
    const message = {
      client_id: 'm',
      role: 'user',
      speaker: mark(),
      text: `${rule} ${mark()} ${file} ${other}`,
    };
    await call(`POST /v1/sessions/${String(id)}/messages`, { messages: [message] });
  }
  const texts = { title: mark(), context: mark(), rationale: mark(), consequences: mark() };
  const { id: decision } = await call('POST /v1/decisions', { client_id: 'd', ...texts });
  await call(`POST /v1/decisions/${String(decision)}/links`, { type: 'implements', path });
  await call('POST /v1/context/technical', { name: 'doc', text: mark() });
  await call('POST /v1/graph/merges', { source: file, target: other });
  const { job_id: job } = await call('POST /v1/patterns/extract', {});
  await waitFor(async () => (await call(`GET /v1/jobs/${String(job)}`))['status'] === 'done');
  const [pattern] = (await call('GET /v1/patterns'))['data'] as readonly { readonly id: string }[];
  const title = mark();
  await call(`PATCH /v1/patterns/${String(pattern?.id)}`, { title });
  await call(`POST /v1/sessions/${String(sessions[0])}/export`, {});
  const found = await call(
    `GET /v1/context/relevant?query=${marks.join('%20')}%20${mark()}&budget_tokens=2000`,
  );
  expect(found['turns']).toHaveLength(2);
  const { nodes } = await call(`GET /v1/graph/query?file=${encodeURIComponent(file)}&depth=4`);
  expect(JSON.stringify(nodes)).toContain(title);
  await client.call(`GET /v1/graph/query?file=${mark()}`);
  for (const figures of [
    'analytics/tenants',
    'analytics/patterns',
    'analytics/anomalies',
    'admin/compliance/reports',
  ])
    await call(`GET /v1/${figures}`);
  program.kill('SIGTERM');
  await program.ended;
  // An unsealed text is found there.
  expect(await filesWith(folder, 'unsealed-one')).not.toEqual([]);
  expect(await filesWith(folder, STEM)).toEqual([]);
  expect(program.said()).not.toContain(STEM);
});
