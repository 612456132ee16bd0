import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';
import type { Figures } from './figures.ts';
import { startProgram } from './process.ts';

/** Calls about known and about unknown emails, of each kind. */
const CALLS = 200;
const WARM_UP = 20;
const PASSWORD = 'Analytical-Engine-1843';

/** The calls that take any visitor's email. */
const KINDS: Readonly<Record<string, (email: string) => object>> = {
  login: (email) => ({ email, password: 'Wrong-Password-1' }),
  register: (email) => ({ email, password: PASSWORD, company_name: 'Analytical Engines' }),
  'forgot-password': (email) => ({ email }),
  'resend-verification': (email) => ({ email }),
};

/**
 * Whether an answer's time tells if an email is known: each call for known and unknown emails by turns, one after the
 * other, on PostgreSQL. `auc` is the share of pairs in which the known one took longer (Mann and Whitney): 0.5 tells nothing.
 */
export async function benchEnumeration(say: (line: string) => void): Promise<Figures> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  try {
    const program = await startProgram('start', {
      PORT: '0',
      DATA_DIR: folder,
      DATABASE_URL: server.adminUrl,
      SANDBOX_AI: 'true',
      LOG_LEVEL: 'error',
      EMAIL_VERIFICATION: 'off',
      // Every call comes from an address of its own, so that no rate is met.
      TRUSTED_PROXIES: '127.0.0.1',
    });
    try {
      const figures: Record<string, unknown> = {};
      for (const kind of Object.keys(KINDS)) {
        figures[kind] = await measure(program.url, kind);
        say(`${kind}: ${JSON.stringify(figures[kind])}`);
      }
      return { calls: CALLS, ...figures };
    } finally {
      await program.stop();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(url: string, kind: string): Promise<Figures> {
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let turn = 0; turn < CALLS + WARM_UP; turn += 1) {
    const email = `known-${kind}-${turn}@example.com`;
    await timeLogin(url, 'register', email);
    // Which goes first alternates, so that neither always finds what the other left warm.
    const order = turn % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
    for (const which of order) {
      const took = await timeLogin(url, kind, which === 'known' ? email : `un${email}`);
      if (turn >= WARM_UP) times[which].push(took);
    }
  }
  return { known: quantiles(times.known), unknown: quantiles(times.unknown), auc: aucOf(times) };
}

let callers = 0;

/** Milliseconds until the whole answer was there. */
async function timeLogin(url: string, kind: string, email: string): Promise<number> {
  callers += 1;
  const body = JSON.stringify(KINDS[kind]?.(email));
  const from = `10.${(callers >> 16) & 255}.${(callers >> 8) & 255}.${callers & 255}`;
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': from };
  const began = performance.now();
  const response = await fetch(`${url}/v1/auth/${kind}`, { method: 'POST', headers, body });
  const text = await response.text();
  const took = performance.now() - began;
  if (response.status >= 500 || response.status === 429) throw new Error(`${kind}: ${text}`);
  return took;
}

function quantiles(times: readonly number[]): Figures {
  const sorted = [...times].sort((a, b) => a - b);
  const quantileAt = (share: number) =>
    Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2));
  return {
    p10_ms: quantileAt(0.1),
    p50_ms: quantileAt(0.5),
    p90_ms: quantileAt(0.9),
    p99_ms: quantileAt(0.99),
  };
}

function aucOf({ known, unknown }: { known: readonly number[]; unknown: readonly number[] }): number {
  let longer = 0;
  for (const one of known) for (const other of unknown) longer += one > other ? 1 : one === other ? 0.5 : 0;
  return Number((longer / (known.length * unknown.length)).toFixed(3));
}
