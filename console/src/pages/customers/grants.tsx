import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Confirm } from '../../parts/confirm.tsx';
import { Id } from '../../parts/id.tsx';
import { usePages } from '../../parts/pages.ts';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

/** Plans and add-ons that anybody gave it; those that an operator gave can be taken back. */
export function Grants({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
  const queries = useQueryClient();
  const asked = usePages({
    key: ['grants', id],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/admin/grants', { query: { ...paging, account_id: id } }),
    limit: 10,
  });
  return (
    <Section title={say('grants')}>
      <Table
        label={say('grants')}
        keyOf={(grant) => grant.id}
        asked={asked}
        lines={2}
        empty={say('noGrants')}
        columns={[
          { head: say('what'), cell: ({ plan, add_on: addOn }) => plan ?? addOn },
          {
            head: say('source'),
            isDim: true,
            cell: ({ source, created_by: by }) => (
              <>
                {source}{' '}
                {by !== null && (
                  <Link to="/app/platform-audit" search={{ actor: by, account: id }}>
                    <Id id={by} />
                  </Link>
                )}
              </>
            ),
          },
          { head: say('from'), cell: ({ starts_at: at }) => format.day(at) },
          { head: say('until'), cell: ({ ends_at: at }) => (at === null ? say('endless') : format.day(at)) },
          {
            head: say('state'),
            cell: ({ id: grant, revoked_at: revoked, ends_at: ends, source }) =>
              revoked !== null ? (
                <span className="dim">
                  {say('taken')} <When at={revoked} isPast />
                </span>
              ) : ends !== null && Date.parse(ends) < Date.now() ? (
                <span className="dim">{say('over')}</span>
              ) : source === 'admin' || source === 'import' ? (
                <Confirm
                  text={say('take')}
                  act={async () => {
                    await apiFor(undefined).call('DELETE /v1/admin/grants/{id}', { params: { id: grant } });
                    await queries.invalidateQueries();
                  }}
                  isDangerous
                  isQuiet
                />
              ) : (
                say('holds')
              ),
          },
        ]}
      />
    </Section>
  );
}
