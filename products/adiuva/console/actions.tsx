import { Button } from '@mantine/core';
import { Act, Refusal, StateBadge, useAct, useTexts } from '@plinth/console';
import type { Schemas } from '@plinth/sdk';
import type { Vault } from '@plinth/sdk/vault/index';
import { useExplained } from './gate.tsx';
import { changeVault, type Fields, isFields, type OpenVault, TABLES, titleOf } from './open-vault.ts';
import { texts } from './texts.ts';

export type Action = Pick<Schemas['PlanAction'], 'type' | 'table' | 'data'>;

/** An action that a model has proposed, and what became of it: nothing yet, done, refused by its reader, or why it could not be done. */
export interface Proposal {
  readonly action: Action;
  readonly outcome: 'open' | 'done' | 'refused' | { readonly failed: string };
}

/** A notification is done once it is shown. */
export const proposalOf = (action: Action): Proposal => ({
  action,
  outcome: action.type === 'send_notification' ? 'done' : 'open',
});

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Why an action can't be carried out; it is a text of this page. */
class Impossible extends Error {
  readonly why: 'otherTable' | 'isThere' | 'isGone' | 'notHere';
  constructor(why: Impossible['why']) {
    super(why);
    this.why = why;
  }
}

/** Carries out an action on the records of a vault. A model's word reaches the tables of the assistant alone, and there what it names. */
async function carryOut(vault: Vault, { type, table, data }: Action): Promise<void> {
  if (!type.endsWith('_record')) throw new Impossible('notHere');
  const known = TABLES.find((one) => one === table);
  if (known === undefined) throw new Impossible('otherTable');
  const { id: named, ...fields } = data ?? {};
  const id = typeof named === 'string' && UUID.test(named) ? named : undefined;
  const record = id === undefined ? undefined : await vault.get(known, id);
  if (type === 'create_record') {
    if (record !== undefined) throw new Impossible('isThere');
    await vault.put(known, fields, id);
    return;
  }
  if (record === undefined || !isFields(record.value)) throw new Impossible('isGone');
  if (type === 'delete_record') await vault.delete(known, record.id);
  else await vault.put(known, { ...record.value, ...fields }, record.id);
}

interface ActionsProps {
  /** Undefined: there is no vault, and nothing can be carried out. */
  readonly open: OpenVault | undefined;
  readonly proposals: readonly Proposal[];
  readonly change: (next: readonly Proposal[]) => void;
  /** Asks a question that an agent has for another one. */
  readonly ask?: (message: string) => Promise<unknown>;
}

/** Actions that a model proposes: none is done before its reader says so. */
export function Actions({ open, proposals, change, ask }: ActionsProps) {
  const { say } = useTexts(texts);
  const explain = useExplained();
  const settle = (settled: ReadonlyMap<Proposal, Proposal['outcome']>) =>
    change(proposals.map((one) => ({ ...one, outcome: settled.get(one) ?? one.outcome })));
  const accept = async (chosen: readonly Proposal[]) => {
    if (open === undefined) return;
    const settled = new Map<Proposal, Proposal['outcome']>();
    await explain(() =>
      changeVault(open, async (vault) => {
        for (const one of chosen) settled.set(one, await outcomeOf(() => carryOut(vault, one.action), say));
      }),
    ).finally(() => settle(settled));
  };
  const waiting = proposals.filter(({ outcome }) => outcome === 'open');
  const acceptAll = useAct(() => accept(waiting));
  const refuse = (chosen: readonly Proposal[]) => settle(new Map(chosen.map((one) => [one, 'refused'])));
  return (
    <>
      <ul className="settings" aria-label={say('actions')}>
        {proposals.map((one, index) => (
          <Line
            key={index}
            open={open}
            proposal={one}
            accept={() => accept([one])}
            refuse={() => refuse([one])}
            ask={
              ask &&
              (() => {
                settle(new Map([[one, 'done']]));
                const message = one.action.data?.['message'];
                return ask(typeof message === 'string' ? message : '');
              })
            }
          />
        ))}
      </ul>
      {open !== undefined && waiting.length > 1 && (
        <div className="filters">
          <Button variant="default" loading={acceptAll.isPending} onClick={() => acceptAll.mutate()}>
            {say('doAll')}
          </Button>
          <Button variant="default" onClick={() => refuse(waiting)}>
            {say('dontAny')}
          </Button>
        </div>
      )}
      <Refusal error={acceptAll.error} />
    </>
  );
}

