import { describe, expect, test } from 'vitest';
import { groundsOf } from './grounds.ts';
import { EXCEPTIONS } from './exceptions.ts';
import { RULES, walk } from './rules/index.ts';

const grounds = await groundsOf();
const routes = grounds.mounted.flatMap((module) => module.routes);

describe('every route', () => {
  test.each(RULES.map((rule) => [rule.name, rule] as const))('%s', async (_name, rule) => {
    expect(await walk(rule, routes, grounds)).toEqual([]);
  });
});
