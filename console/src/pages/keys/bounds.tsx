import { TextInput } from '@mantine/core';
import type { BodyOf, ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { useOfAccount } from '../../parts/of-account.ts';
import type { Typed } from '../../parts/typed.ts';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

type Key = ReplyOf<'GET /v1/api-keys'>['data'][number];
type Body = BodyOf<'POST /v1/api-keys'>;

const OWN = [
  'daily_budget_micros',
  'daily_calls',
  'monthly_calls',
  'calls_per_minute',
  'daily_tokens',
  'monthly_tokens',
  'tokens_per_minute',
] as const satisfies (keyof Key)[];
const EACH = [
  'daily_budget_micros',
  'monthly_budget_micros',
  'daily_calls',
  'monthly_calls',
  'daily_tokens',
  'monthly_tokens',
] as const satisfies (keyof NonNullable<Key['end_user']>)[];

const MICROS = 1_000_000;
const isMoney = (name: string) => name.endsWith('_micros');

const inputOf = (name: string, label: string) => (
  <TextInput key={name} name={name} type="number" min={0} step={isMoney(name) ? 'any' : 1} label={label} />
);

/** Fields for the bounds of a key beside its monthly budget, once they are asked for. */
export function BoundFields() {
  const { say } = useTexts(texts);
  const [isOpen, setOpen] = useState(false);
  if (!isOpen)
    return (
      <button type="button" className="quiet" onClick={() => setOpen(true)}>
        {say('moreBounds')}
      </button>
    );
  return (
    <>
      <div className="filters">
        {OWN.map((name) => inputOf(name, say(name)))}
        <TextInput name="models" label={say('models')} placeholder="small, anthropic/*" />
        <TextInput name="labels" label={say('labels')} placeholder="team=search" />
      </div>
      <div className="filters">
        {EACH.map((name) => inputOf(`each ${name}`, say('each', { what: say(name) })))}
      </div>
    </>
  );
}

const parts = (text = '') => text.split(',').flatMap((part) => part.trim() || []);

/** The bounds that were typed; an empty field is none. */
export function boundsIn(typed: Typed): Partial<Body> {
  const amount = (name: string, field: string) => {
    const said = typed[field] ?? '';
    return said === '' ? [] : [[name, isMoney(name) ? Math.round(Number(said) * MICROS) : Number(said)]];
  };
  const [models, labels] = [parts(typed['models']), parts(typed['labels'])];
  const each = EACH.flatMap((name) => amount(name, `each ${name}`));
  return {
    ...(Object.fromEntries(OWN.flatMap((name) => amount(name, name))) as Partial<Body>),
    ...(each.length === 0 ? {} : { end_user: Object.fromEntries(each) as Body['end_user'] }),
    ...(models.length === 0 ? {} : { models }),
    ...(labels.length === 0
      ? {}
      : {
          labels: Object.fromEntries(labels.map((pair) => pair.split(/=(.*)/s, 2))) as Record<string, string>,
        }),
  };
}

/** Lines of a key: the use of each of its bounds, and all else that bounds it. */
export function useBoundLines(): (key: Key) => string[] {
  const { say, format } = useTexts(texts);
  const { data } = useOfAccount(
    ['bounds'],
    (api) => api.call('GET /v1/usage/keys', { query: { limit: 100 } }),
    {
      again: 10_000,
    },
  );
  const limitsOf = new Map(data?.data.map(({ id, limits }) => [id, limits]));
  const per = (name: (typeof OWN)[number] | (typeof EACH)[number] | 'users') =>
    isMoney(name) ? say(name.startsWith('daily') ? 'aDay' : 'aMonth') : say(name);
  const amount = (name: string, value: number) =>
    isMoney(name) ? format.micros(value) : format.count(value);
  return (key) =>
    [
      ...(limitsOf.get(key.id) ?? []).flatMap(({ limit, key_id: of, used, max, unit }) => {
        const name = [...OWN, 'users' as const].find((one) => `key_${one.replace('_micros', '')}` === limit);
        if (name === undefined || of !== key.id) return [];
        const shown = (value: number) => (unit === 'percent' ? `${value} %` : amount(name, value));
        return [`${say('limit.of', { used: shown(used), max: shown(max) })} ${per(name)}`];
      }),
      ...EACH.flatMap((name) => {
        const most = key.end_user?.[name] ?? null;
        return most === null ? [] : [say('each', { what: `${amount(name, most)} ${per(name)}` })];
      }),
      (key.models ?? []).join(', '),
      Object.entries(key.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', '),
    ].filter((line) => line !== '');
}
