import { expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { seed } from '../../../server/src/main/seed.ts';
import { temporaryFolder } from '@plinth/testkit/services';
import { orbitFixture } from './fixture.ts';

const fixture = await orbitFixture();
const config = readConfig({ NODE_ENV: 'test', PORT: '0', DATA_DIR: temporaryFolder() });
const run = (...words: readonly string[]) => seed({ config, version: 'test', words });

type Item = Readonly<Record<string, unknown>>;

test('a demo workspace is filled by the calls that any client makes, and once', async () => {
  const { owner, viewer } = await fixture.workspace();
  const words = [`url=${fixture.url}/`, `key=${owner.by.key}`];
  expect(await run(...words)).toBe(0);
  const list = async () => (await viewer.get('/v1/scopes?limit=100')).body['data'] as Item[];
  const scopes = await list();
  expect(new Set(scopes.map(({ status }) => status))).toEqual(
    new Set(['draft', 'in_review', 'approved', 'sent']),
  );
  const sent = scopes.find(({ status }) => status === 'sent');
  const whole = await viewer.get(`/v1/scopes/${String(sent?.['id'])}`);
  expect((whole.body['sections'] as Item[]).map(({ type }) => type)).toContain('budget');
  const listOf = async (path: string) => (await viewer.get(path)).body['data'] as Item[];
  const id = String(sent?.['id']);
  const threads = await listOf(`/v1/scopes/${id}/comments`);
  expect(threads.map(({ replies }) => (replies as Item[]).length).toSorted((a, b) => a - b)).toEqual([0, 1]);
  expect(threads.every(({ section_id: section }) => section !== null)).toBe(true);
  const [brief] = await listOf(`/v1/documents?scope_id=${id}`);
  const read = await viewer.get(`/v1/documents/${String(brief?.['id'])}/status?wait=20`);
  expect(read.body).toMatchObject({ status: 'completed', pages: 1 });
  expect(await listOf('/v1/templates?visibility=workspace')).toHaveLength(1);
  expect(await run(...words)).toBe(0);
  expect(await list()).toEqual(scopes);
  expect(await listOf('/v1/templates?visibility=workspace')).toHaveLength(1);
});

test('a missing server or key is reported in a sentence', async () => {
  await expect(run('url=http://127.0.0.1:9', 'key=pl_nobody')).rejects.toThrow('does it run?');
  await expect(run(`url=${fixture.url}`)).rejects.toThrow('There is no key in');
  await expect(run(`url=${fixture.url}`, 'key=pl_nobody')).rejects.toThrow('401');
  expect(await run('everything')).toBe(2);
});
