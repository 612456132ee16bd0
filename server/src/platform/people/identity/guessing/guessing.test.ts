import { afterAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import { createCaptchaSandbox } from '#sandbox/captcha';
import { advance, stopTime } from '@plinth/testkit/factories';
import { engine, testDatabase } from '@plinth/testkit/services';
import { createCaptcha } from './captcha.ts';
import { type Counter, countersOfLogin, createGuessing, type Guessing } from './guessing.ts';

const { db, url } = await testDatabase();
await stopTime(db);
const pass = (seconds: number) => advance(db, `${seconds} seconds`);
const guessing = createGuessing({ db, captcha: undefined });
const HOUR = 3_600;
/** A run of hours is the same on every engine. */
const onPostgres = test.runIf(engine === 'postgres');

let made = 0;
const newEmail = () => `guessed-${(made += 1)}@Example.com`;
const newIp = () => `10.${((made += 1) >> 8) & 255}.${made & 255}.7`;
const from = (email: string, ip: string, place = { device: undefined, isKnown: false } as Place) =>
  countersOfLogin({ email, ip, place });
type Place = Parameters<typeof countersOfLogin>[0]['place'];

/** Seconds that a guess has to wait; 0 when it was tried, and wrong. */
async function wrong(by: readonly Counter[], on: Guessing = guessing): Promise<number> {
  try {
    await on.attempt({ by }, async () => undefined);
    return 0;
  } catch (error) {
    if (error instanceof AppError && error.code === 'too_many_attempts') return error.retryAfter ?? 0;
    throw error;
  }
}

const fail = () => Promise.reject(new AppError('internal'));
const right = (by: readonly Counter[]) => guessing.attempt({ by }, async () => 'right');

/** How many guesses a caller makes in so many seconds who comes back as soon as they may. */
async function guessesWithin(seconds: number, by: () => readonly Counter[]): Promise<number> {
  let tried = 0;
  for (let passed = 0; passed < seconds; ) {
    const wait = await wrong(by());
    if (wait === 0) tried += 1;
    else await pass(wait);
    passed += wait;
  }
  return tried;
}

const rows = async (on: Database = db) =>
  (await on.asMigrator(statement<{ key: string }>('select key from identity.guesses'))).map(({ key }) => key);

describe('wrong passwords of an email from an address', () => {
  test('cost no wait five times, and then each twice the wait of the one before', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 5; n += 1) expect(await wrong(by)).toBe(0);
    const waits = [await wrong(by)];
    for (let n = 0; n < 4; n += 1) {
      await pass(waits.at(-1) ?? 0);
      expect(await wrong(by)).toBe(0);
      waits.push(await wrong(by));
    }
    expect(waits).toEqual([1, 2, 4, 8, 16]);
  });

  test('wait a quarter of an hour at most', async () => {
    const by = from(newEmail(), newIp());
    const longest = { seen: 0 };
    for (let n = 0; n < 40; n += 1) {
      const wait = await wrong(by);
      longest.seen = Math.max(longest.seen, wait);
      await pass(wait);
    }
    expect(longest.seen).toBeGreaterThan(500);
    expect(longest.seen).toBeLessThanOrEqual(900);
  });

  onPostgres('are four an hour after the first fifteen, however patient the guesser is', async () => {
    const by = from(newEmail(), newIp());
    const tried = await guessesWithin(4 * HOUR, () => by);
    expect(tried).toBeGreaterThan(20);
    expect(tried).toBeLessThanOrEqual(15 + 4 * 4);
  });

  test('are forgotten one by one, each after a quarter of an hour', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 5; n += 1) await wrong(by);
    await pass(HOUR / 4);
    expect([await wrong(by), await wrong(by)]).toEqual([0, expect.any(Number)]);
    expect(await wrong(by)).toBeGreaterThan(0);
    await pass(2 * HOUR);
    for (let n = 0; n < 5; n += 1) expect(await wrong(by)).toBe(0);
  });

  test('are forgotten all at once by the right one', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 4; n += 1) await wrong(by);
    expect(await right(by)).toBe('right');
    for (let n = 0; n < 5; n += 1) expect(await wrong(by)).toBe(0);
  });

  test('are not counted where nobody looked at them', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 10; n += 1)
      await expect(guessing.attempt({ by }, fail)).rejects.toMatchObject({ code: 'internal' });
    for (let n = 0; n < 5; n += 1) expect(await wrong(by)).toBe(0);
    expect(await wrong(by)).toBeGreaterThan(0);
  });

  test('are not forgotten by a failure, whatever caused it', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 4; n += 1) expect(await wrong(by)).toBe(0);
    await expect(guessing.attempt({ by }, fail)).rejects.toMatchObject({ code: 'internal' });
    expect(await wrong(by)).toBe(0);
    expect(await wrong(by)).toBeGreaterThan(0);
  });

  test('that come at once are let through five times, and no more', async () => {
    const by = from(newEmail(), newIp());
    const waits = await Promise.all(Array.from({ length: 30 }, () => wrong(by)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
  });

  test('are the same for one email in other letters, and for one network of IPv6', async () => {
    for (let n = 0; n < 5; n += 1) await wrong(from('Ada@Example.com', `2001:db8:1:2::${n + 1}`));
    expect(await wrong(from('ada@example.com', '2001:db8:1:2:ffff::1'))).toBeGreaterThan(0);
    expect(await wrong(from('ada@example.com', '2001:db8:1:3::1'))).toBe(0);
  });
});

