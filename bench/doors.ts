import { once } from 'node:events';
import { makeCustomers } from './customers.ts';
import { EXCHANGES } from './doors/answers.ts';
import type { Round } from './doors/load.ts';
import { type Figures, quantile, round } from './figures.ts';
import { type Child, startChild } from './gateway/child.ts';
import { cpuOfFamily } from './gateway/processes.ts';
import { onDatabase, withApp } from './server.ts';

/** By turns, so that what else the machine does meets each alike. */
const TURNS = 5;
/** Fewer than a plan allows in a minute: each round has a customer of its own. */
const CALLS = 1_000;
/** Calls of embeddings: one has as many bytes as 8,000 others. */
const LARGE_CALLS = 60;

/** Protocols of models that are asked in one alone. */
const APART = ['chat', 'messages', 'gemini'];

interface Subject {
  readonly name: string;
  readonly round: Omit<Round, 'key'>;
  /** Processor seconds of the measured process, so far. */
  cpu(): number;
}

/**
 * Processor time a call of each door, in milliseconds, and times that of chat completions; `_as_`: of a model that is asked in another
 * protocol alone. Embeddings of 1,000 inputs are compared with a relay that parses them.
 */
export async function benchDoors(say: (line: string) => void): Promise<Figures> {
  const upstream = await startChild('../doors/upstream.ts');
  const relay = await startChild('relay.ts', { words: [String(upstream.said), 'parsed'] });
  const load = await startChild('../doors/load.ts');
  try {
    return await onDatabase(async (given) => {
      const settings = { ...given, ...settingsFor(Number(upstream.said)) };
      const keys = await makeCustomers(settings, 8 * (TURNS + 1) + 1, 'gateway.scale');
      return withApp(settings, { work: false, migrate: false }, async (app) => {
        const { url } = await app.server.listen();
        const relayed = () => cpuOfFamily(relay.pid);
        const at = (name: string, protocol?: string): Subject =>
          subjectOf(name, { origin: url, base: '/v1/ai', protocol, cpu: cpuHere });
        const subjects = [
          at('chat'),
          at('responses'),
          at('messages'),
          at('google'),
          at('responses', 'chat'),
          at('messages', 'chat'),
          at('chat', 'messages'),
          at('chat', 'gemini'),
          at('embeddings'),
          subjectOf('embeddings', {
            origin: `http://127.0.0.1:${String(relay.said)}`,
            base: '/v1',
            protocol: undefined,
            cpu: relayed,
          }),
        ];
        return measured(load, { subjects, keys }, say);
      });
    });
  } finally {
    await Promise.all([load.stop(), relay.stop(), upstream.stop()]);
  }
}

/** Processor seconds of this process, which is the server. */
function cpuHere(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function settingsFor(port: number): Readonly<Record<string, string>> {
  const base = { base_url: `http://127.0.0.1:${port}/v1`, api_key: 'k' };
  const all = { ...base, name: 'bench', models: ['bench', 'bench-embed'] };
  const row = { input: 1, output: 1, context: 100_000, source: 'a bench' };
  return {
    AI_UPSTREAMS: JSON.stringify([
      { ...all, speaks: ['chat', 'responses', 'messages', 'gemini', 'embeddings'] },
      ...APART.map((protocol) => ({
        ...base,
        name: protocol,
        models: [`bench-${protocol}`],
        speaks: [protocol],
      })),
    ]),
    AI_CONFIG: JSON.stringify({
      version: '2026-11-28',
      prices: {
        'bench/bench': row,
        ...Object.fromEntries(APART.map((protocol) => [`${protocol}/bench-${protocol}`, row])),
        'bench/bench-embed': { input: 1, output: 0, source: 'a bench' },
      },
    }),
  };
}

interface Place {
  readonly origin: string;
  readonly base: string;
  /** The only one in which the model is asked, where it is another. */
  readonly protocol: string | undefined;
  readonly cpu: () => number;
}

function subjectOf(door: string, { origin, base, protocol, cpu }: Place): Subject {
  const exchange = EXCHANGES[door];
  if (exchange === undefined) throw new Error(`there is no exchange of ${door}`);
  const body = JSON.stringify({
    ...exchange.request,
    ...(protocol === undefined ? {} : { model: `bench-${protocol}` }),
  });
  const calls = door === 'embeddings' ? LARGE_CALLS : CALLS;
  const suffix = base === '/v1' ? '_relayed' : protocol === undefined ? '' : `_as_${protocol}`;
  return {
    name: `${door}${suffix}`,
    cpu,
    round: { origin, path: base + exchange.path, body, calls, atOnce: calls === CALLS ? 16 : 4 },
  };
}

async function measured(
  load: Child,
  { subjects, keys }: { readonly subjects: readonly Subject[]; readonly keys: readonly string[] },
  say: (line: string) => void,
): Promise<Figures> {
  const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
  const left = keys.slice(1);
  // The first turn warms up.
  for (let turn = 0; turn <= TURNS; turn += 1) {
    // Each turn begins elsewhere, so that the largest calls come before another door each time.
    const order = subjects
      .map((_, n) => subjects[(n + turn) % subjects.length])
      .filter((one) => one !== undefined);
    for (const { name, cpu, round: asked } of order) {
      const before = cpu();
      // The relay and embeddings, which are few, need none of their own.
      const key = asked.calls === CALLS ? left.pop() : keys[0];
      load.process.send({ ...asked, key });
      const [failed] = (await once(load.process, 'message')) as [string];
      if (failed !== '') throw new Error(failed);
      if (turn > 0) times.get(name)?.push(((cpu() - before) * 1_000) / asked.calls);
    }
  }
  const figures: Record<string, number> = {};
  const medianOf = (name: string) => quantile(times.get(name) ?? [], 0.5);
  for (const name of times.keys()) {
    const other = name.startsWith('embeddings') ? 'embeddings_relayed' : 'chat';
    figures[`${name}_cpu_ms`] = round(medianOf(name));
    figures[`${name}_vs_${other}`] = round(medianOf(name) / medianOf(other));
    say(`${name}: ${round(medianOf(name))} ms, ${round(medianOf(name) / medianOf(other))} × ${other}`);
  }
  return figures;
}
