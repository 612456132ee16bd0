import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createPasswordRules } from './password-rules.ts';

const { weaknessOf } = createPasswordRules({ words: ['plinth', 'Rocket Launch'] });

test.each([
  ['Short1', 'at least 8'],
  ['alllowercase1', 'upper-case'],
  ['NODIGITSHERE', 'upper-case'],
  ['Password1', 'most common'],
  ['P@ssw0rd123!', 'most common'],
  ['Summer2026!', 'most common'],
  ['1Qaz2wsx', 'most common'],
  ['Sunflower7', 'most common'],
  ['aaaaaaaaaaaaaaaa', 'most common'],
  ['correcthorsebatterystaple', 'most common'],
  ['A1'.padEnd(201, 'xyzw'), 'at most 200'],
  ['ada.kestrelby.1843@example.com', 'more than your email'],
  ['Kestrelby#1843', 'more than your email'],
  ['K3strelby-2026', 'more than your email'],
  ['Plinth-2026!x', 'name of this service'],
  ['RocketLaunch-77', 'name of this service'],
])('%s is refused', async (password, says) => {
  expect(await weaknessOf(password, 'Ada.Kestrelby.1843@example.com')).toContain(says);
});

test.each([
  'Kestrel9-blue',
  'only lower case, but long',
  'Пароль-тайна-7',
  'x'.padStart(64, 'y7Q_ '),
  'A1'.padEnd(200, 'xyzw'),
  'a rocket of one’s own is not a launch',
])('%s may be used', async (password) => {
  expect(await weaknessOf(password, 'ada@example.com')).toBeUndefined();
});

describe('where breached passwords are asked for', () => {
  const BREACHED = 'Kestrel9-blue';
  const digest = createHash('sha1').update(BREACHED).digest('hex').toUpperCase();
  const other = '0'.repeat(35);

  /** A service of breached passwords that answers in its own way, and what it was asked. */
  async function createService(listener: RequestListener, breachesDeadline = 60_000) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(String(request.url));
      listener(request, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const { assertStrong } = createPasswordRules({
      breachesUrl: `http://127.0.0.1:${port}`,
      breachesDeadline,
    });
    return { asked, set: () => assertStrong(BREACHED, 'ada@example.com', 'new_password') };
  }

  test('one of them is refused, and five characters of its hash are all that is told', async () => {
    const { asked, set } = await createService((_, response) =>
      response.end(`${other}:3\r\n${digest.slice(5)}:12\r\n`),
    );
    await expect(set()).rejects.toMatchObject({
      code: 'validation_failed',
      details: { issues: [{ path: 'body.new_password' }] },
    });
    expect(asked).toEqual([`/range/${digest.slice(0, 5)}`]);
  });

  test.each<[string, RequestListener]>([
    ['knows it only as padding', (_, response) => response.end(`${digest.slice(5)}:0\r\n`)],
    ['does not know it', (_, response) => response.end(`${other}:3\r\n`)],
    ['is broken', (_, response) => response.writeHead(500).end(`${digest.slice(5)}:12`)],
    ['sends elsewhere', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['answers nonsense', (_, response) => response.end('\0'.repeat(2_000_000))],
    ['hangs up', (request) => request.destroy()],
    ['never answers', () => {}],
  ])('and the service %s, the password may be used', async (how, listener) => {
    const { set } = await createService(listener, how === 'never answers' ? 100 : 60_000);
    await expect(set()).resolves.toBeUndefined();
  });
});
