import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HOUR, type Machine, machine, MINUTE } from './license-machine.ts';
import { licenseStandIn } from './license-server.ts';

/** A program that was killed while it had a lease of 30 minutes, and can't reach the server when it is started again. */
async function createKilled() {
  const world = { now: Date.UTC(2026, 4, 1) };
  const server = licenseStandIn(world);
  const here = machine(world);
  const first = here.run({ fetch: server.fetch });
  await first.acquire();
  await here.pass(6 * MINUTE);
  expect(first.state).toMatchObject({ status: 'online', offlineMinutes: 30 });
  here.crash();
  server.away = true;
  const startAgain = async (options: object = {}) => {
    const run = here.run({ fetch: server.fetch, ...options });
    const acquiring = run.acquire().catch(() => {});
    await here.pass(MINUTE);
    await acquiring;
    return run;
  };
  return { world, server, here, first, again: startAgain };
}

const onlyFile = (folder: string) =>
  join(folder, readdirSync(folder).find((file) => file.endsWith('.json')) ?? '');
const UNREACHABLE = { status: 'stopped', reason: 'unreachable' };

describe('a program that is started again without a network', () => {
  it('after it was killed goes on with what is left of its lease', async () => {
    const { again, here } = await createKilled();
    const run = await again();
    expect(run.state).toMatchObject({ status: 'offline' });
    await here.pass(30 * MINUTE);
    expect(run.state).toMatchObject({ status: 'stopped', reason: 'offline_ended' });
  });

  it('keeps its session when the network comes back', async () => {
    const { again, here, server } = await createKilled();
    const run = await again();
    server.away = false;
    await here.pass(2 * MINUTE);
    expect(run.state).toMatchObject({ status: 'online' });
    expect(server.calls.filter((call) => call.endsWith('/heartbeat'))).not.toHaveLength(0);
    expect(server.holders()).toHaveLength(1);
  });

  it('later than its lease may not work', async () => {
    const { again, here } = await createKilled();
    here.sleep(HOUR);
    expect((await again()).state).toMatchObject({ status: 'stopped', reason: 'offline_ended' });
  });

  it('after it gave its seat back may not work, for another machine may have it', async () => {
    const { again, here, server } = await createKilled();
    server.away = false;
    const run = await again();
    await run.release();
    here.crash();
    server.away = true;
    expect((await again()).state).toMatchObject(UNREACHABLE);
  });

  it('after nobody heard that it gave its seat back goes on: the seat is still its own', async () => {
    const { again, here } = await createKilled();
    const run = await again();
    await run.release();
    here.crash();
    expect((await again()).state).toMatchObject({ status: 'offline' });
  });

  it('after it was stopped may not work', async () => {
    const { again, here, server } = await createKilled();
    server.away = false;
    const run = await again();
    server.status = 'suspended';
    await here.pass(10 * MINUTE);
    expect(run.state).toMatchObject({ reason: 'license_suspended' });
    here.crash();
    server.away = true;
    expect((await again()).state).toMatchObject(UNREACHABLE);
  });
});

/** It has a session of its own, and the lease of the run before with it. */
async function restartAfterKill() {
  const one = await createKilled();
  one.server.away = false;
  const run = await one.again();
  expect(run.state).toMatchObject({ status: 'online' });
  return { ...one, run };
}

describe('a program that was killed with a lease and is started again with the server in reach', () => {
  it('may work without it for the rest of that lease: it gets another one afterwards', async () => {
    const { run, server, here } = await restartAfterKill();
    await here.pass(10 * MINUTE);
    expect(run.state).toMatchObject({ status: 'online' });
    server.away = true;
    await here.pass(15 * MINUTE);
    expect(run.state).toMatchObject({ status: 'offline' });
    expect(server.holders()).toHaveLength(1);
    await here.pass(5 * MINUTE);
    expect(run.state).toMatchObject({ status: 'stopped', reason: 'offline_ended' });
    expect(server.holders()).toEqual([]);
  });

  it('has a lease of its own once that is over', async () => {
    const { run, here } = await restartAfterKill();
    await here.pass(40 * MINUTE);
    expect(run.state).toMatchObject({ status: 'online', offlineMinutes: 30 });
  });

  it('gives both back, so that the seat is free at once', async () => {
    const { run, server } = await restartAfterKill();
    expect(server.holders()).toHaveLength(1);
    await run.release();
    expect(server.holders()).toEqual([]);
  });

  it('and whose own seat ran out meanwhile has another, and works on where the network goes before that', async () => {
    const { run, server, here } = await restartAfterKill();
    server.away = true;
    await here.pass(9 * MINUTE);
    expect(run.state).toMatchObject({ status: 'offline' });
    // The network comes and goes: that the seat has run out is heard, and another one is not.
    server.away = false;
    server.instead = (call, right) => (call.endsWith('/acquire') ? { status: 502, body: 'no' } : right());
    await here.pass(2 * MINUTE);
    expect(run.state).toMatchObject({ status: 'offline' });
    server.instead = undefined;
    await here.pass(2 * MINUTE);
    expect(run.state).toMatchObject({ status: 'online' });
    await run.release();
    expect(server.holders()).toEqual([]);
  });

  it('and is killed again leaves the lease to the third run', async () => {
    const { here, server, again } = await restartAfterKill();
    here.crash();
    const third = await again();
    await here.pass(MINUTE);
    server.away = true;
    await here.pass(20 * MINUTE);
    expect(third.state).toMatchObject({ status: 'offline' });
    await third.release();
    expect(server.holders()).toHaveLength(1);
  });
});

