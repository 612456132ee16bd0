import { createClient } from '@plinth/sdk';
import { LicenseError, verifyLicenseFile } from '@plinth/sdk/licenses';
import { advance } from '@plinth/testkit/factories';
import { describe, expect, it } from 'vitest';
import { HOUR, machine, MINUTE } from '../../../test/sdk/license-machine.ts';
import { coditectFixture } from './fixture.ts';

const { db, url, licensee } = await coditectFixture();

/** A licence, and machines that run a program under it; the server's clock goes with theirs. */
async function office() {
  const owner = await licensee();
  const api = createClient({ baseUrl: url, apiKey: owner.who.key });
  const world = { now: Date.now() };
  let told = world.now;
  const network = { away: false };
  const fetchOnClock: typeof fetch = async (...call) => {
    if (network.away) throw new TypeError('fetch failed');
    const by = world.now - told;
    told = world.now;
    if (by > 0) await advance(db, `${by} milliseconds`);
    return fetch(...call);
  };
  const [licenseKey, id] = [await owner.key(), await owner.id()];
  const desk = (name: string) => {
    const here = machine(world);
    const run = (more: object = {}) =>
      here.run({ fetch: fetchOnClock, baseUrl: url, licenseKey, hardwareId: `hardware-of-${name}`, ...more });
    return { here, run };
  };
  return {
    owner,
    api,
    network,
    desk,
    licenseKey,
    id,
    holders: async () => (await api.licenses.seats(id)).seats.map((seat) => seat.hardware_id),
  };
}

async function createLeased() {
  const made = await office();
  const { here, run } = made.desk('ada');
  const client = run();
  await client.acquire();
  await here.pass(6 * MINUTE);
  expect(client.state).toMatchObject({ status: 'online', offlineMinutes: 30 });
  return { ...made, here, run, client };
}

describe('a program that runs under a licence of the server', () => {
  it('has a seat, keeps it, and gives it back', async () => {
    const { desk, holders } = await office();
    const { here, run } = desk('ada');
    const client = run();
    expect(await client.acquire()).toEqual({
      status: 'online',
      offlineMinutes: 0,
      seats: { used: 1, max: 3 },
    });
    await here.pass(30 * MINUTE);
    expect(client.statusesTold()).toEqual(['connecting', 'online']);
    expect(client.warnings).toEqual([]);
    expect(await holders()).toEqual(['hardware-of-ada']);
    await client.release();
    expect(await holders()).toEqual([]);
  });

  it('whose network is gone for 29 minutes has the same session after that', async () => {
    const { here, client, network, api, licenseKey } = await createLeased();
    network.away = true;
    await here.pass(29 * MINUTE);
    expect(client.state).toMatchObject({ status: 'offline', minutesLeft: 1 });
    network.away = false;
    await here.pass(45_000);
    expect(client.state).toMatchObject({ status: 'online' });
    expect((await api.licenses.sessions(licenseKey)).data).toMatchObject([{ status: 'active' }]);
    await client.release();
  });

  it('whose network is gone for 31 minutes works no more, and nobody had its seat before', async () => {
    const { here, client, network, holders } = await createLeased();
    network.away = true;
    await here.pass(28 * MINUTE);
    expect(await holders()).toEqual(['hardware-of-ada']);
    await here.pass(3 * MINUTE);
    expect(client.state).toMatchObject({ status: 'stopped', reason: 'offline_ended' });
    network.away = false;
    expect(await client.acquire()).toMatchObject({ status: 'online' });
    await client.release();
  });

  it('on a machine that slept for two hours has another session; the seat was free meanwhile', async () => {
    const { here, client, api, licenseKey } = await createLeased();
    here.sleep(2 * HOUR);
    expect(() => client.assertLicensed()).toThrow(LicenseError);
    await here.pass(15_000);
    expect(client.state).toMatchObject({ status: 'online' });
    const { data } = await api.licenses.sessions(licenseKey);
    expect(data.map(({ status }) => status)).toEqual(['active', 'expired']);
    await client.release();
  });

  it('whose clock is set back by an hour asks the server what time it is, and works on in the same session', async () => {
    const { here, client, api, licenseKey } = await createLeased();
    here.setClock(-HOUR);
    await here.pass(45_000);
    expect(client.warnings).toMatchObject([{ kind: 'clock_set_back' }]);
    expect(client.state).toMatchObject({ status: 'online' });
    expect((await api.licenses.sessions(licenseKey)).data).toMatchObject([{ status: 'active' }]);
    await client.release();
  });

  it('whose clock is set back by an hour without a network stops, and has a seat when the server says what time it is', async () => {
    const { here, client, network } = await createLeased();
    network.away = true;
    await here.pass(10 * MINUTE);
    here.setClock(-HOUR);
    await here.pass(45_000);
    expect(client.state).toMatchObject({ status: 'stopped', reason: 'clock_set_back' });
    network.away = false;
    expect(await client.acquire()).toMatchObject({ status: 'online' });
    await client.release();
  });

  it('stops when a clone of its machine takes its seat over', async () => {
    const { client, here, desk, holders } = await createLeased();
    const beside = desk('ada');
    const clone = beside.run();
    await clone.acquire();
    for (let half = 0; half < 6; half += 1) {
      await here.pass(MINUTE);
      await beside.here.pass(MINUTE);
    }
    expect(client.state).toMatchObject({ status: 'stopped', reason: 'seat_taken_over' });
    expect(clone.state).toMatchObject({ status: 'online' });
    expect(await holders()).toHaveLength(1);
    await clone.release();
  });

  it('stops when an admin of the account ends its seat', async () => {
    const { client, here, api, id } = await createLeased();
    const [seat] = (await api.licenses.seats(id)).seats;
    await api.licenses.endSeat(id, seat?.machine_id ?? '');
    await here.pass(6 * MINUTE);
    expect(client.state).toMatchObject({ status: 'stopped', reason: 'session_expired' });
    expect(await client.acquire()).toMatchObject({ status: 'online' });
    await client.release();
  });

  it('is told how long it may borrow its seat, and what is too long', async () => {
    const { client } = await createLeased();
    expect(await client.borrow(20)).toMatchObject({ status: 'online', offlineMinutes: 30 });
    await expect(client.borrow(31)).rejects.toMatchObject({ code: 'offline_too_long' });
    expect(client.state).toMatchObject({ status: 'online' });
    await client.release();
  });

  it('needs no key for a member of the account', async () => {
    const { desk, api, holders } = await office();
    const client = desk('bob').run({ licenseKey: undefined, user: api });
    expect(await client.acquire()).toMatchObject({ status: 'online' });
    expect(await holders()).toEqual(['hardware-of-bob']);
    await client.release();
  });

  it.each([
    {
      what: 'a typing error',
      licenseKey: 'CODITECT-0000-0000-0000-0000-0001',
      reason: 'license_key_malformed',
    },
    { what: 'nobody’s key', licenseKey: 'CODITECT-0000-0000-0000-0000-0000', reason: 'license_not_found' },
  ])('is told of $what', async ({ licenseKey, reason }) => {
    const { desk } = await office();
    await expect(desk('eve').run({ licenseKey }).acquire()).rejects.toMatchObject({ reason });
  });
});

