import type { Patch } from './patch.ts';

const LEASED = 'src/platform/limits/rates.leased.ts';
const LEASES = 'src/platform/limits/rates.leased.test.ts ::';

/** Rates that are lent to processes. */
export const LEASES_OF_RATES: readonly Patch[] = [
  {
    name: 'rates-given-back-to-a-later-minute',
    file: 'src/platform/limits/functions/rates.sql',
    find: " and extract(epoch from rates.starts_at + interval '1 minute') * 1000000 = back.ends",
    replace: '',
    expects:
      'src/platform/limits/rates.test.ts :: calls that are lent by PostgreSQL > make no room in a later minute, when they are given back too late',
  },
  {
    name: 'rates-leased-past-their-minute',
    file: LEASED,
    find: ' && now.at + MARGIN < minuteOver',
    replace: '',
    expects: `${LEASES} a lease is over with the minute of the store, however young it is`,
  },
  {
    name: 'rates-leased-while-the-machine-slept',
    file: LEASED,
    find: 'elapsed(asked, now) < KEPT',
    replace: 'now.at - asked.at < KEPT',
    expects: `${LEASES} a lease is over when the machine slept, though its own clock stood still`,
  },
  {
    name: 'rates-kept-by-a-process-that-stops',
    file: LEASED,
    find: '      giveBack(unusedOf([...leases], clock.monotonic()));\n',
    replace: '',
    expects: `${LEASES} a process that stops gives back what it holds; one that is killed loses it until the minute is over`,
  },
  {
    name: 'rates-leased-under-another-limit',
    file: LEASED,
    find: ' || lease.left === 0 || lease.perMinute !== perMinute) return undefined',
    replace: ' || lease.left === 0) return undefined',
    expects: `${LEASES} another limit of the same key counts at once: what was lent under the old one goes back`,
  },
];
