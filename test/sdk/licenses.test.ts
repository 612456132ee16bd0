import { LicenseError } from '@plinth/sdk/licenses';
import { describe, expect, it } from 'vitest';
import { HOUR, type Machine, machine, MINUTE, type Run, type World } from './license-machine.ts';
import { failure, type LicenseStandIn, licenseStandIn, signingPair } from './license-server.ts';

interface Scene {
  readonly world: World;
  readonly server: LicenseStandIn;
  readonly here: Machine;
  readonly client: Run;
}

function scene(options: Parameters<typeof machine>[1] = {}): Scene {
  const world = { now: Date.UTC(2026, 4, 1) };
  const server = licenseStandIn(world);
  const here = machine(world, options);
  return { world, server, here, client: here.run({ fetch: server.fetch }) };
}

/** One that has been online for long enough to have a lease, renewed just now. */
async function createLeased(options: Parameters<typeof machine>[1] = {}): Promise<Scene> {
  const made = scene(options);
  await made.client.acquire();
  await beat(made);
  return made;
}

/** Until the next heartbeat has been answered. */
async function beat({ server, here }: Pick<Scene, 'server' | 'here'>): Promise<void> {
  const before = server.calls.filter(isBeat).length;
  while (server.calls.filter(isBeat).length === before) await here.pass(5_000);
}

const isBeat = (call: string) => call === 'POST /v1/licenses/heartbeat';

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const stoppedState = (reason: string) => ({ status: 'stopped', reason });

describe('a program that runs under a licence', () => {
  it('has a seat while it runs, and shows how many there are', async () => {
    const { server, client } = scene();
    expect(client.state).toEqual({ status: 'idle' });
    expect(() => client.assertLicensed()).toThrow(LicenseError);
    expect(await client.acquire()).toEqual({
      status: 'online',
      offlineMinutes: 0,
      seats: { used: 1, max: 3 },
    });
    expect(() => client.assertLicensed()).not.toThrow();
    expect(server.holders()).toEqual(['hw_0123456789']);
    await client.release();
    expect(server.holders()).toEqual([]);
    expect(client.statusesTold()).toEqual(['connecting', 'online', 'idle']);
  });

  it('asks for the public keys once, and for a seat once however often it is called', async () => {
    const { here, server, client } = scene();
    await Promise.all([client.acquire(), client.acquire(), client.acquire()]);
    await client.acquire();
    await here.pass(HOUR);
    await client.release();
    await client.acquire();
    const countCalls = (call: string) => server.calls.filter((one) => one === call).length;
    expect(countCalls('GET /.well-known/license-keys')).toBe(1);
    expect(countCalls('POST /v1/licenses/acquire')).toBe(2);
    await client.release();
    await here.run({ fetch: server.fetch }).acquire();
    expect(countCalls('GET /.well-known/license-keys')).toBe(1);
  });

  it('goes on when the server signs with another key, which it fetches', async () => {
    const { server, client, here } = await createLeased();
    server.key = signingPair('second');
    await here.pass(HOUR);
    expect(client.statusesTold()).toEqual(['connecting', 'online']);
    expect(client.warnings).toEqual([]);
  });

  it('shows when it may work without the server, and for how long', async () => {
    const { client } = await createLeased();
    expect(client.state).toMatchObject({ status: 'online', offlineMinutes: 30 });
  });

  it('gives the seat back that it was about to get', async () => {
    const { server, client } = scene();
    const acquiring = client.acquire();
    await client.release();
    await acquiring;
    expect(server.holders()).toEqual([]);
    expect(client.state).toEqual({ status: 'idle' });
  });
});

