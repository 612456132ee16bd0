import { expect, test } from 'vitest';
import { tablesWith } from '@plinth/testkit/walkers/erasure/dump';
import { refusalOf } from '@plinth/testkit/fixtures/calls';
import { openMemory } from '../fixture.ts';
import { askFor, extract, patternsOf, sayVariant, VARIANTS, waitForJob } from './fixture.ts';

const memory = await openMemory();

test('what recurs is found with the places where it was said, and found again it is the same', async () => {
  const ada = await memory.rememberer();
  for (const [variant] of VARIANTS.entries()) await sayVariant(ada, variant);
  await extract(ada);
  const found = await patternsOf(ada);
  expect(found).toMatchObject([
    { kind: 'practice', sessions: 3, tools: [], confidence: 0.75 },
    {
      kind: 'problem_solution',
      sessions: 3,
      tools: ['poetry'],
      texts: ['ModuleNotFoundError: No module named "redis"', '`poetry install` brings it.'],
    },
    {
      kind: 'workflow',
      sessions: 3,
      tools: ['terraform'],
      title: 'terraform fmt → terraform validate → terraform plan',
    },
  ]);
  for (const { id } of found) {
    const { body } = await ada.call(`GET /v1/patterns/${id}`);
    const sources = body['sources'] as readonly {
      readonly session_id: string;
      readonly quotes: readonly {
        readonly message_id: string;
        readonly span: [number, number];
        readonly text: string;
      }[];
    }[];
    expect(sources).toHaveLength(3);
    for (const { session_id: session, quotes } of sources) {
      const said = (await ada.call(`GET /v1/sessions/${session}/messages?limit=100`)).body[
        'data'
      ] as readonly {
        readonly id: string;
        readonly text: string;
      }[];
      for (const { message_id: message, span, text } of quotes) {
        const written = said.find((one) => one.id === message)?.text.slice(...span) ?? '';
        // A step is shown without what differs from time to time.
        expect(written.startsWith(text.split(' ', 2).join(' '))).toBe(true);
      }
    }
  }
  await extract(ada);
  const again = await patternsOf(ada);
  expect(again.map(({ id }) => id)).toEqual(found.map(({ id }) => id));
  expect(again.map(({ occurrences }) => occurrences)).toEqual(found.map(({ occurrences }) => occurrences));
  expect(await tablesWith(memory.db, 'brings it')).toEqual([]);
});

test('two extractions at once make each pattern once, and a third session joins them', async () => {
  const ada = await memory.rememberer();
  for (const variant of [0, 1]) await sayVariant(ada, variant);
  const jobs = await Promise.all([askFor(ada), askFor(ada)]);
  await Promise.all(jobs.map((job) => waitForJob(ada, job)));
  const found = await patternsOf(ada);
  expect(found.map(({ kind, sessions }) => [kind, sessions])).toEqual([
    ['practice', 2],
    ['problem_solution', 2],
    ['workflow', 2],
  ]);
  await sayVariant(ada, 2);
  await extract(ada);
  expect((await patternsOf(ada)).map(({ id, sessions }) => [id, sessions])).toEqual(
    found.map(({ id }) => [id, 3]),
  );
});

test('a call with an Idempotency-Key asks for one job, and names no session that its caller may not read', async () => {
  const ada = await memory.rememberer();
  const bob = await memory.colleagueOf(ada);
  const ask = () =>
    memory.call(ada.key, 'POST /v1/patterns/extract', { body: {}, headers: { 'idempotency-key': 'once' } });
  expect((await ask()).body).toEqual((await ask()).body);
  expect(await memory.count(ada, 'jobs.jobs', "kind = 'coditect.patterns'")).toBe(1);
  const session_ids = [await sayVariant(bob, 0)];
  const refused = await ada.call('POST /v1/patterns/extract', { session_ids });
  expect(refusalOf(refused)).toMatchObject({ status: 404, code: 'memory_session_not_found' });
});

test('a megabyte of nonsense costs a bounded part of what was said', async () => {
  const ada = await memory.rememberer();
  const nonsense = [
    '$ git commit\n'.repeat(70_000),
    'Error: a b c d '.repeat(60_000),
    'Always keep it. '.repeat(60_000),
    '`'.repeat(999_999),
    '```\n'.repeat(240_000),
  ];
  for (const [n, text] of nonsense.entries())
    await ada.say(await ada.session(`s${n}`), { client_id: '1', text: text.slice(0, 999_999) });
  for (const variant of [0, 1]) await sayVariant(ada, variant);
  const begun = performance.now();
  await extract(ada);
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect((await patternsOf(ada)).map(({ kind }) => kind)).toEqual([
    'practice',
    'problem_solution',
    'workflow',
  ]);
});
