import { afterAll, describe, expect, test } from 'vitest';
import { idempotencyOf } from '#platform/http';
import { dereference } from '@plinth/testkit/openapi';
import { engine } from '@plinth/testkit/services';
import { serve } from '@plinth/testkit/shop';
import { isThorough } from '@plinth/testkit/thorough';
import { EXCEPTIONS, MOST_EXCEPTIONS } from './exceptions.ts';
import { fakeModule, MISTAKES, parrot, SOUND, SOUND_BY_KEY } from './fakes.ts';
import { KEYLESS, MOST_KEYLESS } from './keyless.ts';
import { openWalkerFixture } from './household.ts';
import { type Rule, RULES, type WalkerFixture } from './rules/index.ts';
import { type OpenApi, walk } from '@plinth/testkit/walkers/rules/rule';

/** A call tries all ids that it may be about, and of those that it is not about twelve columns; the next call tries the next twelve. */
const fixture = { ...(await openWalkerFixture()), ...(isThorough ? {} : { otherColumns: 12 }) };
const routes = fixture.mounted.flatMap((module) => module.routes);
/** On another engine each call is made once, and repeated: a handler that waits for itself on the one connection hangs there. */
const takesAll = engine === 'postgres' || isThorough;
const taken = takesAll ? RULES : RULES.filter(({ key }) => ['answers', 'repeated'].includes(key));
const named = taken.map((rule) => [rule.name, rule] as const);
const exceptionsOf = (rule: Rule) =>
  EXCEPTIONS.filter((one) => one.rule === rule.key).map((one) => one.route);

/** A rule may take a hundred calls on each route, on a machine that does other things besides. */
const LONG = { timeout: 600_000 };

describe('every route', LONG, () => {
  test.each(named)('%s', async (_name, rule) => {
    const others = routes.filter(({ name }) => !exceptionsOf(rule).includes(name));
    expect(others.some(rule.visits)).toBe(true);
    expect(await walk(rule, others, fixture)).toEqual([]);
  });
});

describe('exceptions', () => {
  test('are few, and printed', () => {
    const lines = EXCEPTIONS.map(({ rule, route, because }) => `  ${rule}: ${route}: ${because}`);
    process.stdout.write(`${routes.length} routes, ${RULES.length} rules, excepted:\n${lines.join('\n')}\n`);
    expect(EXCEPTIONS.length).toBeLessThanOrEqual(MOST_EXCEPTIONS);
  });

  const ofTaken = EXCEPTIONS.filter(({ rule: key }) => taken.some((rule) => rule.key === key));
  test.each(ofTaken)('$rule is still broken by $route', async ({ rule: key, route: name }) => {
    const [rule] = RULES.filter((one) => one.key === key);
    const found = await walk(
      rule ?? raise(key),
      routes.filter((one) => one.name === name),
      fixture,
    );
    expect(found).not.toEqual([]);
  });
});

describe('POSTs that take no Idempotency-Key', () => {
  test('are few, each with a reason, and none that is gone or takes one by now', () => {
    const keyless = routes.filter(({ name }) => Object.hasOwn(KEYLESS, name));
    expect(Object.keys(KEYLESS).length).toBeLessThanOrEqual(MOST_KEYLESS);
    expect(keyless.map(({ name }) => name).sort()).toEqual(Object.keys(KEYLESS).sort());
    expect(keyless.filter((route) => idempotencyOf(route) !== 'none')).toEqual([]);
  });
});

/** A real server with faulty routes, for the same people. */
const fakes = await serve(
  {},
  {
    mounted: [fakeModule],
    identify: fixture.app.app.modules.identity.identify,
    roleOf: fixture.app.app.modules.accounts.roleOf,
    rates: fixture.app.app.modules.rates,
    idempotency: fixture.app.app.modules.idempotency,
  },
);
afterAll(() => fakes.server.stop(1));
const faulty: WalkerFixture = {
  ...fixture,
  url: fakes.url,
  mounted: [fakeModule],
  document: dereference(fakes.server.openApi() as OpenApi),
};

describe.runIf(takesAll)('a new route is noticed', LONG, () => {
  test.each(Object.entries(MISTAKES))('where it breaks the rule "%s"', async (key, mistaken) => {
    const [rule] = RULES.filter((one) => one.key === key);
    expect(await walk(rule ?? raise(key), [mistaken], faulty)).not.toEqual([]);
  });

  test('and let be where it breaks none, once it is in the generated docs', async () => {
    const found: string[] = [];
    // One after the other: what one throws leaves no other walk behind, beside the next file.
    for (const rule of RULES) found.push(...(await walk(rule, [SOUND, SOUND_BY_KEY], faulty)));
    expect(found).toEqual([
      expect.stringMatching(/fake\/sound: .*npm run generate/),
      expect.stringMatching(/fake\/by-key\/:id: .*npm run generate/),
    ]);
  });
});

/** Rules about what happens, for which no declaration of a route is enough to break them. */
const LIVE = RULES.filter(
  ({ key }) =>
    ![
      'documented',
      'exemplary',
      'named',
      'spending',
      'repeatable',
      'keyed',
      'shown-once',
      'rated',
      'open',
      'readers',
      'declared',
    ].includes(key),
);

describe.runIf(takesAll)('each rule about what a server does can fail', () => {
  test.each(LIVE.map((rule) => [rule.key, rule] as const))(
    '%s, for one that says yes to everything',
    async (_key, rule) => {
      const { url, close } = await parrot(200, {});
      const found = await walk(rule, routes.filter(rule.visits).slice(0, 1), { ...fixture, url });
      close();
      expect(found).not.toEqual([]);
    },
  );

  test('foreign, for one that says 403 where it should know of nothing', async () => {
    const { url, close } = await parrot(403, {
      error: { code: 'forbidden', message: 'No.', request_id: 'r' },
    });
    const rule = RULES.find(({ key }) => key === 'foreign') ?? raise('foreign');
    const found = await walk(rule, routes.filter(rule.visits).slice(0, 1), { ...fixture, url });
    close();
    expect(found.join()).toContain('403 forbidden, not 404');
  });
});

function raise(key: string): never {
  throw new Error(`there is no rule ${key}`);
}
