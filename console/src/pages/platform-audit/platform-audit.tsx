import { Link } from '@tanstack/react-router';
import { CustomerLink } from '../../parts/customer-link.tsx';
import { Csv } from '../../parts/csv.tsx';
import { Id } from '../../parts/id.tsx';
import { usePages } from '../../parts/pages.ts';
import { usePageSearch } from '../../parts/search.ts';
import { Head } from '../../parts/section.tsx';
import { SpanPick } from '../../parts/span.tsx';
import { sinceOf } from '../../parts/spans.ts';
import { Table } from '../../parts/table.tsx';
import { TextFilter } from '../../parts/text-filter.tsx';
import { apiFor } from '../../session.ts';
import { readPlatformAuditSearch } from './search.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

const FILTERS = ['account', 'actor', 'action', 'target'] as const;
const ACTION = /^[a-z_]+(\.[a-z_]+){0,2}$/;

/** Who did what, in all accounts, the newest first. */
export function PlatformAudit() {
  const { say } = useTexts(texts);
  const [{ span, action, ...ids }, change] = usePageSearch(readPlatformAuditSearch);
  const query = {
    ...ids,
    ...(action !== undefined && ACTION.test(action) ? { action } : {}),
    ...(span === undefined ? {} : { from: sinceOf(span) }),
  };
  const asked = usePages({
    key: ['platform-audit', query],
    read: (paging) => apiFor(undefined).call('GET /v1/admin/audit', { query: { ...paging, ...query } }),
  });
  return (
    <>
      <Head title={say('nav.platformAudit')}>
        <span className="right">
          <Csv route="GET /v1/admin/audit/export" query={query} name="audit" />
        </span>
      </Head>
      <div className="filters">
        {FILTERS.map((name) => (
          <TextFilter
            key={name}
            label={say(name)}
            value={name === 'action' ? action : ids[name]}
            choose={(value) => change({ [name]: value })}
          />
        ))}
        <SpanPick value={span} hasAny choose={(value) => change({ span: value })} />
      </div>
      <Table
        label={say('nav.platformAudit')}
        keyOf={({ id }) => id}
        asked={asked}
        empty={say('empty')}
        columns={[
          { head: say('when'), past: (row) => row.created_at },
          { head: say('what'), cell: (entry) => entry.action },
          {
            head: say('who'),
            isDim: true,
            cell: ({ user_id: user, actor }) =>
              user === null ? (
                actor.id === null ? (
                  say('system')
                ) : (
                  <Id id={actor.id} />
                )
              ) : (
                <Link to="/app/platform-audit" search={{ actor: user }}>
                  <Id id={user} />
                </Link>
              ),
          },
          {
            head: say('account'),
            isDim: true,
            cell: ({ account_id: account }) => <CustomerLink account={account} />,
          },
          {
            head: say('target'),
            isDim: true,
            cell: ({ target }) =>
              target !== null && (
                <>
                  {target.kind} {target.id !== null && <Id id={target.id} />}
                </>
              ),
          },
          { head: say('changes'), isDim: true, isLong: true, cell: ({ changes }) => changesText(changes) },
          { head: say('from'), isDim: true, isMono: true, cell: ({ ip }) => ip },
        ]}
      />
    </>
  );
}

const changesText = (changes: Readonly<Record<string, unknown>>): string =>
  Object.entries(changes)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