interface LineProps {
  readonly open: OpenVault | undefined;
  readonly proposal: Proposal;
  readonly accept: () => Promise<unknown>;
  readonly refuse: () => void;
  readonly ask: (() => Promise<unknown>) | undefined;
}

/** An action, and what its reader can say to it. */
function Line({ open, proposal, accept, refuse, ask }: LineProps) {
  const { say } = useTexts(texts);
  const { action, outcome } = proposal;
  const isRecord = action.type.endsWith('_record');
  return (
    <li className="setting">
      <b>{say(action.type)}</b>
      <Described action={action} open={open} />
      {outcome === 'open' ? (
        <span className="right">
          {open !== undefined && isRecord && <Act isQuiet text={say('doIt')} act={accept} />}
          {ask !== undefined && action.type === 'call_agent' && <Act isQuiet text={say('askIt')} act={ask} />}
          <button type="button" className="quiet" onClick={refuse}>
            {say('dont')}
          </button>
        </span>
      ) : (
        <Outcome of={outcome} />
      )}
    </li>
  );
}

type Say = ReturnType<typeof useTexts<keyof typeof texts>>['say'];

async function outcomeOf(work: () => Promise<void>, say: Say): Promise<Proposal['outcome']> {
  try {
    await work();
    return 'done';
  } catch (error) {
    if (error instanceof Impossible) return { failed: say(error.why) };
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

function Outcome({ of }: { readonly of: Exclude<Proposal['outcome'], 'open'> }) {
  const { say } = useTexts(texts);
  if (typeof of === 'string') return <StateBadge>{say(of === 'done' ? 'isDone' : 'isRefused')}</StateBadge>;
  return (
    <span role="alert">
      <StateBadge color="red">{say('notDone')}</StateBadge> {of.failed}
    </span>
  );
}

/** The record that an action is about, and each field that it changes, as it is and as it would be. */
function Described({ action, open }: { readonly action: Action; readonly open: OpenVault | undefined }) {
  const { say, format } = useTexts(texts);
  const { type, table, data } = action;
  const { id, ...fields } = data ?? {};
  const before: Fields = open?.records.find((one) => one.id === id && one.table === table)?.value ?? {};
  const show = (name: string, value: unknown): string => {
    if (value === null || value === undefined || value === '') return '–';
    if (typeof value === 'number' && name.endsWith('date')) return format.day(new Date(value).toISOString());
    if (typeof value === 'string') return value in texts ? say(value as keyof typeof texts) : value;
    return JSON.stringify(value);
  };
  const isUpdate = type === 'update_record';
  const named = Object.entries(fields).filter(
    ([name, value]) =>
      (isUpdate || (value !== null && name !== 'title' && name !== 'name')) &&
      (!isUpdate || before[name] !== value),
  );
  return (
    <div className="prose">
      {type.endsWith('_record') && (
        <p>
          {table !== null && table in texts ? say(table as keyof typeof texts) : table}:{' '}
          <b>{titleOf({ ...fields, ...before })}</b>
        </p>
      )}
      {named.map(([name, value]) => (
        <p key={name} className="dim">
          {name in texts ? say(name as keyof typeof texts) : name}:{' '}
          {isUpdate && <s>{show(name, before[name])}</s>} {show(name, value)}
        </p>
      ))}
    </div>
  );
}
