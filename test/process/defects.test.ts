import { afterEach, expect, test } from 'vitest';
import { errorTrackerStandIn, type TrackerAnswer } from '@plinth/testkit/services/error-tracker';
import { temporaryFolder } from '@plinth/testkit/services';
import { endAll, startProgram } from '@plinth/testkit/program';

afterEach(endAll);

/** A defect on demand. */
const THROWING = `process.on('SIGUSR2', () => { throw new TypeError('a defect of a test'); });`;

test.each<[string, TrackerAnswer]>([
  ['is told to the tracker of errors', { status: 200 }],
  ['keeps nobody waiting for a tracker that hangs', 'hang'],
])('a defect that nobody caught ends the process, and %s', async (_, answer) => {
  const tracker = await errorTrackerStandIn();
  tracker.answer(answer);
  const program = startProgram(['start'], {
    cwd: temporaryFolder(),
    environment: { PORT: '0', SENTRY_DSN: tracker.dsn },
    flags: [`--import=data:text/javascript,${encodeURIComponent(THROWING)}`],
  });
  await program.url();
  program.kill('SIGUSR2');
  expect(await program.ended, program.said()).toEqual({ code: 1, signal: null });
  expect(program.said()).toContain('an uncaught exception');
  expect(tracker.requests()).toBe(1);
  if (answer === 'hang') return;
  expect(tracker.events).toMatchObject([
    {
      message: 'an uncaught exception',
      environment: 'development',
      release: expect.stringMatching(/^plinth@\d/),
      exception: { values: [{ type: 'TypeError', value: 'a defect of a test' }] },
    },
  ]);
});
