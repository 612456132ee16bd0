import fastify from 'fastify';
import { plainBrand } from '#platform/http';
import { expect, test } from 'vitest';
import type { ServerSettings } from '../parts.ts';
import { mountConsole } from './index.ts';

/** The address that a page leads to from a host; undefined: it is shown there. */
async function leadsTo(
  host: string,
  settings: Pick<ServerSettings, 'environment' | 'publicUrl'> = { environment: 'development' },
): Promise<string | undefined> {
  const app = fastify();
  mountConsole(app, { settings, uploadOrigins: [], brandNow: () => plainBrand('Plinth') });
  const { headers } = await app.inject({ url: '/app/overview?days=7', headers: { host } });
  return headers.location;
}

test('a development server that is asked by number or by name shows its pages at one address', async () => {
  const page = 'http://localhost:6174/app/overview?days=7';
  expect(await leadsTo('127.0.0.1:6174')).toBe(page);
  expect(await leadsTo('[::1]:6174')).toBe(page);
  expect(await leadsTo('localhost:6174')).toBeUndefined();
  expect(await leadsTo('plinth.example')).toBeUndefined();
});

test('a server in production, or with an address of its own, leads nowhere else', async () => {
  expect(await leadsTo('127.0.0.1:6174', { environment: 'production' })).toBeUndefined();
  const publicUrl = 'https://plinth.example';
  expect(await leadsTo('127.0.0.1:6174', { environment: 'development', publicUrl })).toBeUndefined();
});
