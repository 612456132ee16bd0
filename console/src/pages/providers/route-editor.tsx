import { Button, Checkbox, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { refusedAt } from '../../parts/issues.ts';
import { useAct } from '../../parts/of-account.ts';
import { Pick } from '../../parts/pick.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { apiFor } from '../../session.ts';
import { useTexts } from '../../text/index.ts';
import { type AiRoute, shareOf } from './routes.tsx';
import { texts } from './texts.ts';

interface Line {
  readonly id: number;
  readonly model: string;
  readonly weight: string;
}

/** The route as it is written, also where it is left aside: then it is what there is to mend. */
function writtenIn({ stored, order, sticky, models }: AiRoute) {
  const aside = stored !== null && stored.faults.length > 0 ? (stored.route as Partial<AiRoute>) : {};
  return { order: aside.order ?? order, sticky: aside.sticky ?? sticky, models: aside.models ?? models };
}

const numberOf = (weight: string): number => (weight.trim() === '' ? Number.NaN : Number(weight));

interface RouteEditorProps {
  readonly route: AiRoute;
  /** Models that may be named. */
  readonly models: readonly string[];
  readonly leave: () => void;
}

/** The order, models and weights of one route. What the server refuses is said at the field that it is about. */
export function RouteEditor({ route, models: offered, leave }: RouteEditorProps) {
  const { say, format } = useTexts(texts);
  const [written] = useState(() => writtenIn(route));
  const [order, setOrder] = useState(written.order ?? 'given');
  const [sticky, setSticky] = useState(written.sticky ?? true);
  const [next, setNext] = useState(written.models.length + 1);
  const [lines, setLines] = useState<readonly Line[]>(() =>
    written.models.length === 0
      ? [{ id: 0, model: '', weight: '1' }]
      : written.models.map(({ model, weight }, id) => ({ id, model, weight: String(weight ?? 1) })),
  );
  const params = { alias: route.alias };
  // The version that was read when it was opened: a change meanwhile is refused, and not written over.
  const version = route.stored?.version ?? 0;
  const weights = lines.map(({ weight }) => ({ weight: numberOf(weight) || 0 }));
  const { mutate, isPending, error } = useAct(
    () =>
      apiFor(undefined).call(
        'PUT /v1/admin/ai/routes/{alias}',
        {
          params,
          body: {
            order,
            sticky,
            models: lines.map(({ model, weight }) => ({ model: model.trim(), weight: numberOf(weight) })),
          },
        },
        { version },
      ),
    leave,
  );
  const change = (id: number, part: Partial<Line>) =>
    setLines(lines.map((line) => (line.id === id ? { ...line, ...part } : line)));
  const isAtField = lines.some(
    (_line, at) =>
      refusedAt(error, `models.${at}.model`) !== undefined ||
      refusedAt(error, `models.${at}.weight`) !== undefined,
  );
  return (
    <form
      className="preview"
      aria-label={route.alias}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        mutate();
      }}
    >
      <div className="filters">
        <b>{route.alias}</b>
        <Pick
          label={say('order')}
          value={order}
          options={{
            given: say('order.given'),
            weight: say('order.weight'),
            latency: say('order.latency'),
            price: say('order.price'),
          }}
          choose={(chosen) => setOrder(chosen ?? 'given')}
        />
        {order === 'weight' && (
          <Checkbox
            size="xs"
            label={say('sticky')}
            checked={sticky}
            onChange={({ currentTarget }) => setSticky(currentTarget.checked)}
          />
        )}
      </div>
      <datalist id="route-models">
        {offered.map((model) => (
          <option key={model} value={model} />
        ))}
      </datalist>
      {lines.map(({ id, model, weight }, at) => (
        <div key={id} className="filters route-line">
          <TextInput
            className="grow"
            list="route-models"
            required
            aria-label={say('modelAt', { at: String(at + 1) })}
            placeholder="provider/model"
            value={model}
            error={refusedAt(error, `models.${at}.model`)}
            onChange={({ currentTarget }) => change(id, { model: currentTarget.value })}
          />
          {order === 'weight' && (
            <>
              <TextInput
                type="number"
                min={0}
                max={10_000}
                step={1}
                required
                w={88}
                aria-label={say('weightAt', { at: String(at + 1) })}
                value={weight}
                error={refusedAt(error, `models.${at}.weight`)}
                onChange={({ currentTarget }) => change(id, { weight: currentTarget.value })}
              />
              <span className="dim num">{format.count(shareOf(numberOf(weight) || 0, weights))} %</span>
            </>
          )}
          <button
            type="button"
            className="quiet"
            aria-label={say('upAt', { at: String(at + 1) })}
            disabled={at === 0}
            onClick={() => setLines(swapped(lines, at - 1))}
          >
            ↑
          </button>
          <button
            type="button"
            className="quiet"
            aria-label={say('withoutAt', { at: String(at + 1) })}
            disabled={lines.length === 1}
            onClick={() => setLines(lines.filter((line) => line.id !== id))}
          >
            ×
          </button>
        </div>
      ))}
      {!isAtField && <Refusal error={error} />}
      <div className="filters">
        <Button type="submit" loading={isPending}>
          {say('save')}
        </Button>
        <Button
          variant="default"
          disabled={lines.length >= 8}
          onClick={() => {
            setLines([...lines, { id: next, model: '', weight: order === 'weight' ? '0' : '1' }]);
            setNext(next + 1);
          }}
        >
          {say('addModel')}
        </Button>
        <Button variant="default" onClick={leave}>
          {say('leaveIt')}
        </Button>
        {route.stored !== null && (
          <Confirm
            isDangerous
            text={say(route.beneath === null && route.source !== 'file' ? 'deleteRoute' : 'giveBack')}
            act={async () => {
              await apiFor(undefined).call('DELETE /v1/admin/ai/routes/{alias}', { params }, { version });
              leave();
            }}
          />
        )}
      </div>
    </form>
  );
}

/** Two neighbours in each other's place. */
const swapped = (lines: readonly Line[], at: number): readonly Line[] =>
  lines.flatMap((line, index) => {
    if (index === at) return lines.slice(at, at + 2).toReversed();
    return index === at + 1 ? [] : [line];
  });
