import { NativeSelect, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useAccount } from '../../account.ts';
import { useSearchOf } from '../../parts/search.ts';
import { Chart } from '../../parts/chart.tsx';
import { colorOf } from '../../parts/series.ts';
import { Csv } from '../../parts/csv.tsx';
import { Empty, Head, Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { Trouble } from '../../parts/trouble.tsx';
import { apiFor } from '../../session.ts';
import { type Formats, useTexts } from '../../text/index.ts';
import { useKeyNames } from '../ledger/filters.tsx';
import { DIMENSIONS } from '../ledger/search.ts';
import { DAYS, type Measure, MEASURES, readUsageSearch } from './search.ts';
import { add, dayAfter, dayAt, type Group, largest, readSums, type Sums, zone } from './sums.ts';
import { texts } from './texts.ts';

/** Series of a chart that one can tell apart. */
const MOST = 5;
/** Sums of all calls are dear: they are asked for less often than rows. Milliseconds. */
const AGAIN = 60_000;

const isMoney = (measure: Measure) => measure === 'cost' || measure === 'charge';
const amountsOf = ({ micros, count }: Formats, measure: Measure) => (isMoney(measure) ? micros : count);

/** The figures that can be shown: no costs of calls, where the operator keeps these. */
const measuresOf = (sums: Pick<Sums, 'hidesCost'> | undefined): readonly Measure[] =>
  sums?.hidesCost === true ? MEASURES.filter((measure) => !isMoney(measure)) : MEASURES;

const useChoice = (sums?: Pick<Sums, 'hidesCost'>) => {
  const { by = 'model', show: chosen = 'cost', days = 30, without = [] } = useSearchOf(readUsageSearch);
  const show = measuresOf(sums).includes(chosen) ? chosen : 'calls';
  return { by, show, days, without };
};

/** What was used by day, in groups: drawn, and in tables whose figures lead to their rows. */
export function Usage() {
  const { say } = useTexts(texts);
  const { by, days } = useChoice();
  const chosen = useAccount();
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', chosen?.account.id, 'report', by, days],
    queryFn: () => (chosen === undefined ? undefined : readSums(chosen.api, { by, days })),
    enabled: chosen !== undefined,
    placeholderData: (before) => before,
    refetchInterval: AGAIN,
  });
  return (
    <>
      <Head title={say('nav.usage')}>
        <Csv
          route="GET /v1/usage/report"
          query={{ group: `day,${by}`, from: dayAt(1 - days), until: dayAt(1), zone }}
          name="usage"
          api={apiFor(chosen?.account.id)}
        />
      </Head>
      <Choices sums={data} />
      {error !== null ? (
        <Trouble error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton h={480} />
      ) : data.groups.length === 0 ? (
        <Empty>{say('none')}</Empty>
      ) : (
        <Drawn sums={data} />
      )}
    </>
  );
}

function Choices({ sums }: { readonly sums: Sums | undefined }) {
  const { say } = useTexts(texts);
  const { by, show, days } = useChoice(sums);
  const search = useSearchOf(readUsageSearch);
  const navigate = useNavigate({ from: '/app/usage' });
  const choose = (change: object) => void navigate({ search: readUsageSearch({ ...search, ...change }) });
  return (
    <div className="filters">
      <NativeSelect
        aria-label={say('days')}
        value={days}
        data={DAYS.map((value) => ({ value: String(value), label: say('last', { days: String(value) }) }))}
        onChange={({ currentTarget }) => choose({ days: Number(currentTarget.value) })}
      />
      <NativeSelect
        aria-label={say('by')}
        value={by}
        data={DIMENSIONS.map((value) => ({ value, label: say(value) }))}
        onChange={({ currentTarget }) => choose({ by: currentTarget.value, without: [] })}
      />
      <NativeSelect
        aria-label={say('show')}
        value={show}
        data={measuresOf(sums).map((value) => ({ value, label: say(value) }))}
        onChange={({ currentTarget }) => choose({ show: currentTarget.value })}
      />
    </div>
  );
}

/** A group with what people call it, and its place in the address. */
interface NamedGroup extends Group {
  readonly key: string;
  readonly label: string;
  readonly isRest: boolean;
}

function Drawn({ sums }: { readonly sums: Sums }) {
  const { say, format } = useTexts(texts);
  const { by, show, without } = useChoice(sums);
  const navigate = useNavigate();
  const keyName = useKeyNames();
  const labelOf = ({ name, isRest }: { readonly name: string | null; readonly isRest: boolean }) =>
    isRest ? say('others') : name === null ? say('person') : by === 'key' ? keyName(name) : name;
  const groups: readonly NamedGroup[] = largest(sums.groups, show, MOST).map((group) => ({
    ...group,
    key: group.isRest ? '…' : (group.name ?? '–'),
    label: labelOf(group),
  }));
  const drawn = groups.filter(({ key }) => !without.includes(key));
  const amountOf = amountsOf(format, show);
  const totals = sums.days.map((day) =>
    drawn.reduce((sum, { days }) => sum + (days.get(day)?.[show] ?? 0), 0),
  );
  const most = Math.max(...totals, 0);
  return (
    <>
      {most > 0 && (
        <Chart
          points={sums.days}
          series={drawn.map(({ key, label, days }) => ({
            key,
            label,
            color: colorOf(groups.findIndex((group) => group.key === key)),
            values: sums.days.map((day) => days.get(day)?.[show] ?? 0),
          }))}
          label={say('chart', {
            what: say(show),
            day: format.day(sums.days[totals.indexOf(most)] ?? ''),
            most: amountOf(most),
          })}
          amountOf={amountOf}
          nameOf={format.day}
          open={(day) =>
            void navigate({
              to: '/app/ledger',
              search: { from: day, until: dayAfter(day), status: 'posted' },
            })
          }
          hasTable={false}
        />
      )}
      <Legend groups={groups} drawn={drawn} />
      {sums.isCut && <p role="status">{say('cut')}</p>}
      <Totals sums={sums} labelOf={labelOf} />
      <ByDay days={sums.days} groups={groups} amountOf={amountOf} show={show} />
    </>
  );
}

