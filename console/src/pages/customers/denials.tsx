import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Section } from '../../parts/section.tsx';
import { Table } from '../../parts/table.tsx';
import { When } from '../../parts/when.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import type { Details } from './customer.tsx';
import { usePlans } from '../../parts/plans.ts';
import { texts } from './texts.ts';

/** Rows of the table. */
const MOST = 10;

/** The newest denials of an account, for all on its page that tell of them. */
export const useDenials = (id: string) =>
  useQuery({
    queryKey: ['denials', id],
    queryFn: () => apiFor(undefined).call('GET /v1/admin/denials', { query: { account_id: id, limit: 20 } }),
    refetchInterval: 10_000,
  });

interface DenialsProps extends Pick<Details, 'limits'> {
  readonly id: string;
}

/** Why it was denied: by which limit of which plan, how much of it was used, when it begins anew, by which request, and what to do. The newest hour first. */
export function Denials({ id, limits }: DenialsProps) {
  const { say, format } = useTexts(texts);
  const navigate = useNavigate({ from: '/app/customers' });
  const { largerThan } = usePlans();
  const { data } = useDenials(id);
  if (data === undefined || data.data.length === 0) return null;
  const amountOf = (kind: string) => (kind === 'budget' ? format.micros : format.count);
  const presentOf = (product: string, name: string) =>
    limits.find((one) => one.product === product && one.limit === name);
  return (
    <Section title={say('denials')}>
      <Table
        label={say('denials')}
        rows={data.data.slice(0, MOST)}
        keyOf={(one) => `${one.hour} ${one.product} ${one.feature} ${one.limit} ${one.plan}`}
        empty=""
        columns={[
          { head: say('calls.when'), past: (row) => row.last_at },
          {
            head: say('limit'),
            cell: ({ limit, product, feature }) => (
              <>
                {limit.replaceAll('_', ' ')}{' '}
                <span className="dim">
                  {product} {feature}
                </span>
              </>
            ),
          },
          { head: say('plans'), isDim: true, cell: ({ plan }) => plan },
          {
            head: say('used'),
            isFigure: true,
            cell: ({ used, max, kind }) =>
              say('limit.of', { used: amountOf(kind)(used), max: amountOf(kind)(max) }),
          },
          {
            head: say('resets'),
            isDim: true,
            cell: ({ product, limit }) => {
              const at = presentOf(product, limit)?.resets_at ?? null;
              return at === null ? '–' : <When at={at} />;
            },
          },
          { head: say('times'), count: ({ denied }) => denied },
          {
            head: say('calls.request'),
            isDim: true,
            isMono: true,
            cell: ({ last_request_id: request }) => request,
          },
          {
            head: say('whatToDo'),
            cell: ({ product, limit, plan, max, kind }) => {
              const present = presentOf(product, limit);
              if (present !== undefined && (present.max === null || present.max > max))
                return <span className="dim">{say('todo.done')}</span>;
              const larger = largerThan({ product, plan, limit, max });
              return larger === undefined ? (
                <Button
                  variant="default"
                  size="compact-xs"
                  onClick={() => void navigate({ search: (rest) => ({ ...rest, action: 'usage' }) })}
                >
                  {say('give.usage')}
                </Button>
              ) : (
                <Button
                  variant="default"
                  size="compact-xs"
                  onClick={() =>
                    void navigate({ search: (rest) => ({ ...rest, action: 'plan', plan: larger.id }) })
                  }
                >
                  {say('todo.larger', {
                    plan: larger.id,
                    max: larger.max === null ? say('unlimited') : amountOf(kind)(larger.max),
                  })}
                </Button>
              );
            },
          },
        ]}
      />
    </Section>
  );
}
