import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { makeCustomers } from './customers.ts';
import type { Figures } from './figures.ts';
import { startProgram } from './process.ts';

/** Seconds of each of the rounds, which alternate: quiet, flooded, quiet, flooded. */
const ROUND = 5;
const ROUNDS = 4;
/** Log-ins under way at once: more than the pool computes (2) and keeps waiting (100) together. */
const FLOOD = 150;
/** Between two calls of one of the watched: they are visitors, and no load of their own. */
const GAP_MS = 10;
/** Accounts by turns, so that none meets its rate. */
const ACCOUNTS = 100;

/** What is watched: a call that needs nothing, and one that looks up who calls. */
const WATCHED = { healthz: 'GET /healthz', authenticated: 'GET /v1/billing/entitlements' } as const;
type WatchedCall = keyof typeof WATCHED;

/**
 * What a flood of log-ins does to everybody else: each of them from an address and for an email of its own, so that no rate and
 * no count of guesses stops it and the pool that hashes is all that is in its way. The times of two other calls are
 * taken side by side, without the flood and within it.
 */
export async function benchLoginFlood(say: (line: string) => void): Promise<Figures> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  const settings = {
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: folder,
    DATABASE_URL: server.adminUrl,
    SANDBOX_AI: 'true',
    LOG_LEVEL: 'error',
    EMAIL_VERIFICATION: 'off',
    TRUSTED_PROXIES: '127.0.0.1',
  };
  try {
    const keys = await makeCustomers(settings, ACCOUNTS, 'reel.basic');
    const program = await startProgram('start', settings);
    try {
      return await measure(program.url, { keys, say });
    } finally {
      await program.stop();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const noTimes = (): FloodTimes => ({ times: { healthz: [], authenticated: [] }, logins: {} });

interface FloodTimes {
  readonly times: Record<WatchedCall, number[]>;
  readonly logins: Record<number, number>;
}

async function measure(
  url: string,
  { keys, say }: { readonly keys: readonly string[]; readonly say: (line: string) => void },
): Promise<Figures> {
  const [quiet, flooded] = [noTimes(), noTimes()];
  for (let round = 0; round < ROUNDS; round += 1) {
    const isFlooded = round % 2 === 1;
    await takeRound(url, { keys, into: isFlooded ? flooded : quiet, isFlooded });
    say(`round ${round + 1} of ${ROUNDS}${isFlooded ? ', flooded' : ''}`);
  }
  const compareTimes = (which: WatchedCall) => ({
    without: quantiles(quiet.times[which]),
    with: quantiles(flooded.times[which]),
  });
  return {
    seconds: ROUND * ROUNDS,
    logins_at_once: FLOOD,
    logins_by_status: flooded.logins,
    healthz: compareTimes('healthz'),
    authenticated: compareTimes('authenticated'),
  };
}

async function takeRound(
  url: string,
  {
    keys,
    into,
    isFlooded,
  }: { readonly keys: readonly string[]; readonly into: FloodTimes; readonly isFlooded: boolean },
): Promise<void> {
  const end = performance.now() + ROUND * 1_000;
  const repeatUntilEnd = async (work: () => Promise<void>) => {
    while (performance.now() < end) await work();
  };
  const watched = (Object.keys(WATCHED) as WatchedCall[]).map((which) =>
    repeatUntilEnd(async () => {
      into.times[which].push(await timeCall(url, which, keys[into.times[which].length % keys.length] ?? ''));
      await pause(GAP_MS);
    }),
  );
  const flood = Array.from({ length: isFlooded ? FLOOD : 0 }, () =>
    repeatUntilEnd(async () => {
      const status = await login(url);
      into.logins[status] = (into.logins[status] ?? 0) + 1;
    }),
  );
  await Promise.all([...watched, ...flood]);
}

/** Milliseconds until the whole answer was there. */
async function timeCall(url: string, which: WatchedCall, key: string): Promise<number> {
  const path = WATCHED[which].replace('GET ', '');
  const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': nextAddress() };
  const began = performance.now();
  const response = await fetch(url + path, { headers });
  await response.text();
  const took = performance.now() - began;
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
  return took;
}

let callers = 0;

function nextAddress(): string {
  callers += 1;
  return `10.${(callers >> 16) & 255}.${(callers >> 8) & 255}.${callers & 255}`;
}

async function login(url: string): Promise<number> {
  const from = nextAddress();
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': from };
  const body = JSON.stringify({ email: `flood-${from}@example.com`, password: 'Wrong-Password-1' });
  const response = await fetch(`${url}/v1/auth/login`, { method: 'POST', headers, body });
  await response.text();
  return response.status;
}

function quantiles(times: readonly number[]): Figures {
  const sorted = [...times].sort((a, b) => a - b);
  const quantileAt = (share: number) =>
    Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2));
  return { calls: sorted.length, p50_ms: quantileAt(0.5), p99_ms: quantileAt(0.99), max_ms: quantileAt(1) };
}
