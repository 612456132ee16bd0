import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { expect } from 'vitest';
import { createOpenAISandbox, type OpenAISandbox } from '#sandbox/openai';
import { startCollector } from '@plinth/testkit/services/collector';
import { type ErrorTrackerStandIn, errorTrackerStandIn } from '@plinth/testkit/services/error-tracker';
import { testDatabase, type TestDatabase } from '@plinth/testkit/services';
import { endAll, type Program, startProgram } from '@plinth/testkit/program';
import { waitFor } from '@plinth/testkit/fixtures/calls';
import { atEndOfFile } from '@plinth/testkit/closing';
import { makeMarks, type Marks } from './marks.ts';
import { type Talk, talkTo } from './talk.ts';

/** The real program at its most talkative, in whose every word a secret would show. */
export interface LeaksFixture extends Talk {
  readonly marks: Marks;
  readonly program: Program;
  readonly database: TestDatabase;
  readonly sandbox: OpenAISandbox;
  readonly folder: string;
  /** What the program is told by its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly url: string;
  /** What owner.json says. */
  readonly owner: { readonly email: string; readonly password: string; readonly key: string };
  /** The secrets of one kind in the links of all mails to an address so far, the oldest first. */
  linksSent(kind: 'ple' | 'pli', address: string): Promise<string[]>;
  /** What the tracker of errors was told. */
  readonly tracker: ErrorTrackerStandIn;
  /** All secrets found so far in places that must not have them. */
  leaks(): Promise<string[]>;
}

/** Starts it, on a provider of its own, with further settings; `marks` know the secrets among those. */
export async function openLeaksFixture(
  marks: Marks = makeMarks(),
  settings: Readonly<Record<string, string>> = {},
): Promise<LeaksFixture> {
  const database = await testDatabase();
  const [sandbox, tracker, collector] = await Promise.all([
    createOpenAISandbox(),
    errorTrackerStandIn(),
    startCollector(),
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'plinth-leaks-'));
  const metricsToken = `${marks.as('the metrics token')}-0123456789`;
  const upstream = {
    name: 'sandbox',
    base_url: sandbox.url,
    api_key: marks.as('the upstream’s key'),
    models: ['sandbox-small', 'sandbox-large'],
  };
  const environment = {
    PORT: '0',
    DATA_DIR: folder,
    LOG_LEVEL: 'debug',
    METRICS_TOKEN: metricsToken,
    SENTRY_DSN: tracker.dsn,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${marks.as('the collector’s key')}`,
    OTEL_TRACES_SAMPLER_ARG: '1',
    AI_UPSTREAMS: JSON.stringify([upstream]),
    ...database.settings,
    ...settings,
  };
  atEndOfFile(async () => {
    endAll();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const program = startProgram(['start'], { cwd: folder, environment });
  const url = await program.url();
  const talk = talkTo(url);
  const said = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Record<string, string>;
  const owner = { email: said['email'] ?? '', password: said['password'] ?? '', key: said['api_key'] ?? '' };
  marks.add('the owner’s password', owner.password);
  marks.add('the owner’s key', owner.key);
  return {
    ...talk,
    marks,
    program,
    database,
    sandbox,
    tracker,
    folder,
    environment,
    url,
    owner,
    linksSent: (kind, address) => linksIn(join(folder, 'outbox'), kind, address),
    async leaks() {
      const metrics = await talk.say('GET /metrics', { as: metricsToken });
      expect(metrics.status).toBe(200);
      // Spans leave in the order in which their calls ended.
      const last = metrics.headers.get('x-request-id') ?? '';
      await waitFor(() => collector.text().includes(last));
      return [
        ...marks.foundIn('the log', program.said()),
        ...marks.foundIn('the metrics', metrics.text),
        ...marks.foundIn('a refusal', talk.refusals()),
        ...marks.foundIn('the tracker of errors', tracker.text()),
        ...marks.foundIn('the traces', collector.text()),
      ];
    },
  };
}

async function linksIn(outbox: string, kind: string, address: string): Promise<string[]> {
  const names = existsSync(outbox) ? readdirSync(outbox).filter((name) => name.endsWith('.eml')) : [];
  const mails = names.sort().map((name) => PostalMime.parse(readFileSync(join(outbox, name))));
  const theirs = (await Promise.all(mails)).filter(({ to }) => to?.some((one) => one.address === address));
  const texts = theirs.map(({ text = '' }) => text);
  const secret = new RegExp(`${kind}_[\\w-]{43}`);
  return texts.flatMap((text) => secret.exec(text)?.[0] ?? []);
}