describe('a session that the server has ended', () => {
  it('because it expired is taken up anew', async () => {
    const one = await createLeased();
    one.server.instead = (call) => (isBeat(call) ? failure(410, 'session_expired') : undefined);
    await beat(one);
    expect(one.client.state).toMatchObject({ status: 'online' });
    expect(one.client.statusesTold()).toEqual(['connecting', 'online', 'connecting', 'online']);
  });

  it.each([
    { code: 'seat_taken_over', status: 409 },
    { code: 'license_suspended', status: 403 },
    { code: 'license_inactive', status: 403 },
    { code: 'machine_not_activated', status: 403 },
  ])('with $code stops, and asks no more', async ({ code, status }) => {
    const one = await createLeased();
    one.server.instead = (call) => (isBeat(call) ? failure(status, code) : undefined);
    await beat(one);
    expect(one.client.state).toMatchObject(stoppedState(code));
    expect(() => one.client.assertLicensed()).toThrow(expect.objectContaining({ reason: code }));
    const calls = one.server.calls.length;
    await one.here.pass(24 * HOUR);
    expect(one.server.calls).toHaveLength(calls);
  });

  it('is had again when somebody asks for it, once the licence is paid', async () => {
    const one = await createLeased();
    one.server.status = 'suspended';
    await beat(one);
    expect(await errorOf(one.client.acquire())).toMatchObject({ reason: 'license_suspended' });
    one.server.status = 'active';
    expect(await one.client.acquire()).toMatchObject({ status: 'online' });
  });

  it('can’t be had when all seats are taken: the program is told', async () => {
    const { server, client } = scene();
    server.seats = 0;
    expect(await errorOf(client.acquire())).toMatchObject({ reason: 'seats_exhausted' });
    expect(client.state).toMatchObject(stoppedState('seats_exhausted'));
  });
});

describe('two machines cloned from one image, with one hardware id', () => {
  it('do not alternate: the first one stops when the second one comes, and stays so', async () => {
    const world = { now: Date.UTC(2026, 4, 1) };
    const server = licenseStandIn(world);
    const [first, second] = [machine(world), machine(world)];
    const [one, two] = [first.run({ fetch: server.fetch }), second.run({ fetch: server.fetch })];
    await one.acquire();
    await first.pass(MINUTE);
    await two.acquire();
    for (let minute = 0; minute < 120; minute += 1) {
      await first.pass(MINUTE / 2);
      await second.pass(MINUTE / 2);
    }
    expect(one.state).toMatchObject(stoppedState('seat_taken_over'));
    expect(two.statusesTold()).toEqual(['connecting', 'online']);
    expect(server.calls.filter((call) => call.endsWith('/acquire'))).toHaveLength(2);
    expect(server.holders()).toHaveLength(1);
  });
});

describe('the network is gone', () => {
  it('for 29 minutes: work goes on, and then nothing has happened', async () => {
    const { here, server, client } = await createLeased();
    server.away = true;
    await here.pass(29 * MINUTE);
    expect(client.state).toMatchObject({ status: 'offline', minutesLeft: 1 });
    server.away = false;
    await here.pass(MINUTE);
    expect(client.state).toMatchObject({ status: 'online', offlineMinutes: 30 });
    expect(client.statusesTold()).toEqual(['connecting', 'online', 'offline', 'online']);
    expect(server.calls.filter((call) => call.endsWith('/acquire'))).toHaveLength(1);
  });

  it('for 31 minutes: work stops at the end of the thirtieth, after three warnings', async () => {
    const { here, server, client } = await createLeased();
    server.away = true;
    await here.pass(30 * MINUTE - 6_000);
    expect(client.state).toMatchObject({ status: 'offline', minutesLeft: 1 });
    await here.pass(6_000);
    expect(() => client.assertLicensed()).toThrow(LicenseError);
    await here.pass(MINUTE);
    expect(client.state).toMatchObject(stoppedState('offline_ended'));
    expect(client.warnings).toEqual(
      [10, 5, 1].map((minutesLeft) => ({ kind: 'offline_ending', minutesLeft })),
    );
    server.away = false;
    expect(await client.acquire()).toMatchObject({ status: 'online' });
  });

  it('shows each minute that is left', async () => {
    const { here, server, client } = await createLeased();
    server.away = true;
    await here.pass(31 * MINUTE);
    const minutes = client.states.flatMap((state) => (state.status === 'offline' ? [state.minutesLeft] : []));
    expect([...new Set(minutes)]).toEqual(minutes);
    expect(minutes.at(-1)).toBe(1);
    expect(minutes.length).toBeGreaterThan(20);
  });

  it('in the first five minutes: work goes on until the seat ends, for nobody else gets it before', async () => {
    const { here, server, client } = scene();
    await client.acquire();
    await here.pass(MINUTE);
    server.away = true;
    await here.pass(5 * MINUTE - 20_000);
    expect(() => client.assertLicensed()).not.toThrow();
    await here.pass(20_000);
    expect(server.holders()).toEqual([]);
    expect(() => client.assertLicensed()).toThrow(LicenseError);
  });

  it('is asked for three times more, each time after a longer while, before that counts', async () => {
    const { here, server, client, world } = await createLeased();
    server.away = true;
    const tries: number[] = [];
    while (client.state.status === 'online') {
      const before = server.calls.length;
      await here.pass(500);
      if (server.calls.length > before) tries.push(world.now);
    }
    expect(client.state).toMatchObject({ status: 'offline' });
    const waits = tries.slice(1).map((at, n) => at - (tries[n] ?? 0));
    // By chance up to 2, 4 and 8 seconds; here chance is a half.
    expect(waits).toEqual([1_000, 2_000, 4_000]);
  });

  it.each([
    { what: 'a hotel’s login page', answer: { status: 200, body: '<html>Welcome!</html>' } },
    { what: 'a proxy that refuses', answer: { status: 403, body: 'no' } },
    { what: 'a server that is overloaded', answer: failure(503, 'unavailable') },
    { what: 'a rate that is passed', answer: failure(429, 'rate_limited', { 'retry-after': '40' }) },
    { what: 'a server of something else', answer: { status: 200, body: { session_id: 7 } } },
  ])('and $what answers: that stops nothing', async ({ answer }) => {
    const { here, server, client } = await createLeased();
    server.instead = () => answer;
    await here.pass(20 * MINUTE);
    expect(client.state).toMatchObject({ status: 'offline' });
    server.instead = undefined;
    await here.pass(2 * MINUTE);
    expect(client.state).toMatchObject({ status: 'online' });
  });
});

