import { Empty, LineForm, SIGNED_IN, useAccount, useApi, useTexts } from '@plinth/console';
import { adiuvaCalls } from '@plinth/sdk/adiuva';
import { streamCalls } from '@plinth/sdk/sockets';
import { type ReactNode, useState } from 'react';
import { Actions, type Proposal, proposalOf } from './actions.tsx';
import { Gate } from './gate.tsx';
import { type OpenVault, recordsOf, type Table } from './open-vault.ts';
import { texts } from './texts.ts';

/** A question, its answer, and what became of the actions that the answer proposes. */
interface Exchange {
  readonly question: string;
  readonly response: string;
  readonly proposals: readonly Proposal[];
}

/** Conversations by their vault: another page of the vault keeps them, locking it drops them. */
const kept = new WeakMap<object, readonly Exchange[]>();

/** Asks about the records of the vault, and carries out in this page what is confirmed. */
export default function Assistant() {
  const { say } = useTexts(texts);
  return (
    <Gate isOptional title={say('assistant')}>
      {(open) => <Conversation open={open} />}
    </Gate>
  );
}

function Conversation({ open }: { readonly open: OpenVault | undefined }) {
  const { say } = useTexts(texts);
  const vault = open?.vault;
  const [exchanges, setExchanges] = useState(() => (vault && kept.get(vault)) ?? []);
  const change = (next: (all: readonly Exchange[]) => readonly Exchange[]) =>
    setExchanges((all) => {
      const changed = next(all);
      if (vault !== undefined) kept.set(vault, changed);
      return changed;
    });
  const [written, ask] = useQuestion(open, exchanges, (one) => change((all) => [...all, one]));
  const settle = (index: number, proposals: readonly Proposal[]) =>
    change((all) => all.map((one, place) => (place === index ? { ...one, proposals } : one)));
  return (
    <>
      {exchanges.length === 0 && written === undefined && <Empty>{say('noTalk')}</Empty>}
      <div className="prose" role="log" aria-label={say('conversation')} aria-busy={written !== undefined}>
        {exchanges.map(({ question, response, proposals }, index) => (
          <div key={index}>
            <Words by="you" text={question} />
            <Words by="assistant" text={response}>
              {proposals.length > 0 && (
                <Actions open={open} proposals={proposals} change={(next) => settle(index, next)} ask={ask} />
              )}
            </Words>
          </div>
        ))}
        {written !== undefined && (
          <>
            <Words by="you" text={written.question} />
            <Words by="assistant" text={written.response || say('answers')} />
          </>
        )}
      </div>
      <section>
        <LineForm isLong label={say('question')} button={say('ask')} act={ask} />
        <p className="dim">{say(open === undefined ? 'sentAlone' : 'sent')}</p>
      </section>
    </>
  );
}

/** Asks by a stream, with the records as they are now and the conversation so far. */
function useQuestion(
  open: OpenVault | undefined,
  exchanges: readonly Exchange[],
  add: (exchange: Exchange) => void,
) {
  const api = useApi();
  const accountId = useAccount()?.account.id;
  const [written, setWritten] = useState<Omit<Exchange, 'proposals'>>();
  const ask = async (message: string): Promise<void> => {
    let response = '';
    setWritten({ question: message, response });
    const streams = streamCalls({ ...SIGNED_IN, accountId, WebSocket: undefined });
    try {
      const body = { message, context: contextOf(open, exchanges), execution_mode: 'direct' } as const;
      const stream = adiuvaCalls(api, streams).chatStream(body);
      for await (const text of stream) setWritten({ question: message, response: (response += text) });
      const answer = await stream.answer;
      if ('steps' in answer) return;
      add({ question: message, response: answer.response, proposals: answer.actions.map(proposalOf) });
    } finally {
      setWritten(undefined);
    }
  };
  return [written, ask] as const;
}

/** The material of a question. A list that is left out is unknown to the model; an empty one is known to be empty. */
function contextOf(open: OpenVault | undefined, exchanges: readonly Exchange[]) {
  const rows = (table: Table) =>
    open === undefined ? undefined : recordsOf(open, table).map(({ id, value }) => ({ ...value, id }));
  const lists = {
    recent_tasks: rows('tasks'),
    projects: rows('projects'),
    notes: rows('notes'),
    checkpoints: rows('checkpoints'),
    comments: rows('comments'),
  };
  return {
    user_profile: { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone },
    conversation_history: exchanges.flatMap(({ question, response, proposals }) => [
      { role: 'user', content: question },
      {
        role: 'assistant',
        content: response,
        actions: proposals.map(({ action, outcome }) => ({ ...action, outcome })),
      },
    ]),
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list !== undefined)),
  };
}

interface WordsProps {
  readonly by: 'you' | 'assistant';
  readonly text: string;
  readonly children?: ReactNode;
}

function Words({ by, text, children }: WordsProps) {
  const { say } = useTexts(texts);
  return (
    <article className="thread">
      <b className={by === 'you' ? 'dim' : undefined}>{say(by)}</b>
      <p>{text}</p>
      {children}
    </article>
  );
}
