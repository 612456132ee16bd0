import { readFileSync } from 'node:fs';
import { type Kind } from './answers.ts';
import { type Child, startChild } from './child.ts';
import { startPlinth } from './plinth.ts';
import { startPortkey } from './portkey.ts';
import { type Cores, coresOf, pin } from './processes.ts';

/** Who is asked: the upstream itself, or what stands before it. */
export const SUBJECTS = ['direct', 'relay', 'parsed', 'portkey', 'plinth', 'traced', 'traced_all'] as const;
export type SubjectName = (typeof SUBJECTS)[number];

export interface Subject {
  readonly name: SubjectName;
  /** Process of the gateway; undefined for the upstream itself. */
  readonly pid: number | undefined;
  readonly origin: string;
  readonly keys: readonly string[];
  path(kind: Kind): string;
  headers(kind: Kind): Readonly<Record<string, string>>;
}

export type Setting = Awaited<ReturnType<typeof openSetting>>;

/** All processes of the bench, the gateways on one core and everything else on the others. */
export async function openSetting(say: (line: string) => void, { traced }: { readonly traced: boolean }) {
  const cores = holdCores(say);
  const upstream = await startChild('upstream.ts');
  const port = Number(upstream.said);
  const stops: (() => Promise<void>)[] = [() => upstream.stop()];
  const stop = async () => {
    for (const one of stops.toReversed()) await one();
  };
  const track = <T extends { readonly pid: number; stop(): Promise<void> }>(child: T): T => {
    stops.push(() => child.stop());
    if (cores !== undefined) pin(child.pid, cores.gateway);
    return child;
  };
  try {
    const load = await startChild('load.ts');
    stops.push(() => load.stop());
    if (traced) return { load, upstream, cores, stop, ...(await openTraced(port, track)) };
    const relay = track(await startChild('relay.ts', { words: [String(port), 'bytes'] }));
    const parsed = track(await startChild('relay.ts', { words: [String(port), 'parsed'] }));
    const portkey = await startPortkey();
    if (typeof portkey === 'string') say(`portkey is left out: ${portkey}`);
    else track(portkey);
    const plinth = track(await startPlinth(port));
    const subjects: Subject[] = [
      bareSubject('direct', undefined, port),
      bareSubject('relay', relay.pid, Number(relay.said)),
      bareSubject('parsed', parsed.pid, Number(parsed.said)),
      ...(typeof portkey === 'string' ? [] : [throughPortkey(portkey, port)]),
      throughPlinth(plinth),
    ];
    return { load, upstream, plinth, subjects, cores, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Track = <T extends { readonly pid: number; stop(): Promise<void> }>(child: T) => T;

/** Our gateway without traces, with one in 100, and with all; a collector that takes them. */
async function openTraced(upstreamPort: number, track: Track) {
  const plinth = track(await startPlinth(upstreamPort));
  // The upstream answers every request: a collector's too.
  const tracing = (ratio: string) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${upstreamPort}/plain`,
    OTEL_TRACES_SAMPLER_ARG: ratio,
  });
  const some = track(await plinth.beside(tracing('0.01')));
  const all = track(await plinth.beside(tracing('1')));
  const subjects: Subject[] = [
    throughPlinth(plinth),
    { ...throughPlinth(some), name: 'traced' },
    { ...throughPlinth(all), name: 'traced_all' },
  ];
  return { plinth, subjects };
}

/** This process goes to the cores of the rest, and so does all that it starts. */
function holdCores(say: (line: string) => void): Cores | undefined {
  try {
    const cores = coresOf(readFileSync('/proc/self/status', 'utf8'));
    if (cores === undefined) say('one core: gateways share it with everything else, and no rate counts');
    else pin(process.pid, cores.rest);
    return cores;
  } catch (error) {
    say(`processes are not held on cores, so that no rate counts: ${String(error).split('\n', 1).join('')}`);
    return undefined;
  }
}

const JSON_BODY = { 'content-type': 'application/json' } as const;

function bareSubject(name: SubjectName, pid: number | undefined, port: number): Subject {
  return {
    name,
    pid,
    origin: `http://127.0.0.1:${port}`,
    keys: ['bench'],
    path: (kind) => `/${kind}/v1/chat/completions`,
    headers: () => JSON_BODY,
  };
}

function throughPortkey({ pid, origin }: { pid: number; origin: string }, upstreamPort: number): Subject {
  return {
    name: 'portkey',
    pid,
    origin,
    keys: ['bench'],
    path: () => '/v1/chat/completions',
    headers: (kind) => ({
      ...JSON_BODY,
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/${kind}/v1`,
    }),
  };
}

function throughPlinth({
  pid,
  origin,
  keys,
}: {
  pid: number;
  origin: string;
  keys: readonly string[];
}): Subject {
  return {
    name: 'plinth',
    pid,
    origin,
    keys,
    path: () => '/v1/ai/chat/completions',
    headers: () => JSON_BODY,
  };
}

/** One turn's order goes to the load, and its answer comes back; none for too long is a stall, and ends the bench. */
export async function tell<Answer>(
  { process: child }: Child,
  order: unknown,
  patience: number,
): Promise<Answer> {
  const said = Promise.withResolvers<Answer>();
  const timer = setTimeout(
    () => said.reject(new Error('the load got no answers: a gateway stalls')),
    patience,
  );
  const onExit = () => said.reject(new Error('the load ended'));
  child.once('message', (message) => said.resolve(message as Answer));
  child.once('exit', onExit);
  child.send(order as object);
  try {
    return await said.promise;
  } finally {
    clearTimeout(timer);
    child.off('exit', onExit);
    child.removeAllListeners('message');
  }
}