onPostgres('two nodes count together', async () => {
  const other = await openDatabase({ engine: 'postgres', url });
  afterAll(() => other.close());
  const there = createGuessing({ db: other, captcha: undefined });
  const by = from(newEmail(), newIp());
  const tried = Array.from({ length: 20 }, (_, n) => wrong(by, n % 2 === 0 ? guessing : there));
  expect((await Promise.all(tried)).filter((wait) => wait === 0)).toHaveLength(5);
});

describe('guesses at one email from ever other addresses', () => {
  onPostgres('are less than 90 in an hour', async () => {
    const email = newEmail();
    const tried = await guessesWithin(HOUR, () => from(email, newIp()));
    expect(tried).toBeGreaterThan(60);
    expect(tried).toBeLessThan(90);
  });

  test('keep nobody waiting where its user was signed in before, nor a caller with a token of a device', async () => {
    const [email, attacker] = [newEmail(), newIp()];
    for (let n = 0; n < 20; n += 1) await wrong(from(email, newIp()));
    expect(await wrong(from(email, newIp()))).toBeGreaterThan(0);
    expect(await wrong(from(email, newIp(), { device: undefined, isKnown: true }))).toBe(0);
    for (let n = 0; n < 7; n += 1) await wrong(from(email, attacker, { device: undefined, isKnown: true }));
    expect(await wrong(from(email, attacker, { device: undefined, isKnown: true }))).toBeGreaterThan(0);
    expect(await wrong(from(email, attacker, { device: newEmail(), isKnown: true }))).toBe(0);
  });

  test('are counted anew once its owner has proven that the mailbox is theirs', async () => {
    const [email, ip] = [newEmail(), newIp()];
    for (let n = 0; n < 20; n += 1) await wrong(from(email, n < 5 ? ip : newIp()));
    expect(await wrong(from(email, ip))).toBeGreaterThan(0);
    await guessing.forget(email, ip);
    expect(await wrong(from(email, ip))).toBe(0);
  });

  test('are counted on for the address: a reset of one’s own password frees no guesses at others', async () => {
    const [email, ip] = [newEmail(), newIp()];
    for (let n = 0; n < 50; n += 1) await wrong(from(newEmail(), ip));
    await guessing.forget(email, ip);
    expect(await wrong(from(newEmail(), ip))).toBeGreaterThan(0);
  });
});

describe('guesses from one address at ever other emails', () => {
  onPostgres('are 50, and then one a minute', async () => {
    const ip = newIp();
    const tried = await guessesWithin(HOUR / 6, () => from(newEmail(), ip));
    expect(tried).toBeGreaterThan(54);
    expect(tried).toBeLessThanOrEqual(50 + 10 + 6);
  });

  test('are not made cheaper by signing in to an account of one’s own now and then', async () => {
    const ip = newIp();
    for (let n = 0; n < 49; n += 1) await wrong(from(newEmail(), ip));
    expect(await right(from('attacker@example.com', ip))).toBe('right');
    expect(await wrong(from(newEmail(), ip))).toBe(0);
    expect(await wrong(from(newEmail(), ip))).toBeGreaterThan(0);
  });
});

test('a held device token is worth ten guesses, and then four an hour', async () => {
  const by = from(newEmail(), newIp(), { device: newEmail(), isKnown: true });
  for (let n = 0; n < 10; n += 1) expect(await wrong(by)).toBe(0);
  expect(await wrong(by)).toBeGreaterThan(0);
});

