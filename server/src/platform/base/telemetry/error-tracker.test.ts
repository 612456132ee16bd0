import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AppError } from '#platform/kernel';
import { errorTrackerStandIn } from '@plinth/testkit/services/error-tracker';
import { createRepeatFilter } from './error-tracker.ts';
import { createTelemetry } from './index.ts';

async function createTracking() {
  const tracker = await errorTrackerStandIn();
  const telemetry = createTelemetry({ logLevel: 'silent' });
  await telemetry.trackErrors({ dsn: tracker.dsn, environment: 'staging' });
  /** How often an outcome was counted. */
  async function counted(outcome: string): Promise<number> {
    const line = new RegExp(`^plinth_error_reports_total\\{outcome="${outcome}"\\} (\\d+)`, 'm');
    return Number(line.exec(await telemetry.prometheus())?.[1] ?? 0);
  }
  return { ...telemetry, tracker, counted };
}

describe('a tracker of errors', () => {
  test('is told of an error with its causes, where it was thrown, and what it was about', async () => {
    const { logger, tracker, flushErrors } = await createTracking();
    const cause = Object.assign(new TypeError('no such column'), { code: '42703' });
    logger
      .with({ job_id: 'job-1' })
      .error(
        { route: 'GET /v1/me', code: 'internal', err: new AppError('internal', { cause }) },
        'a call failed',
      );
    await flushErrors(5_000);
    const [event, ...more] = tracker.events;
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      message: 'a call failed',
      level: 'error',
      environment: 'staging',
      release: expect.stringMatching(/^plinth@\d/),
      tags: { route: 'GET /v1/me', code: 'internal', job_id: 'job-1' },
    });
    const exceptions = event?.exception?.values ?? [];
    expect(exceptions.map(({ type, value }) => [type, value])).toEqual([
      ['TypeError', 'no such column'],
      ['AppError', expect.any(String)],
    ]);
    for (const { stacktrace } of exceptions)
      expect(stacktrace?.frames.at(-1)).toMatchObject({
        filename: 'app:///server/src/platform/base/telemetry/error-tracker.test.ts',
        in_app: true,
      });
    // Neither whose machine it is, nor where the program is installed.
    expect(tracker.text()).not.toContain(process.cwd());
    expect(tracker.text()).not.toMatch(/server_name|hostname|"user"|breadcrumbs/);
  });

  test('hears nothing of what is no error', async () => {
    const { logger, tracker, flushErrors } = await createTracking();
    logger.warn({ err: new Error('late') }, 'a provider was slow');
    logger.info({}, 'ready');
    await flushErrors(5_000);
    expect(tracker.requests()).toBe(0);
  });

  test('hears of an outage once, and not of each call that it fails', async () => {
    const { logger, tracker, flushErrors, counted } = await createTracking();
    for (let n = 0; n < 500; n += 1)
      logger.error({ request_id: `r${n}`, code: 'unavailable' }, 'a call failed');
    logger.error({ code: 'internal' }, 'a call failed');
    await flushErrors(5_000);
    expect(tracker.events.map(({ tags }) => tags['code'])).toEqual(['unavailable', 'internal']);
    expect([await counted('sent'), await counted('repeated')]).toEqual([2, 499]);
  });

  test('of secrets and of people’s texts hears nothing', async () => {
    const { logger, tracker, flushErrors } = await createTracking();
    const err = new SyntaxError('Unexpected token, "marker" is not valid JSON', { cause: 'marker' });
    logger.error(
      {
        err,
        body: { topic: 'marker' },
        authorization: 'Bearer marker-0123456789',
        list: [{ prompt: 'marker' }],
      },
      'sent Bearer marker-0123456789 along',
    );
    await flushErrors(5_000);
    expect(tracker.events).toHaveLength(1);
    expect(tracker.text()).not.toContain('marker');
  });

  test.each([
    ['fails', { status: 500 }],
    ['knows no such key', { status: 403 }],
    ['wants less', { status: 429, headers: { 'retry-after': '60' } }],
  ])('that %s loses an event, and nothing else', async (_, how) => {
    const { logger, tracker, flushErrors, counted } = await createTracking();
    tracker.answer(how);
    logger.error({ code: 'internal' }, 'a call failed');
    await flushErrors(5_000);
    expect([tracker.requests(), await counted('failed')]).toEqual([1, 1]);
    tracker.answer({ status: 200 });
    logger.error({ code: 'internal' }, 'another thing failed');
    await flushErrors(5_000);
    // A tracker that asked to be left alone for a minute is.
    expect(tracker.requests()).toBe(how.status === 429 ? 1 : 2);
    expect(await counted('failed')).toBe(how.status === 429 ? 2 : 1);
  });

  test('that hangs keeps nobody waiting for longer than was asked, and no more than 64 events', async () => {
    const { logger, tracker, flushErrors, counted } = await createTracking();
    tracker.answer('hang');
    for (let n = 0; n < 100; n += 1) logger.error({}, `thing ${n} failed`);
    await flushErrors(10);
    expect(await counted('failed')).toBe(36);
    expect(await counted('sent')).toBe(0);
  });

  test('that is away is one event less, and the log has it', async () => {
    const lines: string[] = [];
    const logTo = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
    const telemetry = createTelemetry({ logLevel: 'error', logTo });
    const nobody = 'http://key@127.0.0.1:9/1';
    await telemetry.trackErrors({ dsn: nobody, environment: 'production' });
    telemetry.logger.error({ code: 'internal' }, 'a call failed');
    await telemetry.close();
    expect(lines.join('')).toContain('a call failed');
  });
});

test('of a kind one is let through a minute, and says how many were kept back', () => {
  let now = 0;
  const allows = createRepeatFilter({ monotonic: () => now });
  expect([allows('a'), allows('a'), allows('b'), allows('a')]).toEqual([0, undefined, 0, undefined]);
  now = 59_999;
  expect(allows('a')).toBeUndefined();
  now = 60_000;
  expect([allows('a'), allows('b'), allows('a')]).toEqual([3, 0, undefined]);
  now = 120_000;
  expect(allows('a')).toBe(1);
});
