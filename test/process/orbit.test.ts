import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createOpenAISandbox } from '#sandbox/openai';
import { atEndOfFile } from '@plinth/testkit/closing';
import { engine, temporaryFolder, testDatabase } from '@plinth/testkit/services';
import { type FollowedStream, follow } from '@plinth/testkit/fixtures/follow';
import { type Client, clientOf } from './client.ts';
import { retryUntilDone } from '@plinth/testkit/crash/client';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';

const TIMEOUT = 120_000;

afterAll(endAll);

/** What a customer does in Orbit at one of the processes. */
interface Node extends Client {
  readonly program: Program;
  follow(scope: string, lastEventId?: string): Promise<FollowedStream>;
}

interface Section {
  readonly id: string;
  readonly rank: string;
}

/** Two processes that answer and one that works, each the program itself, on one database. */
async function nodes(): Promise<{ readonly one: Node; readonly other: Node; stop(): Promise<void> }> {
  const { settings } = await testDatabase();
  const sandbox = await createOpenAISandbox();
  atEndOfFile(() => sandbox.close());
  const folder = temporaryFolder();
  const { url: base_url, apiKey: api_key } = sandbox;
  const upstream = { name: 'sandbox', base_url, api_key, models: ['sandbox-small', 'sandbox-large'] };
  const environment = { ...settings, DATA_DIR: folder, PORT: '0', AI_UPSTREAMS: JSON.stringify([upstream]) };
  const run = async (verb: string) => {
    const program = startProgram([verb], { cwd: folder, environment });
    await program.url();
    return program;
  };
  // The first start makes the owner, whose key the customer has.
  const first = await run('start');
  first.kill('SIGTERM');
  await first.ended;
  const { api_key: key } = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as {
    api_key: string;
  };
  const programs = await Promise.all(['serve', 'serve', 'worker'].map(run));
  const nodeOf = async (program: Program): Promise<Node> => {
    const url = await program.url();
    return {
      ...clientOf(url, key),
      program,
      follow: (scope, lastEventId) =>
        follow(`${url}/v1/scopes/${scope}/events`, {
          key,
          ...(lastEventId === undefined ? {} : { lastEventId }),
        }),
    };
  };
  const [one, other] = await Promise.all(programs.slice(0, 2).map(nodeOf));
  if (one === undefined || other === undefined) throw new Error('there are no two processes');
  return {
    one,
    other,
    async stop() {
      for (const program of programs) program.kill('SIGTERM');
      for (const program of programs) await program.ended;
    },
  };
}

async function create(by: Client, path: string, body: object): Promise<string> {
  const reply = await by.call(`POST ${path}`, { body });
  if (reply.status !== 201) throw new Error(`${path} answered ${JSON.stringify(reply.body)}`);
  return String(reply.body['id']);
}

async function scopeWith(by: Client, sections: number): Promise<string> {
  const scope = await create(by, '/v1/scopes', { title: 'A portal' });
  for (let n = 1; n <= sections; n += 1)
    await create(by, `/v1/scopes/${scope}/sections`, {
      type: 'other',
      title: `Part ${n}`,
      content: 'Words.',
    });
  return scope;
}

/** The ids of the changes that a reader is told, up to the one of this kind. */
async function toldUntil(reader: FollowedStream, kind: string): Promise<string[]> {
  const told: string[] = [];
  for (let one = await reader.next(); one !== undefined; one = await reader.next()) {
    if (one.event === 'change') told.push(one.id);
    if (one.data['kind'] === kind) break;
  }
  return told;
}

describe.runIf(engine === 'postgres')('Orbit in several processes', () => {
  test('200 parallel reorders at two of them come to one order, with all sections there', {
    timeout: TIMEOUT,
  }, async () => {
    const { one, other, stop } = await nodes();
    const scope = await scopeWith(one, 10);
    const read = async (by: Client) =>
      (await by.call(`GET /v1/scopes/${scope}/sections`)).body['data'] as readonly Section[];
    const ids = (await read(one)).map(({ id }) => id);
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const [section, after] = [ids[(n * 7_919) % 10], ids[(n * 7_919 + 3) % 10]];
        const body = { section_id: section, after: n % 5 === 0 ? null : after };
        const at = n % 2 === 0 ? one : other;
        const reply = await retryUntilDone(() =>
          at.call(`POST /v1/scopes/${scope}/sections/reorder`, { body }),
        );
        return reply.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    const [here, there] = [await read(one), await read(other)];
    expect(there).toEqual(here);
    expect(here.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    const ranks = here.map(({ rank }) => Buffer.from(rank));
    expect(ranks.toSorted((a, b) => Buffer.compare(a, b))).toEqual(ranks);
    expect(new Set(here.map(({ rank }) => rank)).size).toBe(ids.length);
    await stop();
  });

  test('a change at one is told at the other, and who was at one that is killed goes on there and misses nothing', {
    timeout: TIMEOUT,
  }, async () => {
    const { one, other, stop } = await nodes();
    const scope = await scopeWith(one, 0);
    const [near, far] = [await one.follow(scope), await other.follow(scope)];
    for (const [n, by] of [one, other].entries())
      await create(by, `/v1/scopes/${scope}/comments`, { body: `Comment ${n}.` });
    await one.call(`PATCH /v1/scopes/${scope}`, { body: { summary: 'What it is.' } });
    expect(await toldUntil(near, 'scope.updated')).toEqual(['2', '3', '4']);
    expect(await toldUntil(far, 'scope.updated')).toEqual(['2', '3', '4']);
    other.program.kill('SIGKILL');
    await other.program.ended;
    await create(one, `/v1/scopes/${scope}/comments`, { body: 'While they were away.' });
    const again = await one.follow(scope, '4');
    expect(await toldUntil(again, 'comment.added')).toEqual(['5']);
    for (const reader of [near, far, again]) reader.leave();
    await stop();
  });
});
