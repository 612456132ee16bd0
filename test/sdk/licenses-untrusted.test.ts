import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { machine, MINUTE } from './license-machine.ts';
import { type Answer, type LicenseStandIn, licenseStandIn, signingPair } from './license-server.ts';

const isBeat = (call: string) => call === 'POST /v1/licenses/heartbeat';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** What the server would have answered, with another token in it. */
function withToken(right: () => Answer, change: (claims: Record<string, unknown>) => string): Answer {
  const answer = right();
  if (!isRecord(answer.body)) return answer;
  const [, payload = ''] = String(answer.body['signed_token']).split('.');
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return { ...answer, body: { ...answer.body, signed_token: change(isRecord(claims) ? claims : {}) } };
}

async function createLeased(options: object = {}) {
  const world = { now: Date.UTC(2026, 4, 1) };
  const server = licenseStandIn(world);
  const here = machine(world);
  const client = here.run({ fetch: server.fetch, ...options });
  await client.acquire();
  await here.pass(6 * MINUTE);
  return { world, server, here, client };
}

const forged: readonly {
  what: string;
  token: (server: LicenseStandIn, claims: Record<string, unknown>) => string;
}[] = [
  {
    what: 'is signed by somebody else under the server’s key id',
    token: (server, claims) => server.signed({ ...claims, off: 9e9 }, { by: signingPair(server.key.kid) }),
  },
  {
    what: 'is not signed (alg none)',
    token: (server, claims) => server.signed(claims, { header: { alg: 'none' } }).replace(/[^.]+$/, ''),
  },
  {
    what: 'wants to be verified with the public key as a secret (HS256)',
    token: (server, claims) => server.signed(claims, { header: { alg: 'HS256' } }),
  },
  {
    what: 'was changed',
    token: (server, claims) => {
      const [header, , signature] = server.signed(claims).split('.');
      const more = Buffer.from(JSON.stringify({ ...claims, off: 9e9 })).toString('base64url');
      return [header, more, signature].join('.');
    },
  },
  { what: 'is another session’s', token: (server, claims) => server.signed({ ...claims, sid: 'session-9' }) },
  {
    what: 'answers another call',
    token: (server, claims) => server.signed({ ...claims, nonce: 'of another call' }),
  },
  {
    what: 'answers no call',
    token: (server, claims) => server.signed({ ...claims, nonce: undefined }),
  },
  { what: 'has another fence', token: (server, claims) => server.signed({ ...claims, fence: 99 }) },
  {
    what: 'is of something else that the server signs',
    token: (server, claims) => server.signed(claims, { header: { typ: 'at+jwt' } }),
  },
  {
    what: 'is an hour old',
    token: (server, claims) => server.signed({ ...claims, srv: Number(claims['srv']) - 3_600 }),
  },
  {
    what: 'has ended before it was signed',
    token: (server, claims) => server.signed({ ...claims, exp: 1, off: 2 }),
  },
  { what: 'tells no times', token: (server, claims) => server.signed({ ...claims, exp: 'soon' }) },
  {
    what: 'has an end that is no number',
    token: (server, claims) => server.signed({ ...claims, off: '9e9' }),
  },
  { what: 'is nonsense', token: () => 'a.b' },
];

describe('an answer whose token', () => {
  it.each(forged)(
    '$what lengthens nothing: work goes on until the lease that there is ends',
    async ({ token }) => {
      const { here, server, client } = await createLeased();
      server.instead = (call, right) =>
        isBeat(call) ? withToken(right, (claims) => token(server, claims)) : undefined;
      await here.pass(10 * MINUTE);
      expect(client.state).toMatchObject({ status: 'offline' });
      expect(client.warnings).toContainEqual({ kind: 'untrusted_answer' });
      await here.pass(21 * MINUTE);
      expect(client.state).toMatchObject({ status: 'stopped', reason: 'offline_ended' });
    },
  );

  it.each(forged.filter(({ what }) => !/hour old|fence/.test(what)))(
    '$what is no seat',
    async ({ token }) => {
      const world = { now: Date.UTC(2026, 4, 1) };
      const server = licenseStandIn(world);
      server.instead = (call, right) =>
        call.endsWith('/acquire') ? withToken(right, (claims) => token(server, claims)) : undefined;
      const client = machine(world).run({ fetch: server.fetch });
      await expect(client.acquire()).rejects.toMatchObject({ reason: 'untrusted_answer' });
      expect(client.state).toMatchObject({ status: 'stopped' });
    },
  );
});

