import { useQuery } from '@tanstack/react-query';
import { Link, type LinkProps } from '@tanstack/react-router';
import type { ReplyOf } from '@plinth/sdk';
import { moneyText, moneyTexts } from '../../parts/money.ts';
import { usePlans } from '../../parts/plans.ts';
import { Section } from '../../parts/section.tsx';
import { sinceOf } from '../../parts/spans.ts';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

type Model = ReplyOf<'GET /v1/admin/providers'>['data'][number];

/** Microseconds from which on a model is slow, where most of its calls take far less. */
const SLOW = 3_000_000;
const FAR_LESS = 3;
/** The share of its calls from which on a model fails, and the calls that one judges it by. */
const FAILING = 0.1;
const ENOUGH = 5;
const MOST = 100;

interface Need {
  readonly key: string;
  readonly state: 'bad' | 'good' | 'warn';
  readonly title: string;
  readonly about: string;
  readonly link: Pick<LinkProps, 'to' | 'search'>;
}

const api = () => apiFor(undefined);
const useAsked = <Reply,>(key: string, read: () => Promise<Reply>) =>
  useQuery({ queryKey: ['overview', key], queryFn: read, refetchInterval: 60_000, staleTime: 60_000 }).data;

/** Findings that an operator should look at, the worst first; a part that is not known yet is left out. */
export function Needs() {
  const { say } = useTexts(texts);
  const needs = [useFailing(), useGivenUp(), ...useModels(), useFull(), useDoctor()].filter(
    (need) => need !== undefined,
  );
  const order = ['bad', 'warn', 'good'];
  return (
    <Section title={say('needs')}>
      <ul className="needs">
        {needs
          .toSorted((one, other) => order.indexOf(one.state) - order.indexOf(other.state))
          .map(({ key, state, title, about, link }) => (
            <li key={key} data-state={state}>
              <i aria-hidden />
              <b>{title}</b>
              <Link className="link" {...link} aria-label={`${say('open')}: ${title}`}>
                {say('open')}
              </Link>
              {about !== '' && <p className="dim">{about}</p>}
            </li>
          ))}
      </ul>
    </Section>
  );
}

const countOf = (rows: readonly unknown[]): string => (rows.length < MOST ? String(rows.length) : `${MOST}+`);

function useFailing(): Need | undefined {
  const { say, language } = useTexts(texts);
  const reply = useAsked('failing', () =>
    api().call('GET /v1/admin/customers', { query: { payment: 'failing', sort: 'mrr', limit: MOST } }),
  );
  if (reply === undefined || reply.data.length === 0) return undefined;
  const sums = new Map<string, number>();
  for (const { currency, mrr_minor: mrr } of reply.data.flatMap(({ money }) => money))
    sums.set(currency, (sums.get(currency) ?? 0) + mrr);
  const money = [...sums].map(([currency, amount]) => ({ currency, amount }));
  return {
    key: 'failing',
    state: 'bad',
    title: say('fails', { count: countOf(reply.data) }),
    about: say('failsMoney', { money: moneyTexts(language, money, ({ amount }) => amount) }),
    link: { to: '/app/customers', search: { payment: 'failing', sort: 'mrr' } },
  };
}

function useGivenUp(): Need | undefined {
  const { say } = useTexts(texts);
  const rows = useAsked('dead', async () => {
    const query = { limit: MOST };
    const [jobs, deliveries, objects] = await Promise.all([
      api().call('GET /v1/admin/jobs', { query }),
      api().call('GET /v1/admin/webhooks/deliveries', { query: { ...query, status: 'dead' } }),
      api().call('GET /v1/admin/billing/inbox/dead', { query }),
    ]);
    return [
      ...jobs.data.map(({ kind, error }) => [kind, error]),
      ...deliveries.data.map(({ type, error }) => [type, error]),
      ...objects.data.map(({ store, kind, error }) => [`${store} ${kind}`, error]),
    ];
  });
  const [first] = rows ?? [];
  if (rows === undefined || first === undefined) return undefined;
  return {
    key: 'dead',
    state: 'bad',
    title: say('dead', { count: countOf(rows) }),
    about: first.filter((part) => part !== null).join(': '),
    link: { to: '/app/dead-letters' },
  };
}

function useModels(): readonly Need[] {
  const { say, format } = useTexts(texts);
  const reply = useAsked('providers', () => api().call('GET /v1/admin/providers', {}));
  return (reply?.data ?? []).flatMap((one: Model): Need[] => {
    const { provider, model, breaker, ledger } = one;
    const { calls, voided, median_run_us: median, p95_run_us: p95 } = ledger;
    const name = { model: `${provider}/${model}` };
    const common = { key: name.model, link: { to: '/app/providers' } } as const;
    if (breaker === 'open' || (calls >= ENOUGH && voided / calls >= FAILING))
      return [
        {
          ...common,
          state: 'bad',
          title: say('broken', name),
          about: say('brokenCalls', { failed: format.count(voided), calls: format.count(calls) }),
        },
      ];
    if (p95 === null || median === null || p95 < SLOW || p95 < median * FAR_LESS) return [];
    const times = { p95: format.duration(p95), median: format.duration(median) };
    return [{ ...common, state: 'warn', title: say('slow', name), about: say('slowTimes', times) }];
  });
}

function useFull(): Need | undefined {
  const { say, language } = useTexts(texts);
  const { plans, largerThan } = usePlans();
  const reply = useAsked('full', () =>
    api().call('GET /v1/admin/denials/totals', {
      query: { group: 'account', from: sinceOf('week'), limit: MOST },
    }),
  );
  if (reply === undefined || reply.data.length === 0) return undefined;
  const priceOf = (plan: string) => plans.find(({ id }) => id === plan)?.price;
  const fitting = new Map<string, { readonly currency: string; readonly amount: number }>();
  for (const denied of reply.data) {
    const next = priceOf(largerThan(denied)?.id ?? '');
    const present = priceOf(denied.plan);
    // A product's largest step counts once for an account.
    const amount = (next?.monthly ?? 0) - (present?.monthly ?? 0);
    const key = `${denied.account_id} ${denied.product}`;
    if (next !== undefined && amount > (fitting.get(key)?.amount ?? 0))
      fitting.set(key, { currency: next.currency, amount });
  }
  const accounts = new Set(reply.data.map(({ account_id: id }) => id));
  const helped = new Set([...fitting.keys()].map((key) => key.split(' ')[0]));
  const sums = new Map<string, number>();
  for (const { currency, amount } of fitting.values()) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  const money = [...sums].map(([currency, amount]) => moneyText(language, amount, currency)).join(' + ');
  return {
    key: 'full',
    state: 'warn',
    title: say('full', { count: countOf([...accounts]) }),
    about: helped.size === 0 ? '' : say('fits', { count: String(helped.size), money }),
    link: { to: '/app/denials' },
  };
}

function useDoctor(): Need | undefined {
  const { say } = useTexts(texts);
  const reply = useAsked('doctor', () => api().call('GET /v1/admin/doctor', {}));
  if (reply === undefined || reply.data.length === 0) return undefined;
  const unwell = reply.data.filter(({ status }) => status !== 'ok');
  const all = String(reply.data.length);
  const isBad = unwell.some(({ status }) => status === 'failed');
  return {
    key: 'doctor',
    state: isBad ? 'bad' : unwell.length > 0 ? 'warn' : 'good',
    title: unwell.length === 0 ? say('well', { all }) : say('unwell', { count: String(unwell.length), all }),
    about: unwell.map(({ name }) => name).join(', '),
    link: { to: '/app/server' },
  };
}
