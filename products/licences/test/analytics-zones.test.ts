import { expect, test } from 'vitest';
import { openDatabase } from '#platform/db';
import { advanceTo } from '@plinth/testkit/factories';
import { atEndOfFile } from '@plinth/testkit/closing';
import { testApp } from '@plinth/testkit/services/app';
import { engine, testDatabase } from '@plinth/testkit/services';
import { office } from './sessions/office.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

// The embedded database has no settings but its own.
test.runIf(engine === 'postgres').each(['Pacific/Kiritimati', 'America/Los_Angeles'])(
  'a day ends at midnight of UTC, whatever zone the database is set to: %s',
  async (zone) => {
    const on = await testDatabase();
    const url = new URL(on.url);
    url.searchParams.set('options', `-c timezone=${zone}`);
    const elsewhere = await openDatabase({ engine: 'postgres', url: url.href });
    atEndOfFile(() => elsewhere.close());
    const app = await testApp({ work: false, on, over: () => elsewhere });
    const admin = await app.admin();
    const { service } = app.app.modules.mounted.find(({ module }) => module === 'coditect/licences') ?? {};
    const { analytics } = service as { analytics: { roll(): Promise<void> } };
    const midnight = Date.parse('2034-03-02T00:00:00Z');
    const advanceClockTo = (at: number) => advanceTo(on.db, new Date(at).toISOString());

    await advanceClockTo(midnight - 30 * MINUTE);
    const at = await office(app);
    const kept = await at.seat('a');
    await advanceClockTo(midnight - 26 * MINUTE);
    await at.release(kept);
    await advanceClockTo(midnight + 10 * MINUTE);
    await at.seat('b');
    await app.customer();
    const read = async () => {
      const path = 'GET /v1/admin/analytics?from=2034-03-01&until=2034-03-04';
      const { body } = await app.call(admin.key, path);
      const rows = body['data'] as readonly Readonly<Record<string, unknown>>[];
      return rows
        .toReversed()
        .map(({ day, sessions, sessions_ended, licenses_issued, sign_ups }) => [
          day,
          sessions,
          sessions_ended,
          licenses_issued,
          sign_ups,
        ]);
    };
    const figures = [
      ['2034-03-01', 1, 1, 1, 1],
      ['2034-03-02', 1, 0, 0, 1],
    ];
    expect(await read()).toEqual(figures);
    await advanceClockTo(midnight + 61 * MINUTE);
    await analytics.roll();
    expect(await app.count(at.who, 'coditect.days')).toBe(1);
    expect((await read())[0]).toEqual(figures[0]);
    await advanceClockTo(midnight + DAY + 61 * MINUTE);
    await analytics.roll();
    expect((await read())[1]).toEqual(['2034-03-02', 1, 1, 0, 1]);
  },
);