describe('an answer that the server gave before', () => {
  it('told again as often as it is asked for lengthens nothing', async () => {
    const { here, server, client } = await createLeased();
    const heard: Answer[] = [];
    server.instead = (call, right) => {
      if (!isBeat(call)) return undefined;
      if (heard.length === 0) heard.push(right());
      return heard[0];
    };
    await here.pass(6 * MINUTE);
    expect(client.state).toMatchObject({ status: 'online' });
    // From now on only a recording answers.
    await here.pass(31 * MINUTE);
    expect(client.warnings).toContainEqual({ kind: 'untrusted_answer' });
    expect(client.state).toMatchObject({ status: 'stopped', reason: 'offline_ended' });
  });

  it('is no seat, in the next run or on another machine', async () => {
    const { server, here, world } = await createLeased();
    const heard = new Map<string, Answer>();
    server.instead = (call, right) => {
      const answer = right();
      if (call.startsWith('POST')) heard.set(call, answer);
      return answer;
    };
    await here.run({ fetch: server.fetch }).acquire();
    server.instead = (call, right) => heard.get(call) ?? right();
    for (const one of [here, machine(world)])
      await expect(one.run({ fetch: server.fetch }).acquire()).rejects.toMatchObject({
        reason: 'untrusted_answer',
      });
  });
});

it('a program that brings its keys believes no others, and fetches none', async () => {
  const world = { now: Date.UTC(2026, 4, 1) };
  const server = licenseStandIn(world);
  const jwk = { ...server.key.publicKey.export({ format: 'jwk' }), kid: server.key.kid };
  const trusting = machine(world).run({ fetch: server.fetch, publicKeys: [jwk] });
  expect(await trusting.acquire()).toMatchObject({ status: 'online' });
  expect(server.calls).not.toContain('GET /.well-known/license-keys');
  server.key = signingPair('of somebody else');
  const other = machine(world).run({ fetch: server.fetch, publicKeys: [jwk] });
  await expect(other.acquire()).rejects.toMatchObject({ reason: 'untrusted_answer' });
});

it('keys that are none are left out, and those beside them work', async () => {
  const world = { now: Date.UTC(2026, 4, 1) };
  const server = licenseStandIn(world);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' });
  server.instead = (call, right) => {
    const answer = right();
    if (!call.startsWith('GET') || !isRecord(answer.body)) return answer;
    const { kid } = server.key;
    const odd = [null, 'key', { kid: 7 }, { kid, kty: 'OKP', crv: 'Ed448', x: 'AA' }, { ...rsa, kid }];
    const keys = Array.isArray(answer.body['keys']) ? answer.body['keys'] : [];
    return { ...answer, body: { keys: [...odd, ...keys] } };
  };
  const client = machine(world).run({ fetch: server.fetch });
  expect(await client.acquire()).toMatchObject({ status: 'online' });
});

describe('a server that asks for heartbeats', () => {
  it.each([
    { seconds: 0, most: 8 },
    { seconds: -5, most: 8 },
    { seconds: 'often', most: 8 },
    { seconds: 1e12, most: 8 },
    { seconds: 1, most: 200 },
  ])('every $seconds seconds is asked in time, and not without end', async ({ seconds, most }) => {
    const { here, server, client } = await createLeased();
    server.instead = (call, right) => {
      const answer = right();
      if (!isBeat(call) || !isRecord(answer.body)) return answer;
      return { ...answer, body: { ...answer.body, heartbeat_interval: seconds } };
    };
    await here.pass(6 * MINUTE);
    const before = server.calls.length;
    await here.pass(30 * MINUTE);
    expect(server.calls.length - before).toBeGreaterThan(4);
    expect(server.calls.length - before).toBeLessThan(most);
    expect(client.state).toMatchObject({ status: 'online' });
  });
});

it('an answer that was held up counts from when it was asked for: no lease is longer than the server has said', async () => {
  const world = { now: Date.UTC(2026, 4, 1) };
  const server = licenseStandIn(world);
  const here = machine(world);
  const client = here.run({
    async fetch(target, init) {
      const response = await server.fetch(target, init);
      if (server.calls.at(-1)?.endsWith('/heartbeat') === true) here.sleep(20 * MINUTE);
      return response;
    },
  });
  await client.acquire();
  await here.pass(6 * MINUTE);
  expect(client.state).toMatchObject({ status: 'online', offlineMinutes: 10 });
});
