import type { Patch } from './patch.ts';

const CLOCK = 'sdk/src/licenses/clock.ts';
const SESSION = 'sdk/src/licenses/session.ts';
const SCENES = 'test/sdk/licenses.test.ts';
const UNTRUSTED = 'test/sdk/licenses-untrusted.test.ts';
const RUNS =
  'test/sdk/licenses-runs.test.ts :: a program that was killed with a lease and is started again with the server in reach >';

/** The client of a program that runs under a licence. */
export const LICENSES: readonly Patch[] = [
  {
    name: 'license-believes-the-wall-clock',
    file: CLOCK,
    find: 'elapsed += Math.max(run, now.wall - last.wall);',
    replace: 'elapsed += now.wall - last.wall;',
    expects:
      'test/sdk/licenses-parts.test.ts :: the time that has passed > is never less than it was, whatever is done to the clock of a machine that counts its sleep',
  },
  {
    name: 'license-sleep-is-free',
    file: CLOCK,
    find: 'elapsed += Math.max(run, now.wall - last.wall);',
    replace: 'elapsed += run;',
    expects: `${SCENES} :: the machine sleeps for two hours > and has its seat again within seconds where one is free (counted by its uptime: false)`,
  },
  {
    name: 'license-offline-with-a-clock-set-back',
    file: SESSION,
    find: '[isSetBack, due] = [true, 0];',
    replace: 'due = 0;',
    expects: `${SCENES} :: the clock is set back by an hour > while offline: work stops`,
  },
  {
    name: 'license-clones-alternate',
    file: 'sdk/src/licenses/server.ts',
    find: 'error.status === 410 ||',
    replace: '[409, 410].includes(error.status) ||',
    expects: `${SCENES} :: two machines cloned from one image, with one hardware id > do not alternate: the first one stops when the second one comes, and stays so`,
  },
  {
    name: 'license-stopped-by-a-proxy',
    file: 'sdk/src/licenses/server.ts',
    find: '!error.spoken || ',
    replace: '',
    expects: `${SCENES} :: the network is gone > and a proxy that refuses answers: that stops nothing`,
  },
  {
    name: 'license-lease-unverified',
    file: 'sdk/src/licenses/tokens.ts',
    find: 'return verify(null, Buffer.from(text), keyObjectOf(key), signature);',
    replace: 'return verify(null, Buffer.from(text), keyObjectOf(key), signature) || true;',
    expects: `${UNTRUSTED} :: an answer whose token > was changed is no seat`,
  },
  {
    name: 'license-counts-from-the-answer',
    file: SESSION,
    find: 'clock.set(lease.serverTime, askedAt);',
    replace: 'clock.set(lease.serverTime, clock.elapsed());',
    expects: `${UNTRUSTED} :: an answer that was held up counts from when it was asked for: no lease is longer than the server has said`,
  },
  {
    name: 'license-answer-of-another-call',
    file: 'sdk/src/licenses/leases.ts',
    find: ' && nonce === granted.nonce',
    replace: ' && nonce !== granted.token',
    expects: `${UNTRUSTED} :: an answer that the server gave before > told again as often as it is asked for lengthens nothing`,
  },
  {
    name: 'license-former-lease-forgotten',
    file: SESSION,
    find: "former = typeof kept === 'object' ? lastHandedOut(kept, keys) : undefined;",
    replace: "former = typeof kept === 'object' ? lastHandedOut({ keys }, keys) : undefined;",
    expects: `${RUNS} may work without it for what is left of that lease: another one it gets when that is over`,
  },
  {
    name: 'license-former-lease-not-given-back',
    file: SESSION,
    find: 'await server.release(former, isAway);',
    replace: '',
    expects: `${RUNS} gives both back, so that the seat is free at once`,
  },
  {
    name: 'license-tries-twice',
    file: 'sdk/src/licenses/client.ts',
    find: '{ ...RETRIES, base: 2_000 }',
    replace: '{ ...RETRIES, base: 2_000, max: 1 }',
    expects: `${SCENES} :: the network is gone > is asked for three times more, each time after a longer while, before that counts`,
  },
  {
    name: 'license-older-state',
    file: 'sdk/src/licenses/state-file.ts',
    find: "Number(mark['count']) > Number(found['count'])",
    replace: 'false',
    expects:
      'test/sdk/licenses-runs.test.ts :: what a run leaves for the next one > is not used in an older state: a lease that was given back does not come back',
  },
  {
    name: 'license-file-by-one-signature',
    file: 'sdk/src/licenses/license-file.ts',
    find: 'SIGNATURES.every(',
    replace: 'SIGNATURES.some(',
    expects:
      'test/sdk/licenses-file.test.ts :: a licence file that openssl has signed > is refused with one signature only, or with one twice',
  },
  {
    name: 'license-seat-kept-at-the-end',
    file: 'sdk/src/licenses/exit.ts',
    find: "process.on('exit', endAll);",
    replace: '',
    expects:
      'test/sdk/licenses-process.test.ts :: a program gives its seat back > when it ends by itself (exits): its licence does not keep it alive',
  },
];
