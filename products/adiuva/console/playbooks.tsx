import { Button, Textarea } from '@mantine/core';
import {
  Confirm,
  LineForm,
  Refusal,
  Section,
  StateBadge,
  Table,
  typedIn,
  useAct,
  useApi,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import { useState } from 'react';
import { Actions, type Proposal, proposalOf } from './actions.tsx';
import { Gate, useExplained } from './gate.tsx';
import { changeVault, type Fields, type OpenVault, recordsOf, type Table as Kind } from './open-vault.ts';
import { actionsOf, isPrompt, labelsOf, type Plan, type StepResult, valuesOf } from './plan-run.ts';
import { texts } from './texts.ts';

/** Plans that are ready, and those that were made and are sealed in the vault. */
export default function Playbooks() {
  const { say } = useTexts(texts);
  return (
    <Gate isOptional title={say('playbooks')}>
      {(open) => <List open={open} />}
    </Gate>
  );
}

interface Playbook extends Plan {
  readonly id: string;
  readonly title: string;
  readonly isOwn: boolean;
}

const isPlan = (value: Fields): value is Fields & Plan & { readonly title: string } =>
  Array.isArray(value['steps']) && typeof value['title'] === 'string';

function List({ open }: { readonly open: OpenVault | undefined }) {
  const { say, format } = useTexts(texts);
  const { search, change } = useProductSearch();
  const explain = useExplained();
  const { data: ready, ...asked } = useOfAccount(['playbooks'], ({ call }) =>
    call('GET /v1/plans/playbook', {}),
  );
  const own = (open === undefined ? [] : recordsOf(open, 'playbooks')).flatMap(({ id, value }) =>
    isPlan(value) ? [{ id, title: value.title, steps: value.steps, isOwn: true }] : [],
  );
  const all: Playbook[] | undefined = ready && [...own, ...ready.map((one) => ({ ...one, isOwn: false }))];
  const chosen = all?.find(({ id }) => id === search['playbook']);
  const remove = (id: string) =>
    open && explain(() => changeVault(open, (vault) => vault.delete('playbooks', id)));
  return (
    <>
      {open !== undefined && <Make open={open} />}
      {chosen !== undefined && <Run key={chosen.id} open={open} playbook={chosen} />}
      <Section title={say('playbooks')}>
        <Table
          label={say('playbooks')}
          rows={all}
          asked={asked}
          keyOf={({ id }) => id}
          opened={chosen?.id}
          empty={say('noPlaybooks')}
          lines={6}
          columns={[
            { head: say('playbook'), cell: ({ title }) => title, act: ({ id }) => change({ playbook: id }) },
            { head: say('from'), isDim: true, cell: ({ isOwn }) => say(isOwn ? 'isOwn' : 'isReady') },
            { head: say('steps'), isFigure: true, cell: ({ steps }) => format.count(steps.length) },
            {
              head: '',
              isFigure: true,
              cell: ({ id, isOwn }) =>
                isOwn && <Confirm text={say('remove')} isQuiet isDangerous act={async () => remove(id)} />,
            },
          ]}
        />
      </Section>
    </>
  );
}

/** Has a plan made for a sentence, and keeps it sealed. */
function Make({ open }: { readonly open: OpenVault }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const explain = useExplained();
  const [words, setWords] = useState('');
  const make = async (message: string) => {
    const reply = await call('POST /v1/chat', { body: { message, execution_mode: 'plan' } });
    // In a crisis the answer is words alone.
    setWords('response' in reply ? reply.response : '');
    if (!('steps' in reply)) return;
    const playbook = { title: message.slice(0, 120), agent: reply.agent, steps: reply.steps };
    const id = await explain(() => changeVault(open, (vault) => vault.put('playbooks', playbook)));
    change({ playbook: id });
  };
  return (
    <>
      <LineForm label={say('whatToDo')} button={say('makePlaybook')} act={make} />
      {words !== '' && (
        <div className="preview prose" role="alert">
          <p>{words}</p>
        </div>
      )}
    </>
  );
}

interface RunProps {
  readonly open: OpenVault | undefined;
  readonly playbook: Playbook;
}

/** Runs the prompts of a playbook one after the other, and then proposes its actions. A step that failed is where it goes on. */
function Run({ open, playbook }: RunProps) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const [results, setResults] = useState<readonly (StepResult | undefined)[]>([]);
  const [proposals, setProposals] = useState<readonly Proposal[]>();
  const rows = (table: Kind) =>
    open === undefined ? [] : recordsOf(open, table).map(({ id, value }) => ({ ...value, id }));
  const { mutate, isPending, error } = useAct(async (form: HTMLFormElement) => {
    const input = { plan: playbook, typed: typedIn(form), rows };
    const so = proposals === undefined ? [...results] : [];
    setProposals(undefined);
    for (const [index, step] of playbook.steps.entries()) {
      if (!isPrompt(step) || so[index] !== undefined) continue;
      const body = { prompt_template: step.prompt_template ?? '', variables: valuesOf(step, input, so) };
      so[index] = await call('POST /v1/plans/steps/run', { body });
      setResults([...so]);
    }
    setProposals(actionsOf(input, so).map(proposalOf));
  });
  return (
    <section className="preview" aria-label={playbook.title}>
      <h2>{playbook.title}</h2>
      <Steps plan={playbook} results={results} />
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          mutate(event.currentTarget);
        }}
      >
        {labelsOf(playbook).map((label) => (
          <Textarea
            key={label}
            name={label}
            label={label}
            required
            withAsterisk={false}
            autosize
            minRows={2}
          />
        ))}
        <span>
          <Button type="submit" loading={isPending}>
            {say(error === null ? 'run' : 'goOn')}
          </Button>
        </span>
      </form>
      <Refusal error={error} />
      {proposals !== undefined && proposals.length > 0 && (
        <Actions open={open} proposals={proposals} change={setProposals} />
      )}
    </section>
  );
}

interface StepsProps {
  readonly plan: Plan;
  readonly results: readonly (StepResult | undefined)[];
}

/** The steps, and the texts that they answered; records come as actions. */
function Steps({ plan, results }: StepsProps) {
  const { say } = useTexts(texts);
  return (
    <ol className="settings" aria-label={say('steps')}>
      {plan.steps.map((step, index) => {
        const result = results[index];
        return (
          <li key={index} className="setting">
            <b>{say(step.action)}</b>
            <span className="dim">{(step.prompt_template ?? '').replaceAll('_', ' ')}</span>
            <span>{result !== undefined && <StateBadge>{say('isDone')}</StateBadge>}</span>
            {result !== undefined && result.records.length === 0 && (
              <div className="prose">
                <p>{result.text}</p>
              </div>
            )}
          </li>
        );
      })}
    </ol>
  );
}
