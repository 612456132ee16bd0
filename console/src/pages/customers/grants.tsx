import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { Id } from '../../parts/id.tsx';
import { lazyPart } from '../../parts/lazy-part.ts';
import { usePages } from '../../parts/pages.ts';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

const Agreement = lazyPart(() => import('./agreement.tsx'), 'Agreement');

/** Plans and add-ons that anybody gave it; those that an operator gave can be taken back. */
export function Grants({ id }: { readonly id: string }) {
  const { say, format } = useTexts(texts);
  const queries = useQueryClient();
  const [agreed, agreeOn] = useState<string>();
  const asked = usePages({
    key: ['grants', id],
    read: (paging) =>
      apiFor(undefined).call('GET /v1/admin/grants', { query: { ...paging, account_id: id } }),
    limit: 10,
  });
  const grantAgreed = asked.rows?.find((one) => one.id === agreed);
  return (
    <Section title={say('grants')}>
      <Table
        label={say('grants')}
        keyOf={(grant) => grant.id}
        asked={asked}
        lines={2}
        empty={say('noGrants')}
        columns={[
          {
            head: say('what'),
            cell: ({ plan, add_on: addOn, overrides }) =>
              overrides === null ? (plan ?? addOn) : `${plan}, ${say('hasOwn')}`,
          },
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
          {
            head: '',
            cell: ({ id: grant, plan, revoked_at: revoked, ends_at: ends }) =>
              plan === null || revoked !== null || (ends !== null && Date.parse(ends) < Date.now()) ? null : (
                <button type="button" className="quiet" onClick={() => agreeOn(grant)}>
                  {say('ownSizes')}
                </button>
              ),
          },
        ]}
      />
      {grantAgreed !== undefined && (
        <Suspense fallback={null}>
          <Agreement key={grantAgreed.id} grant={grantAgreed} close={() => agreeOn(undefined)} />
        </Suspense>
      )}
    </Section>
  );
}
