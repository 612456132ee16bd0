import { Chart, Section, Table, usePagesOfAccount, useTexts } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { texts } from './texts.ts';

type Session = ReplyOf<'GET /v1/licenses/{key}/sessions'>['data'][number];

/** Days that are drawn at most. */
const DAYS = 28;

/** Sessions of a licence, and how many seats they took at once on each day. */
export function History({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
  const asked = usePagesOfAccount(
    ['licence sessions', id],
    ({ call }, query) => call('GET /v1/licenses/{key}/sessions', { params: { key: id }, query }),
    { limit: 100 },
  );
  const sessions = asked.rows ?? [];
  const days = daysOf(sessions, asked.hasNextPage === true);
  return (
    <Section title={say('sessions')}>
      {sessions.length > 0 && <p>{say('atOnce')}</p>}
      {sessions.length > 0 && (
        <Chart
          label={say('atOnce')}
          points={days.map(({ day }) => day)}
          nameOf={format.day}
          amountOf={format.count}
          series={[{ key: 'seats', label: say('atOnce'), values: days.map(({ most }) => most), as: 'bar' }]}
        />
      )}
      <Table
        label={say('sessions')}
        asked={asked}
        keyOf={({ session_id: session }) => session}
        empty={say('noSessions')}
        lines={4}
        columns={[
          {
            head: say('machine'),
            cell: ({ machine_name: name, hardware_id: hardware }) => (
              <>
                {name} <span className="dim mono">{hardware}</span>
              </>
            ),
          },
          { head: say('version'), isDim: true, cell: ({ app_version: version }) => version ?? '–' },
          { head: say('since'), past: (row) => row.started_at },
          {
            head: say('lasted'),
            isFigure: true,
            cell: ({ duration_seconds: seconds }) =>
              seconds === null
                ? say('stillRuns')
                : say('minutes', { count: format.count(Math.ceil(seconds / 60)) }),
          },
          { head: say('ended'), isDim: true, cell: ({ status }) => say(status) },
        ]}
      />
    </Section>
  );
}

/** The last days where the browser is, each with its busiest moment; without those that sessions may be missing of. */
function daysOf(sessions: readonly Session[], hasMore: boolean) {
  const spans = sessions.map(({ started_at: from, ended_at: until }) => ({
    from: Date.parse(from),
    until: until === null ? Number.POSITIVE_INFINITY : Date.parse(until),
  }));
  const oldest = hasMore ? Math.min(...spans.map(({ from }) => from)) : 0;
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  return Array.from({ length: DAYS }, (_one, ago) => new Date(midnight).setDate(midnight.getDate() - ago))
    .filter((start) => start >= oldest)
    .map((start) => {
      const end = new Date(start).setHours(24);
      const within = spans.filter(({ from, until }) => from < end && until > start);
      const most = within.map(({ from }) => {
        const at = Math.max(from, start);
        return within.filter((one) => one.from <= at && one.until > at).length;
      });
      return { day: new Date(start).toLocaleDateString('sv'), most: Math.max(0, ...most) };
    })
    .toReversed();
}