describe('what is kept of guesses', () => {
  test('names nobody', async () => {
    await wrong(from('grace@example.com', '192.0.2.44'));
    const kept = (await rows()).join('\n');
    expect(kept).toMatch(/^pair [0-9a-f]{64}$/m);
    expect(kept).not.toMatch(/grace|192\.0\.2/i);
  });

  test('is no more for one that was refused', async () => {
    const [email, ip] = [newEmail(), newIp()];
    for (let n = 0; n < 50; n += 1) await wrong(from(newEmail(), ip));
    const before = await rows();
    for (let n = 0; n < 10; n += 1) expect(await wrong(from(`${n}${email}`, ip))).toBeGreaterThan(0);
    expect((await rows()).length).toBe(before.length);
  });

  test('is deleted when it has run down, and not before', async () => {
    await pass(24 * HOUR);
    await guessing.prune();
    expect(await rows()).toEqual([]);
    const by = from(newEmail(), newIp());
    await wrong(by);
    await pass(120);
    expect(await guessing.prune()).toBe(2);
    expect(await rows()).toEqual([expect.stringMatching(/^pair /)]);
  });
});

describe('a CAPTCHA', async () => {
  const sandbox = await createCaptchaSandbox();
  afterAll(() => sandbox.close());
  const away: unknown[] = [];
  const captcha = createCaptcha({
    settings: { verifyUrl: sandbox.url, secret: sandbox.secret, siteKey: sandbox.siteKey },
    onAway: (error) => away.push(error),
  });
  const asking = createGuessing({ db, captcha });
  const code = (by: readonly Counter[], answer?: string) =>
    asking
      .attempt({ by, captcha: { answer, ip: '192.0.2.1' } }, async () => undefined)
      .then(() => 'tried')
      .catch((error: AppError) => error.code);

  test('is asked for after three wrong passwords, by its public key', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 3; n += 1) expect(await code(by)).toBe('tried');
    const asked = asking.attempt(
      { by, captcha: { answer: undefined, ip: '192.0.2.1' } },
      async () => undefined,
    );
    await expect(asked).rejects.toMatchObject({
      code: 'captcha_required',
      status: 403,
      details: { captcha: { site_key: sandbox.siteKey } },
    });
    expect(sandbox.verified).toEqual([]);
  });

  test('that was solved lets one guess be tried, once', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 3; n += 1) await code(by);
    const answer = sandbox.solve();
    expect(await code(by, answer)).toBe('tried');
    expect(await code(by, answer)).toBe('captcha_required');
    expect(await code(by, 'made-up')).toBe('captcha_required');
    expect(sandbox.verified.at(-1)).toBe('192.0.2.1');
  });

  test('that was solved by several at once with one answer serves one of them', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 3; n += 1) await code(by);
    const answer = sandbox.solve();
    const tried = await Promise.all(Array.from({ length: 5 }, () => code(by, answer)));
    expect(tried.filter((outcome) => outcome === 'tried')).toHaveLength(1);
  });

  test('stands in for the wait of an email, so that robots everywhere keep no person waiting who solves it', async () => {
    const email = newEmail();
    for (let n = 0; n < 20; n += 1) await code(from(email, newIp()), sandbox.solve());
    expect(await code(from(email, newIp()))).toBe('captcha_required');
    expect(await code(from(email, newIp()), sandbox.solve())).toBe('tried');
  });

  test('does not stand in for the wait of an email and address', async () => {
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 5; n += 1) expect(await code(by, sandbox.solve())).toBe('tried');
    expect(await code(by, sandbox.solve())).toBe('too_many_attempts');
  });

  test('whose service is away is asked of nobody, and the waits go on', async () => {
    away.length = 0;
    const by = from(newEmail(), newIp());
    for (let n = 0; n < 3; n += 1) await code(by);
    const faults = [{ status: 500 }, 'reset', 'nonsense'] as const;
    sandbox.faults.push(...faults);
    const tried = [await code(by, 'a'), await code(by, 'a')];
    await pass(1);
    tried.push(await code(by, 'a'), await code(by, 'a'));
    expect(tried).toEqual(['tried', 'tried', 'tried', 'too_many_attempts']);
    expect(away).toHaveLength(faults.length);
  });

  test('whose service is away stands in for no wait: robots gain nothing by its failure', async () => {
    const email = newEmail();
    for (let n = 0; n < 20; n += 1) await code(from(email, newIp()), sandbox.solve());
    sandbox.faults.push({ status: 500 });
    expect(await code(from(email, newIp()), 'a')).toBe('too_many_attempts');
  });
});
