import { createHash } from 'node:crypto';
import { canonicalJson, hardwareId } from '@plinth/sdk/licenses';
import { assertHolds } from '@plinth/testkit/property';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { passedSince, serverClock } from '../../sdk/src/licenses/clock.ts';

/** A machine on which these files are and these programs print. */
function host(platform: string, found: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const answer = async (name: string) => {
    asked.push(name);
    const text = found[name];
    if (text === undefined) throw new Error(`no ${name}`);
    return text;
  };
  return {
    asked,
    platform,
    file: answer,
    printed: (program: string) => answer(program),
    description: 'ada\nx64\nEngine',
  };
}

const ID = '3f2a9c0de1b84f5a9c0de1b84f5a9c0d';

describe('the hardware id', () => {
  it.each([
    { platform: 'linux', found: { '/etc/machine-id': `${ID}\n` } },
    { platform: 'linux', found: { '/etc/machine-id': '', '/var/lib/dbus/machine-id': ID } },
    { platform: 'freebsd', found: { '/etc/hostid': ID } },
    { platform: 'darwin', found: { ioreg: `  "IOPlatformUUID" = "${ID.toUpperCase()}"\n` } },
    { platform: 'win32', found: { reg: `\r\n    MachineGuid    REG_SZ    ${ID}\r\n` } },
  ])('of $platform is made from what the system names it by ($found)', async ({ platform, found }) => {
    const one = await hardwareId(host(platform, found));
    expect(one).toMatch(/^hw_[0-9a-f]{40}$/);
    expect(one).not.toContain(ID.slice(0, 10));
    expect(one).toBe(
      `hw_${createHash('sha256').update(`plinth.hardware-id.1\n${platform}\n${ID}`).digest('hex').slice(0, 40)}`,
    );
  });

  it.each(['', 'uninitialized\n', '00000000-0000-0000-0000-000000000000', 'short'])(
    'where that says %j is made from the host’s name and its processor',
    async (said) => {
      const machine = host('linux', { '/etc/machine-id': said });
      const other = host('linux', {});
      expect(await hardwareId(machine)).toBe(await hardwareId(other));
      expect(await hardwareId({ ...other, description: 'bob\nx64\nEngine' })).not.toBe(
        await hardwareId(other),
      );
    },
  );

  it('of this machine is the same each time, and long enough for any server', async () => {
    expect(await hardwareId()).toBe(await hardwareId());
    expect((await hardwareId()).length).toBeGreaterThanOrEqual(10);
  });
});

/** One thing that happens to a machine: it runs, sleeps, or its clock is set. */
const happening = fc.record({
  kind: fc.constantFrom('runs', 'sleeps', 'set'),
  by: fc.integer({ min: 0, max: 7_200_000 }),
  back: fc.boolean(),
});

/** Clocks that these things have happened to, and the true time that has passed. */
function clocks(countsSleep: boolean) {
  const truth = { now: 0 };
  let [monotonic, uptime, offset] = [0, 0, 0];
  const time = {
    now: () => 1_000_000_000 + truth.now + offset,
    monotonic: () => monotonic,
    uptime: () => uptime,
    random: () => 0,
    wait: async () => {},
  };
  const happens = ({ kind, by, back }: { kind: string; by: number; back: boolean }) => {
    if (kind === 'set') return void (offset += back ? -by : by);
    truth.now += by;
    if (kind === 'runs') monotonic += by;
    if (kind === 'runs' || countsSleep) uptime += by;
  };
  return { truth, time, happens };
}

describe('the time that has passed', () => {
  it('never decreases, whatever happens to the clock of a machine that counts its sleep', () => {
    const passing = fc.property(fc.array(happening, { maxLength: 20 }), (all) => {
      const { truth, time, happens } = clocks(true);
      const clock = serverClock(time);
      for (const one of all) {
        happens(one);
        clock.elapsed();
      }
      expect(clock.elapsed()).toBeGreaterThanOrEqual(truth.now);
    });
    assertHolds(passing, { numRuns: 500 });
  });

  it('is exact while nobody sets the clock, asleep or awake', () => {
    const passing = fc.property(fc.array(happening), fc.boolean(), (all, countsSleep) => {
      const { truth, time, happens } = clocks(countsSleep);
      const clock = serverClock(time);
      for (const one of all.filter(({ kind }) => kind !== 'set')) {
        happens(one);
        clock.elapsed();
      }
      expect(clock.elapsed()).toBe(truth.now);
      expect(clock.takeSetBack()).toBeUndefined();
    });
    assertHolds(passing, { numRuns: 500 });
  });

  it('between two runs is never less than it was, or the clock was seen to be set back', () => {
    const passing = fc.property(fc.array(happening, { maxLength: 20 }), (all) => {
      const { truth, time, happens } = clocks(true);
      const before = { wall: time.now(), uptime: time.uptime() };
      for (const one of all) happens(one);
      const passed = passedSince(before, { wall: time.now(), uptime: time.uptime() });
      expect(passed === 'set_back' || passed >= truth.now).toBe(true);
    });
    assertHolds(passing, { numRuns: 500 });
  });
});

describe('canonical JSON', () => {
  it('is what RFC 8785 has for its example', () => {
    const example = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    );
    expect(canonicalJson(example)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
  });

  it('has the names in the order of their UTF-16 units', () => {
    const example = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const order = [...canonicalJson(example).matchAll(/:"([^"]+)"/g)].map(([, value]) => value);
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('of one document is the same bytes however it is written, and reads back as it was', () => {
    const writing = fc.property(fc.jsonValue(), (value) => {
      const written = canonicalJson(value);
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(JSON.parse(JSON.stringify(value, null, 2)))).toBe(written);
    });
    assertHolds(writing, { numRuns: 300 });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, '\ud800', { a: undefined }])(
    'has no word for %j',
    (value) => {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    },
  );
});
