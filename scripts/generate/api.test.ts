import { expect, test } from 'vitest';
import { namedObject, type Route } from '#platform/http';
import { openApiOf } from '#server';
import { shopRoutes } from '@plinth/testkit/shop';
import { z } from 'zod';
import { apiLine, apiText } from './api.ts';

const [before] = shopRoutes.filter(({ shape }) => shape.body !== undefined);
if (before === undefined) throw new Error('no call of the shop takes a body');
const documentOf = (routes: readonly Route[]) => openApiOf([{ routes }], { version: '0' });

/** The line of a call that declares something else of itself. */
function lineWith(changed: Partial<Route['shape']>): string {
  const route = { ...before, shape: { ...before?.shape, ...changed } } as Route;
  return apiLine(route, documentOf([route]));
}

const kept = { name: z.string(), note: z.string().optional() };
const body = (fields: z.ZodRawShape) => ({ body: namedObject('ApiLineBody', fields) });
const line = lineWith(body(kept));

test('the line of a call is the same whatever it is told with, in whichever order, and beside which others', () => {
  expect(lineWith({ ...body(kept), summary: 'Other words', description: 'And more.', tag: 'Other' })).toBe(
    line,
  );
  const example = { reply: {}, body: { name: 'another' } };
  expect(lineWith({ ...body({ note: kept.note.describe('A note.'), name: kept.name }), example })).toBe(line);
  const others = documentOf(shopRoutes);
  expect(apiText(shopRoutes, others)).toContain(`\n${apiLine(before, documentOf([before]))}\n`);
});

test.each([
  ['takes a field more', body({ ...kept, more: z.string().optional() })],
  ['takes a field by the name of a text', body({ ...kept, description: z.string().optional() })],
  ['needs a field that could be left out', body({ ...kept, note: z.string() })],
  ['takes a longer text', body({ ...kept, name: z.string().max(9) })],
  ['answers something else', { ...body(kept), reply: { 200: namedObject('ApiLineReply', kept) } }],
  ['may be refused with another code', { ...body(kept), errors: ['entirely_new'] }],
  ['is for others', { ...body(kept), auth: 'admin' }],
] satisfies readonly (readonly [string, Partial<Route['shape']>])[])(
  'the line of a call is another one where it %s',
  (_what, changed) => {
    expect(lineWith(changed)).not.toBe(line);
  },
);