describe('the machine sleeps for two hours', () => {
  it.each([{ countsSleep: true }, { countsSleep: false }])(
    'and has its seat again within seconds where one is free (counted by its uptime: $countsSleep)',
    async (options) => {
      const { here, client, server } = await createLeased(options);
      here.sleep(2 * HOUR);
      expect(server.holders()).toEqual([]);
      expect(() => client.assertLicensed()).toThrow(LicenseError);
      await here.pass(15_000);
      expect(client.state).toMatchObject({ status: 'online' });
      expect(server.holders()).toHaveLength(1);
    },
  );

  it('and works no more where the seats are taken by then', async () => {
    const { here, client, server } = await createLeased();
    here.sleep(2 * HOUR);
    server.seats = 0;
    await here.pass(15_000);
    expect(client.state).toMatchObject(stoppedState('seats_exhausted'));
  });

  it('and works no more where there is no network by then', async () => {
    const { here, client, server } = await createLeased();
    server.away = true;
    here.sleep(2 * HOUR);
    await here.pass(MINUTE);
    expect(client.state).toMatchObject(stoppedState('offline_ended'));
    expect(client.statusesTold()).not.toContain('offline');
  });
});

describe('the clock is set back by an hour', () => {
  it('while online: it is told, the server is asked what time it is, and work goes on', async () => {
    const { here, client, server } = await createLeased();
    here.setClock(-HOUR);
    const before = server.calls.length;
    await here.pass(15_000);
    expect(server.calls.slice(before)).toEqual(['POST /v1/licenses/heartbeat']);
    expect(client.warnings).toEqual([{ kind: 'clock_set_back', minutes: 60 }]);
    await here.pass(HOUR);
    expect(client.statusesTold()).toEqual(['connecting', 'online']);
    expect(client.warnings).toHaveLength(1);
  });

  it('while offline: work stops', async () => {
    const { here, client, server } = await createLeased();
    server.away = true;
    await here.pass(10 * MINUTE);
    here.setClock(-HOUR);
    await here.pass(MINUTE);
    expect(client.state).toMatchObject(stoppedState('clock_set_back'));
  });

  it('little by little while offline: that is noticed too', async () => {
    const { here, client, server } = await createLeased();
    server.away = true;
    for (let minute = 0; minute < 12; minute += 1) {
      here.setClock(-30_000);
      await here.pass(MINUTE);
    }
    expect(client.state).toMatchObject(stoppedState('clock_set_back'));
  });

  it('by as long as the machine has slept: the sleep counts all the same', async () => {
    const { here, client, server } = await createLeased();
    server.away = true;
    here.sleep(2 * HOUR);
    here.setClock(-2 * HOUR);
    expect(() => client.assertLicensed()).toThrow(LicenseError);
    await here.pass(MINUTE);
    expect(client.state.status).toBe('stopped');
  });

  it('by a time server, as seconds: no warning', async () => {
    const { here, client, server } = await createLeased();
    server.away = true;
    here.setClock(-30_000);
    await here.pass(10 * MINUTE);
    expect(client.state).toMatchObject({ status: 'offline' });
    expect(client.warnings).toEqual([]);
  });
});
