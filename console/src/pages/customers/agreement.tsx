import { NativeSelect, TextInput } from '@mantine/core';
import type { ReplyOf } from '@plinth/sdk';
import { useState } from 'react';
import { useGrantLabel } from '../../parts/grant-label.ts';
import { numberIn } from '../../parts/number-in.ts';
import { useAct } from '../../parts/of-account.ts';
import { usePriceList } from '../../parts/price-list.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { Section } from '../../parts/section.tsx';
import { typedIn } from '../../parts/typed.ts';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { FormEnd } from './form-end.tsx';
import { texts } from './texts.ts';

type Grant = ReplyOf<'GET /v1/admin/grants'>['data'][number];
type Value = number | boolean | null;
/** Budgets are in micro-dollars, and are typed in dollars. */
const MICROS = 1_000_000;

interface AgreementProps {
  readonly grant: Grant;
  readonly close: () => void;
}

/** A form of the sizes and options that one account has in place of its plan's; an empty field has the plan's. */
export function Agreement({ grant, close }: AgreementProps) {
  const { say, format, language } = useTexts(texts);
  const labelOf = useGrantLabel();
  const { data } = usePriceList();
  const rows = data?.comparison[grant.product] ?? [];
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const { mutate, isPending, error } = useAct(
    (overrides: Readonly<Record<string, Value>>) =>
      apiFor(undefined).call('PUT /v1/admin/grants/{id}/overrides', {
        params: { id: grant.id },
        body: { overrides },
      }),
    close,
  );
  const textOf = (value: Value | undefined, unit: number) =>
    value === undefined ? '' : value === null ? say('unlimited') : format.count(Number(value) / unit);
  const valueOf = (typed: string, kind: string): Value | undefined => {
    if (kind === 'boolean') return typed === 'true';
    if (typed.trim().toLowerCase() === say('unlimited')) return null;
    const size = numberIn(typed, language);
    return size === undefined ? undefined : kind === 'budget' ? Math.round(size * MICROS) : size;
  };
  const read = (form: HTMLFormElement) => {
    const typed = typedIn(form);
    const said = rows.filter(({ name }) => (typed[name] ?? '').trim() !== '');
    const values = said.map(({ name, kind }) => [name, valueOf(typed[name] ?? '', kind)] as const);
    const unread = values.flatMap(([name, value]) => (value === undefined ? [name] : []));
    setWrong(unread);
    if (unread.length === 0) mutate(Object.fromEntries(values) as Readonly<Record<string, Value>>);
  };
  return (
    <Section title={say('agreement', { plan: grant.plan ?? '' })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          read(event.currentTarget);
        }}
      >
        <div className="filters">
          {rows.map(({ name, kind, per, plans }) => {
            const ofPlan = plans[grant.plan ?? ''];
            const agreed = grant.overrides?.[name];
            const [unit, currency] = kind === 'budget' ? [MICROS, ', $'] : [1, ''];
            const field = { name, label: labelOf({ name, kind, per }) + currency };
            if (kind === 'boolean')
              return (
                <NativeSelect
                  key={name}
                  {...field}
                  defaultValue={agreed === undefined ? '' : String(agreed)}
                  data={[
                    { value: '', label: say(ofPlan === true ? 'planHas' : 'planHasNot') },
                    { value: 'true', label: say('yes') },
                    { value: 'false', label: say('no') },
                  ]}
                />
              );
            return (
              <TextInput
                key={name}
                {...field}
                placeholder={textOf(ofPlan, unit)}
                defaultValue={textOf(agreed, unit)}
                error={wrong.includes(name) ? say('noSize', { unlimited: say('unlimited') }) : undefined}
              />
            );
          })}
        </div>
        <FormEnd submit={say('agree')} cancel={say('cancel')} close={close} isPending={isPending} />
      </form>
      <Refusal error={error} />
    </Section>
  );
}
