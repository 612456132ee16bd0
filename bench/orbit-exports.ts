import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readConfig } from '#platform/config';
import { createOpenAISandbox } from '#sandbox/openai';
import { openApp } from '../server/src/app.ts';
import { npmBinaries } from '@plinth/testkit/services/binaries';
import { startPostgres } from '@plinth/testkit/services/postgres';
import { makeCustomers } from './customers.ts';
import { type Figures, quantile, round } from './figures.ts';

/** Workspaces that each ask for one file of each format, all at once. */
const WORKSPACES = 8;
/** Sections of such a scope: about ten pages. One more scope has a hundred. */
const SECTIONS = 10;
const LONG = 100;
const PARAGRAPH =
  'The portal lets customers report a claim, add photographs and follow its state; it talks to the core system by its interface. ';
const CONTENT = `${`${PARAGRAPH.repeat(4)}\n\n`.repeat(5)}| Phase | Days | Amount |\n|---|---:|---:|\n${'| Design | 20 | €23,000 |\n'.repeat(8)}`;

/**
 * Eight workspaces ask for their scopes as PDF, DOCX and Markdown at once, and one for a hundred pages; while these are made, another caller
 * reads a scope again and again. Says how long files take, and how long that caller and the event loop wait.
 */
export async function benchOrbitExports(say: (line: string) => void): Promise<Figures> {
  const binaries = await npmBinaries();
  if (binaries === undefined)
    throw new Error('there is no PostgreSQL for this system in the packages of npm');
  const server = await startPostgres({ binaries, durable: true });
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  const sandbox = await createOpenAISandbox();
  try {
    const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
    const settings = {
      DATABASE_URL: server.adminUrl,
      NODE_ENV: 'test',
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'silent',
      AI_UPSTREAMS: JSON.stringify([{ ...upstream, models: ['sandbox-small', 'sandbox-large'] }]),
    };
    const keys = await makeCustomers(settings, WORKSPACES, 'orbit.team');
    const app = await openApp({
      config: readConfig(settings),
      version: 'bench',
      serve: true,
      work: true,
      migrate: false,
      onLost(reason) {
        throw new Error(reason);
      },
    });
    try {
      const { url } = await app.server.listen();
      return await measure({ url, keys, say });
    } finally {
      await app.stop();
    }
  } finally {
    await sandbox.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly url: string;
  readonly keys: readonly string[];
  readonly say: (line: string) => void;
}

type Json = Readonly<Record<string, unknown>>;

async function measure({ url, keys, say }: Bench): Promise<Figures> {
  const call = async (key: string, path: string, body?: object): Promise<Json> => {
    const got = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!got.ok) throw new Error(`${path} answered ${got.status}: ${await got.text()}`);
    return (await got.json()) as Json;
  };

  async function scopeOf(key: string, sections: number): Promise<string> {
    const { id } = await call(key, '/v1/scopes', { title: 'A portal', client_name: 'Acme' });
    for (let n = 1; n <= sections; n++)
      await call(key, `/v1/scopes/${String(id)}/sections`, {
        type: 'other',
        title: `Part ${n}`,
        content: CONTENT,
      });
    return String(id);
  }

  /** Milliseconds from the question to the file. */
  async function timeExport(key: string, scope: string, format: string): Promise<number> {
    const began = performance.now();
    const { status_url } = await call(key, `/v1/scopes/${scope}/export`, { format });
    for (;;) {
      const { status } = await call(key, `${String(status_url)}?wait=20`);
      if (status === 'completed') return performance.now() - began;
      if (status !== 'queued' && status !== 'running') throw new Error(`an export ${String(status)}`);
    }
  }

  async function timeReads(key: string, scope: string, over: Promise<unknown>): Promise<number[]> {
    const took: number[] = [];
    const ended = new AbortController();
    void over.finally(() => ended.abort());
    while (!ended.signal.aborted) {
      const began = performance.now();
      await call(key, `/v1/scopes/${scope}`);
      took.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return took;
  }

  const [reader = ''] = keys;
  const scopes = await Promise.all(keys.map((key) => scopeOf(key, SECTIONS)));
  const long = await scopeOf(reader, LONG);
  const idle = await timeReads(reader, scopes[0] ?? '', new Promise((resolve) => setTimeout(resolve, 2_000)));
  const loop = monitorEventLoopDelay({ resolution: 10 });
  const figures: Record<string, number> = { reads_idle_p95_ms: round(quantile(idle, 0.95)) };
  for (const format of ['markdown', 'docx', 'pdf']) {
    loop.enable();
    const files = Promise.all(keys.map((key, n) => timeExport(key, scopes[n] ?? '', format)));
    const [took, reads] = await Promise.all([files, timeReads(reader, scopes[0] ?? '', files)]);
    loop.disable();
    say(`${format}: ${keys.length} files at once`);
    figures[`${format}_p50_ms`] = round(quantile(took, 0.5));
    figures[`${format}_slowest_ms`] = round(Math.max(...took));
    figures[`${format}_reads_p95_ms`] = round(quantile(reads, 0.95));
    figures[`${format}_event_loop_max_ms`] = round(loop.max / 1e6);
    loop.reset();
  }
  loop.enable();
  figures['long_pdf_ms'] = round(await timeExport(reader, long, 'pdf'));
  figures['long_pdf_event_loop_max_ms'] = round(loop.max / 1e6);
  loop.disable();
  return figures;
}