it('each call of a licence can be made from the client', async () => {
  const { api, licenseKey, id } = await office();
  const [hardware, machineCall] = ['hardware-of-the-office', { license_key: licenseKey }];
  expect((await api.licenses.list({ active: 'true' })).data).toMatchObject([{ id }]);
  expect(await api.licenses.get(id)).toMatchObject({ license_key: licenseKey });
  expect(await api.licenses.validate(machineCall)).toMatchObject({ valid: true });
  const activation = await api.licenses.activate({ ...machineCall, hardware_id: hardware });
  expect(activation).toMatchObject({ already_activated: false, license: { max_seats: 3 } });
  expect((await api.licenses.machines(id)).data).toMatchObject([{ hardware_id: hardware }]);
  const taken = await api.licenses.acquire({ ...machineCall, machine_id: hardware });
  expect(await api.licenses.status(licenseKey)).toMatchObject({ current_seats_used: 1 });
  const { signed_token: token } = await api.licenses.heartbeat(taken.session_id, taken.signed_token);
  expect(await api.licenses.release({ session_id: taken.session_id, signed_token: token })).toBeNull();
  expect((await api.licenses.sessions(licenseKey)).data).toMatchObject([{ status: 'released' }]);
  expect(await api.licenses.deactivate({ ...machineCall, hardware_id: hardware })).toBeNull();
});

it('a file that the server has signed is verified without asking it, and refused with a changed byte', async () => {
  const { api, id } = await office();
  const file = JSON.stringify(await api.licenses.download(id));
  const known: { readonly keys: readonly object[] } = JSON.parse(
    await (await fetch(`${url}/.well-known/license-keys`)).text(),
  );
  const check = { publicKeys: known.keys, now: new Date() };
  expect(verifyLicenseFile(file, check)).toMatchObject({
    valid: true,
    license: { licenseId: id, tier: 'starter' },
  });
  const more = file.replace('"max_seats":3', '"max_seats":9');
  expect(verifyLicenseFile(more, check)).toEqual({ valid: false, problem: 'forged' });
});
