import { Button } from '@mantine/core';
import { Chart, Section, Table, usePagesOfAccount, useProductSearch, useTexts } from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { texts } from './texts.ts';

type Session = ReplyOf<'GET /v1/licenses/{key}/sessions'>['data'][number];

/** Days that are drawn at most. */
const DAYS = 28;

interface HistoryProps {
  readonly id: string;
  /** Seats that the licence has now. */
  readonly seats: number;
}

/** Sessions of a licence, and how many seats they took at once on each day, beside what the plan has; a day leads to its sessions. */
export function History({ id, seats }: HistoryProps) {
  const { say, format } = useTexts(texts);
  const { search, change } = useProductSearch();
  const day = /^\d{4}-\d\d-\d\d$/.test(search['day'] ?? '') ? search['day'] : undefined;
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
          points={days.map((one) => one.day)}
          nameOf={format.day}
          amountOf={format.count}
          open={(chosen) => change({ day: chosen })}
          series={[
            { key: 'taken', label: say('atOnce'), values: days.map(({ most }) => most), as: 'bar' },
            {
              key: 'seats',
              label: say('planSeats'),
              values: days.map(() => seats),
              as: 'line',
              color: 'var(--text-dim)',
            },
          ]}
        />
      )}
      {day !== undefined && (
        <div className="filters">
          <Button variant="default" onClick={() => change({ day: undefined })}>
            {say('onDay', { day: format.day(day) })} ×
          </Button>
        </div>
      )}
      <Table
        label={say('sessions')}
        asked={asked}
        rows={day === undefined ? asked.rows : sessionsOn(day, sessions)}
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

const spanOf = ({ started_at: from, ended_at: until }: Session) => ({
  from: Date.parse(from),
  until: until === null ? Number.POSITIVE_INFINITY : Date.parse(until),
});

/** Sessions that held a seat at some time of a day where the browser is. */
function sessionsOn(day: string, sessions: readonly Session[]): readonly Session[] {
  const start = Date.parse(`${day}T00:00`);
  const end = new Date(start).setHours(24);
  return sessions.filter((session) => {
    const { from, until } = spanOf(session);
    return from < end && until > start;
  });
}

/** The last days where the browser is, each with its busiest moment; without those that sessions may be missing of. */
function daysOf(sessions: readonly Session[], hasMore: boolean) {
  const spans = sessions.map(spanOf);
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
