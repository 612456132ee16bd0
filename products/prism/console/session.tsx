import {
  Act,
  Confirm,
  Empty,
  LineForm,
  StateBadge,
  Trouble,
  useApi,
  useGrant,
  useOfAccount,
  useProductSearch,
  useTexts,
} from '@plinth/console';
import type { ReplyOf } from '@plinth/sdk';
import { prismCalls } from '@plinth/sdk/prism';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useHelp } from './parts.tsx';
import { texts } from './texts.ts';

type Session = ReplyOf<'GET /v1/mirror/sessions/{id}'>;

/** A message, and its reply as far as it is written. */
interface Exchange {
  readonly content: string;
  readonly words: string;
}

/** Whether something of it is still being written, here or in another tab. */
const isUnfinished = (session: Session | undefined): boolean =>
  session?.status === 'closing' || session?.messages.some(({ status }) => status === 'waiting') === true;

/** A session: what was said, the reply as it is written, and its end. */
export function OpenSession({ id }: { readonly id: string }) {
  const { say } = useTexts(texts);
  const [exchange, send] = useExchange(id);
  const max = useGrant('prism', 'messages_per_session');
  const { data, error, refetch } = useOfAccount(
    ['prism session', id],
    ({ call }) => call('GET /v1/mirror/sessions/{id}', { params: { id } }),
    { again: (session) => (isUnfinished(session) ? 2_000 : 0) },
  );
  if (error !== null && data === undefined) return <Trouble error={error} retry={() => void refetch()} />;
  if (data === undefined) return null;
  const count = data.messages.filter(({ role }) => role === 'user').length;
  return (
    <section>
      <Bar session={data} isBusy={exchange !== undefined} />
      <Ending session={data} />
      <Conversation session={data} exchange={exchange} />
      {data.status === 'open' && (
        <section>
          <LineForm isLong label={say('message')} button={say('send')} act={(content) => send(content)} />
          {typeof max === 'number' && (
            <p className="dim">
              {say('messages')}: {say('left', { left: String(Math.max(0, max - count)), max: String(max) })}
            </p>
          )}
        </section>
      )}
    </section>
  );
}

/** Sends messages, and tells of the reply as it is written. */
function useExchange(sessionId: string) {
  const { say } = prismCalls(useApi());
  const queries = useQueryClient();
  const help = useHelp();
  const [exchange, setExchange] = useState<Exchange>();
  async function send(content: string, isSafe = false): Promise<void> {
    let words = '';
    setExchange({ content, words });
    try {
      for await (const { event, data } of say({ session_id: sessionId, content }, { isSafe })) {
        if (event === 'words') setExchange({ content, words: (words += data.text) });
        if (event === 'done') help(data, () => send(content, true));
      }
    } catch (error) {
      // If the stream was cut, the session has the whole reply soon.
      if (words === '') throw error;
    } finally {
      await queries.invalidateQueries();
      setExchange(undefined);
    }
  }
  return [exchange, send] as const;
}

function Bar({ session, isBusy }: { readonly session: Session; readonly isBusy: boolean }) {
  const { say, format } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const { id, title, status, created_at: at, messages } = session;
  const leave = () => change({ session: undefined });
  return (
    <header className="page">
      <button type="button" className="quiet" onClick={leave}>
        {say('allSessions')}
      </button>
      <h2>{title ?? format.day(at)}</h2>
      <span className="right">
        {status === 'open' && messages.length > 0 && (
          <Act
            text={say('close')}
            isDisabled={isBusy}
            act={() => call('POST /v1/mirror/sessions/{id}/close', { params: { id } })}
          />
        )}
        <Confirm
          isDangerous
          text={say('remove')}
          act={() => call('DELETE /v1/mirror/sessions/{id}', { params: { id } }).then(leave)}
        />
      </span>
    </header>
  );
}

/** The summary of a session that was closed, and what was drawn out of it. */
function Ending({ session }: { readonly session: Session }) {
  const { say } = useTexts(texts);
  const { status, summary, summary_error: why, fragments } = session;
  if (status === 'open') return null;
  return (
    <div className="preview" role="status">
      <p>{status === 'closing' ? say('closing') : (summary ?? say('noSummary', { why: why ?? '' }))}</p>
      <p className="filters">
        {[...new Set(fragments.map(({ text }) => text))].map((text) => (
          <StateBadge key={text}>{text}</StateBadge>
        ))}
      </p>
    </div>
  );
}

interface ConversationProps {
  readonly session: Session;
  readonly exchange: Exchange | undefined;
}

function Conversation({ session, exchange }: ConversationProps) {
  const { say } = useTexts(texts);
  // One that waits here stands at the end, with its reply as far as it is written.
  const messages = session.messages.filter(({ status }) => exchange === undefined || status !== 'waiting');
  if (messages.length === 0 && exchange === undefined) return <Empty>{say('noMessages')}</Empty>;
  return (
    <div className="prose" role="log" aria-label={say('messages')} aria-busy={exchange !== undefined}>
      {messages.map(({ id, role, content, status }) => (
        <Message key={id} by={role === 'user' ? 'you' : 'mirror'} text={content}>
          {status === 'cut' ? say('cut') : status === 'waiting' ? say('answers') : ''}
        </Message>
      ))}
      {exchange !== undefined && (
        <>
          <Message by="you" text={exchange.content} />
          <Message by="mirror" text={exchange.words || say('answers')} />
        </>
      )}
    </div>
  );
}

interface MessageProps {
  readonly by: 'you' | 'mirror';
  readonly text: string;
  /** A remark. */
  readonly children?: ReactNode;
}

function Message({ by, text, children }: MessageProps) {
  const { say } = useTexts(texts);
  return (
    <article className="thread">
      <b className={by === 'you' ? 'dim' : undefined}>{say(by)}</b>
      <p>
        {text} <span className="dim">{children}</span>
      </p>
    </article>
  );
}
