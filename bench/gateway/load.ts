/** The callers of `npm run bench -- gateway`, in a process of their own. It is forked, told what to ask, and tells how it went. */
import { Client } from 'undici';
import { type Answer, type Kind, wrongIn } from './answers.ts';
import { quantile } from './arithmetic.ts';
import { endWithParent } from './child.ts';

/** What is asked, by how many, for how long, and how often at most. */
export interface Order {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Keys by turns, one call each. */
  readonly keys: readonly string[];
  readonly body: string;
  readonly kind: Kind;
  readonly callers: number;
  readonly seconds: number;
  readonly most: number;
}

export interface Outcome {
  /** Answers, all of them right, or `wrong` says what the first wrong one was. */
  readonly calls: number;
  readonly seconds: number;
  /** Milliseconds until the whole answer was there, and until the first token was. */
  readonly p50: number;
  readonly p99: number;
  readonly first: number;
  readonly wrong?: string;
}

/** After silence for so long an answer is given up: no gateway may hold the bench for ever. */
const PATIENCE = 20_000;
/** A streamed answer is read event by event this often; all are looked at for their end and usage. */
const WHOLE = 50;

const clients = new Map<string, Client[]>();
let asked = 0;

endWithParent();
process.on('message', (order: Order) => {
  void run(order).then((outcome) => process.send?.(outcome));
});
process.send?.('ready');

async function run(order: Order): Promise<Outcome> {
  const times: number[] = [];
  const firsts: number[] = [];
  let started = 0;
  let wrong: string | undefined;
  const began = performance.now();
  const until = began + order.seconds * 1_000;
  const goesOn = () => wrong === undefined && started < order.most && performance.now() < until;
  await Promise.all(
    connectionsOf(order).map(async (client) => {
      while (goesOn()) {
        started += 1;
        const heard = await call(client, order).catch((error: unknown) => String(error));
        if (typeof heard === 'string') {
          wrong ??= heard;
          return;
        }
        times.push(heard.whole);
        firsts.push(heard.first);
      }
    }),
  );
  return {
    calls: times.length,
    seconds: (performance.now() - began) / 1_000,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    first: quantile(firsts, 0.5),
    ...(wrong === undefined ? {} : { wrong }),
  };
}

/** One for each caller, who waits for an answer before the next call; they are kept for the next turn. */
function connectionsOf({ origin, callers }: Order): Client[] {
  const known = clients.get(origin) ?? [];
  clients.set(origin, known);
  while (known.length < callers)
    known.push(new Client(origin, { pipelining: 1, headersTimeout: PATIENCE, bodyTimeout: PATIENCE }));
  return known.slice(0, callers);
}

interface ReplyTimes {
  readonly whole: number;
  readonly first: number;
}

function call(client: Client, { keys, kind, path, headers, body }: Order): Promise<ReplyTimes> {
  asked += 1;
  const nth = asked;
  const authorization = `Bearer ${keys[nth % keys.length] ?? ''}`;
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const chunks: Buffer[] = [];
    let status = 0;
    let first = Number.NaN;
    const options = { method: 'POST', path, headers: { ...headers, authorization }, body } as const;
    client.dispatch(options, {
      onRequestStart() {},
      onResponseStart(_controller, code) {
        status = code;
      },
      onResponseData(_controller, chunk) {
        chunks.push(chunk);
        if (Number.isNaN(first) && chunk.includes('"content":"')) first = performance.now() - began;
      },
      onResponseEnd() {
        const whole = performance.now() - began;
        const wrong = judge({ status, text: Buffer.concat(chunks).toString('utf8') }, kind, nth);
        if (wrong === undefined) resolve({ whole, first });
        else reject(new Error(wrong));
      },
      onResponseError: (_controller, error) => reject(error),
    });
  });
}

const USAGE: Readonly<Record<Exclude<Kind, 'plain'>, RegExp>> = {
  stream: /"completion_tokens": ?64[^]*data: \[DONE\]\s*$/,
  paced: /"completion_tokens": ?10[^]*data: \[DONE\]\s*$/,
};

function judge(answer: Answer, kind: Kind, nth: number): string | undefined {
  if (kind !== 'plain' && nth % WHOLE !== 0 && answer.status === 200 && USAGE[kind].test(answer.text))
    return undefined;
  return wrongIn(answer, kind);
}
