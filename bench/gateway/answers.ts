/** What the upstream says, what is asked of it, and what a right answer is. */

/** An upstream's name is the first part of its path and of the model that is asked for. */
export type Kind = 'plain' | 'stream' | 'paced';

/** Tokens of every answer, in its text and in its usage. */
const TOKENS = 64;
/** A paced answer is shorter, so that a lone caller hears many of them. */
const PACED_TOKENS = 10;
/** Milliseconds between two tokens of a paced answer, and before the first. */
export const PACE = 5;
const PROMPT_TOKENS = 41;

const tokensOf = (kind: Kind) => (kind === 'paced' ? PACED_TOKENS : TOKENS);

function usageOf(kind: Kind) {
  const completion = tokensOf(kind);
  return {
    prompt_tokens: PROMPT_TOKENS,
    completion_tokens: completion,
    total_tokens: PROMPT_TOKENS + completion,
  };
}

/** Figures of the ledger: what so many calls come to. */
export function totalsOf(calls: Readonly<Record<Kind, number>>): {
  calls: number;
  prompt: number;
  completion: number;
} {
  const kinds = Object.keys(calls) as Kind[];
  const sum = (of: (kind: Kind) => number) => kinds.reduce((total, kind) => total + of(kind), 0);
  return {
    calls: sum((kind) => calls[kind]),
    prompt: sum((kind) => calls[kind] * PROMPT_TOKENS),
    completion: sum((kind) => calls[kind] * tokensOf(kind)),
  };
}

const common = { id: 'chatcmpl-bench', created: 1_795_160_000, model: 'bench' } as const;

export const PLAIN = Buffer.from(
  JSON.stringify({
    ...common,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: ' word'.repeat(TOKENS) },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: usageOf('plain'),
  }),
);

function chunk(rest: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', ...rest })}\n\n`);
}

/** The events of a streamed answer, the end included. */
export function eventsOf(kind: Kind): readonly Buffer[] {
  const said = Array.from({ length: tokensOf(kind) }, (_, n) =>
    chunk({
      choices: [
        {
          index: 0,
          delta: n === 0 ? { role: 'assistant', content: ' word' } : { content: ' word' },
          finish_reason: null,
        },
      ],
    }),
  );
  return [
    ...said,
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    chunk({ choices: [], usage: usageOf(kind) }),
    Buffer.from('data: [DONE]\n\n'),
  ];
}

/** A request of this kind; `bytes` says about how long its text is. */
export function requestOf(kind: Kind, bytes: number): string {
  return JSON.stringify({
    model: `${kind}/bench`,
    messages: [
      { role: 'system', content: 'You write short and clear texts for people who read fast.' },
      {
        role: 'user',
        content: 'Tell me why small teams ship faster. '.repeat(Math.ceil(bytes / 37)).slice(0, bytes),
      },
    ],
    max_tokens: TOKENS,
    ...(kind === 'plain' ? {} : { stream: true, stream_options: { include_usage: true } }),
  });
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** What is wrong with an answer; undefined where it is right: whole, and with the usage that the upstream told. */
export function wrongIn({ status, text }: Answer, kind: Kind): string | undefined {
  const about = () => text.slice(0, 300);
  if (status !== 200) return `${status}: ${about()}`;
  try {
    return kind === 'plain' ? wrongInPlain(text) : wrongInStream(text, kind);
  } catch {
    return `not what was to be read: ${about()}`;
  }
}

interface ChatBody {
  readonly choices?: readonly {
    readonly message?: { content?: string };
    readonly delta?: { content?: string };
  }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number } | null;
}

function wrongInPlain(text: string): string | undefined {
  const said = JSON.parse(text) as ChatBody;
  return wrongInFigures('plain', said.usage, said.choices?.[0]?.message?.content ?? '');
}

function wrongInStream(text: string, kind: Kind): string | undefined {
  const lines = text.split('\n').filter((line) => line.startsWith('data: '));
  if (lines.pop() !== 'data: [DONE]') return `it does not end: ${text.slice(-300)}`;
  let words = '';
  let usage: ChatBody['usage'];
  for (const line of lines) {
    const said = JSON.parse(line.slice('data: '.length)) as ChatBody;
    words += said.choices?.[0]?.delta?.content ?? '';
    usage = said.usage ?? usage;
  }
  return wrongInFigures(kind, usage, words);
}

function wrongInFigures(kind: Kind, usage: ChatBody['usage'], words: string): string | undefined {
  const tokens = tokensOf(kind);
  if (words !== ' word'.repeat(tokens)) return `a text of ${words.length} characters`;
  const isRight = usage?.prompt_tokens === PROMPT_TOKENS && usage.completion_tokens === tokens;
  return isRight ? undefined : `usage ${JSON.stringify(usage)}`;
}