/** What each colour is; pressed, its group is left out or shown again. */
function Legend({
  groups,
  drawn,
}: {
  readonly groups: readonly NamedGroup[];
  readonly drawn: readonly NamedGroup[];
}) {
  const { say } = useTexts(texts);
  const search = useSearchOf(readUsageSearch);
  const navigate = useNavigate({ from: '/app/usage' });
  const { without } = useChoice();
  return (
    <ul className="legend" aria-label={say('hide')}>
      {groups.map(({ key, label }, index) => {
        const isDrawn = drawn.some((one) => one.key === key);
        const next = isDrawn ? [...without, key] : without.filter((one) => one !== key);
        return (
          <li key={key}>
            <button
              type="button"
              className="quiet"
              aria-pressed={isDrawn}
              onClick={() => void navigate({ search: readUsageSearch({ ...search, without: next }) })}
            >
              <i data-series style={{ background: colorOf(index) }} aria-hidden /> {label}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

interface ToRowsProps {
  readonly group: Pick<Group, 'name'> | undefined;
  readonly from: string;
  readonly until: string;
  readonly children: ReactNode;
}

/** A sum leads to its rows of the ledger, where the ledger can tell them apart. */
function ToRows({ group, from, until, children }: ToRowsProps) {
  const { by } = useChoice();
  const name = group?.name;
  if (name === null) return children;
  return (
    <Link
      to="/app/ledger"
      search={{ from, until, status: 'posted', ...(name === undefined ? {} : { [by]: name }) }}
    >
      {children}
    </Link>
  );
}

function Totals({
  sums,
  labelOf,
}: {
  readonly sums: Sums;
  readonly labelOf: (group: { readonly name: string | null; readonly isRest: boolean }) => string;
}) {
  const { say, format } = useTexts(texts);
  const { days, groups } = sums;
  const { by, show } = useChoice(sums);
  const [from = '', last = ''] = [days[0], days.at(-1)];
  const zero = { cost: 0, charge: 0, calls: 0, tokens: 0 };
  const all = groups.reduce((sum, group) => add(sum, group.sum), zero);
  const rows = [
    ...groups.toSorted((one, other) => other.sum[show] - one.sum[show]),
    { name: undefined, sum: all, days: new Map() },
  ];
  return (
    <Section title={say('sums')}>
      <Table
        label={say('sums')}
        rows={rows}
        keyOf={({ name }) => String(name)}
        empty=""
        columns={[
          {
            head: say(by),
            cell: ({ name }) => (
              <ToRows group={name === undefined ? undefined : { name }} from={from} until={dayAfter(last)}>
                {name === undefined ? <b>{say('sum')}</b> : labelOf({ name, isRest: false })}
              </ToRows>
            ),
          },
          ...measuresOf(sums).map((measure) => ({
            head: say(measure),
            isFigure: true,
            cell: ({ name, sum }: (typeof rows)[number]) => (
              <ToRows group={name === undefined ? undefined : { name }} from={from} until={dayAfter(last)}>
                {amountsOf(format, measure)(sum[measure])}
              </ToRows>
            ),
          })),
        ]}
      />
    </Section>
  );
}

/** The chart in figures, the newest day first. */
function ByDay({
  days,
  groups,
  amountOf,
  show,
}: {
  readonly days: readonly string[];
  readonly groups: readonly NamedGroup[];
  readonly amountOf: (value: number) => string;
  readonly show: Measure;
}) {
  const { say, format } = useTexts(texts);
  const valueOf = (group: Group, day: string) => group.days.get(day)?.[show] ?? 0;
  const used = days.filter((day) => groups.some((group) => group.days.has(day))).toReversed();
  return (
    <Section title={say('daily')}>
      <Table
        label={say('daily')}
        rows={used}
        keyOf={(day) => day}
        empty=""
        columns={[
          { head: say('day'), cell: (day) => <time dateTime={day}>{format.day(day)}</time> },
          ...groups.map((group) => ({
            head: group.label,
            isFigure: true,
            cell: (day: string) =>
              group.days.has(day) ? (
                <ToRows group={group} from={day} until={dayAfter(day)}>
                  {amountOf(valueOf(group, day))}
                </ToRows>
              ) : (
                '–'
              ),
          })),
          {
            head: say('sum'),
            isFigure: true,
            cell: (day: string) => (
              <ToRows group={undefined} from={day} until={dayAfter(day)}>
                {amountOf(groups.reduce((sum, group) => sum + valueOf(group, day), 0))}
              </ToRows>
            ),
          },
        ]}
      />
    </Section>
  );
}
