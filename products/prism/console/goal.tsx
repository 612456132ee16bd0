import { Button, Checkbox } from '@mantine/core';
import {
  Act,
  Confirm,
  Empty,
  LineForm,
  Pick,
  Refusal,
  Section,
  Trouble,
  useAct,
  useApi,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { BodyOf, ReplyOf } from '@plinth/sdk';
import { Left, useHelp } from './parts.tsx';
import { texts } from './texts.ts';

type Goal = ReplyOf<'GET /v1/lens/goals/{id}'>;

/** A goal: its streak, its actions, and three that are suggested. */
export function OpenGoal({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const help = useHelp();
  const params = { id };
  const { data, error, refetch } = useOfAccount(['prism goal', id], (api) =>
    api.call('GET /v1/lens/goals/{id}', { params }),
  );
  const add = async (body: BodyOf<'POST /v1/lens/goals/{id}/actions'>) =>
    help(await call('POST /v1/lens/goals/{id}/actions', { params, body }));
  if (error !== null && data === undefined) return <Trouble error={error} retry={() => void refetch()} />;
  if (data === undefined) return null;
  return (
    <Section title={data.title}>
      <Bar goal={data} />
      {data.actions.length === 0 && <Empty>{say('noActions')}</Empty>}
      {data.actions.map((action) => (
        <ActionLine key={action.id} action={action} />
      ))}
      <LineForm label={say('action')} button={say('add')} act={(title) => add({ title, source: 'own' })} />
      <Suggestions goal={data} take={(title) => add({ title, source: 'suggested' })} />
    </Section>
  );
}

/** Its streak, its state, and its end. */
function Bar({ goal }: { readonly goal: Goal }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const { id, version, status, streak } = goal;
  const params = { id };
  const turning = useAct((to: Goal['status']) =>
    call('PATCH /v1/lens/goals/{id}', { params, body: { status: to } }, { version }),
  );
  const remove = () => call('DELETE /v1/lens/goals/{id}', { params }).then(() => change({ goal: undefined }));
  const options = {
    active: say('active'),
    paused: say('paused'),
    achieved: say('achieved'),
    dropped: say('dropped'),
  };
  return (
    <>
      <div className="filters">
        <Pick
          label={say('status')}
          value={status}
          options={options}
          choose={(to) => to !== undefined && turning.mutate(to)}
        />
        <span className="dim">
          {say('streak', { days: String(streak.current), longest: String(streak.longest) })}
        </span>
        <span className="right">
          <Confirm isDangerous text={say('remove')} act={remove} />
        </span>
      </div>
      <Refusal error={turning.error} />
    </>
  );
}

function ActionLine({ action }: { readonly action: Goal['actions'][number] }) {
  const { format } = useTexts(texts);
  const { call } = useApi();
  const { id, title, done, done_on: day, version } = action;
  const doing = useAct(() =>
    call('PATCH /v1/lens/actions/{id}', { params: { id }, body: { done: !done } }, { version }),
  );
  return (
    <div className="filters">
      <Checkbox label={title} checked={done} disabled={doing.isPending} onChange={() => doing.mutate()} />
      {day !== null && <span className="dim">{format.day(day)}</span>}
      <Refusal error={doing.error} />
    </div>
  );
}

interface SuggestionsProps {
  readonly goal: Goal;
  readonly take: (title: string) => Promise<unknown>;
}

/** Three next actions: one is kept when it is taken. */
function Suggestions({ goal, take }: SuggestionsProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const help = useHelp();
  const { mutateAsync, data, isPending, error } = useAct(async (isSafe: boolean) => {
    const reply = await call('POST /v1/lens/goals/{id}/suggest', { params: { id: goal.id } }, { isSafe });
    help(reply, () => mutateAsync(true));
    return reply.suggestions;
  });
  return (
    <>
      <div className="filters">
        <Button
          variant="default"
          loading={isPending}
          onClick={() => void mutateAsync(false).catch(() => undefined)}
        >
          {say('suggest')}
        </Button>
        <Left limit="suggestions" label={say('suggestionsToday')} />
      </div>
      <Refusal error={error} />
      <ul className="settings">
        {data
          ?.filter(({ title }) => goal.actions.every((action) => action.title !== title))
          .map(({ title, why }) => (
            <li key={title} className="setting">
              <b>{title}</b>
              <span className="dim">{why}</span>
              <span>
                <Act text={say('add')} act={() => take(title)} />
              </span>
            </li>
          ))}
      </ul>
    </>
  );
}