describe('the clock that was set back between two runs', () => {
  it('is noticed: the second one may not work without the server', async () => {
    const { again, here, server } = await createKilled();
    here.setClock(-HOUR);
    const run = await again();
    expect(run.state).toMatchObject({ status: 'stopped', reason: 'clock_set_back' });
    server.away = false;
    expect(await run.acquire()).toMatchObject({ status: 'online' });
  });

  it('by as long as the machine was left alone is noticed by how long it has been up', async () => {
    const { again, here } = await createKilled();
    here.sleep(2 * HOUR);
    here.setClock(-2 * HOUR);
    expect((await again()).state).toMatchObject({ status: 'stopped', reason: 'clock_set_back' });
  });

  it('and a machine that was started anew: what it has been up for counts at the least', async () => {
    const { again, here } = await createKilled();
    here.restart();
    here.sleep(HOUR);
    here.setClock(-HOUR);
    expect((await again()).state).toMatchObject({ status: 'stopped', reason: 'clock_set_back' });
  });
});

describe('what a run leaves for the next one', () => {
  it.each<{ what: string; change: (folders: Machine['folders']) => void; problem?: string }>([
    { what: 'deleted', change: ({ folder }) => rmSync(folder, { recursive: true }) },
    {
      what: 'edited',
      change: ({ folder }) => {
        const text = readFileSync(onlyFile(folder), 'utf8');
        writeFileSync(onlyFile(folder), text.replace(/"wall":\d/, '"wall":9'));
      },
      problem: 'state_edited',
    },
    {
      what: 'no state at all',
      change: ({ folder }) => writeFileSync(onlyFile(folder), 'nonsense'),
      problem: 'state_edited',
    },
    {
      what: 'without its mark',
      change: ({ markFolder }) => rmSync(markFolder, { recursive: true }),
      problem: 'state_outdated',
    },
  ])(
    'is not used when it was $what; with the server in reach nothing is lost',
    async ({ change, problem }) => {
      const { again, here, server } = await createKilled();
      change(here.folders);
      const run = await again();
      expect(run.state).toMatchObject(UNREACHABLE);
      expect(run.warnings).toEqual(problem === undefined ? [] : [{ kind: 'state', problem }]);
      server.away = false;
      expect(await run.acquire()).toMatchObject({ status: 'online' });
      here.crash();
      server.away = true;
      expect((await again()).state).toMatchObject({ status: 'offline' });
    },
  );

  it('is not used on another machine', async () => {
    const { again } = await createKilled();
    const run = await again({ hardwareId: 'hw_9876543210' });
    expect(run.state).toMatchObject(UNREACHABLE);
    expect(run.warnings).toEqual([{ kind: 'state', problem: 'state_of_another_machine' }]);
  });

  it('is not used in an older state: a lease that was given back does not come back', async () => {
    const { again, here, server } = await createKilled();
    const older = `${here.folders.folder}.older`;
    cpSync(here.folders.folder, older, { recursive: true });
    server.away = false;
    await (await again()).release();
    here.crash();
    server.away = true;
    cpSync(older, here.folders.folder, { recursive: true });
    const run = await again();
    expect(run.state).toMatchObject(UNREACHABLE);
    expect(run.warnings).toEqual([{ kind: 'state', problem: 'state_outdated' }]);
  });

  it('is for the licence that it is of, and for nobody else to read', async () => {
    const { again, here } = await createKilled();
    const run = await again({ licenseKey: 'CODITECT-1111-1111-1111-1111-1111' });
    expect(run.state).toMatchObject(UNREACHABLE);
    expect(run.warnings).toEqual([]);
    expect(statSync(onlyFile(here.folders.folder)).mode & 0o077).toBe(0);
  });

  it('that can’t be written is told once, and keeps nobody from working', async () => {
    const { here, server } = await createKilled();
    server.away = false;
    const run = here.run({ fetch: server.fetch, folder: '/dev/null/nowhere' });
    await run.acquire();
    await here.pass(HOUR);
    expect(run.state).toMatchObject({ status: 'online' });
    expect(run.warnings).toEqual([{ kind: 'state', problem: 'state_unwritable' }]);
  });

  it('is shared by a program whose seat another one of the same machine has taken over: both go on with the new session', async () => {
    const { again, here, server, world } = await createKilled();
    server.away = false;
    const first = await again();
    const beside = machine(world);
    const second = beside.run({ fetch: server.fetch, ...here.folders });
    await second.acquire();
    await beside.pass(6 * MINUTE);
    await here.pass(6 * MINUTE);
    expect(first.state).toMatchObject({ status: 'online' });
    expect(second.state).toMatchObject({ status: 'online' });
    expect(server.holders()).toHaveLength(1);
    beside.crash();
    here.crash();
    server.away = true;
    const third = here.run({ fetch: server.fetch });
    const acquiring = third.acquire();
    await here.pass(MINUTE);
    expect(await acquiring).toMatchObject({ status: 'offline' });
  });
});
