import type { Call, Caller } from './caller.ts';
import type { Exchange } from './history.ts';
import { field } from './oracle/answers.ts';
import { sleep } from './turns.ts';

/** What a caller remembers of what it was given. */
interface Memory {
  readonly generations: string[];
  readonly drafts: string[];
  keys: number;
}

const WEIGHTS = {
  create: 30,
  chat: 34,
  stream: 12,
  leave: 8,
  cancel: 8,
  regenerate: 10,
  usage: 4,
  read: 6,
  talk: 10,
  permit: 20,
  report: 5,
};

/** What backends of an account's own may take permits for. */
const ELSEWHERE = { product: 'gateway', feature: 'external' };

/** A caller's program: one request after the other, each chosen by chance, until it is told to stop. */
export async function callUntil(caller: Caller, over: () => boolean): Promise<void> {
  const memory: Memory = { generations: [], drafts: [], keys: 0 };
  while (!over()) {
    const asked = await REQUESTS[caller.parts.chance.weighted(WEIGHTS)](caller, memory);
    if (asked !== undefined && isAway(asked)) await sleep(caller.parts.chance.between(20, 300));
  }
}

/** A caller that finds no server there waits a little, or it would ask ten thousand times while the database is away. */
function isAway({ answer }: Exchange): boolean {
  return answer === undefined || answer.status >= 500;
}

/** Answers what it heard last, if it asked anything. */
type Request = (caller: Caller, memory: Memory) => Promise<Exchange | undefined>;

const REQUESTS: Readonly<Record<keyof typeof WEIGHTS, Request>> = {
  async create(caller, memory) {
    const { chance } = caller.parts;
    const call = {
      route: 'POST /v1/create',
      key: newKey(caller, memory),
      body: {
        platform: chance.pick(['linkedin', 'x', 'tiktok']),
        topic: `Why small teams ship faster, part ${chance.between(1, 40)}`,
        variants: chance.happens(0.2) ? 3 : 1,
      },
    };
    return remember(memory, await caller.repeat(call));
  },

  async regenerate(caller, memory) {
    const draft = anyOf(caller, memory.drafts);
    if (draft === undefined) return undefined;
    const body = { draft_id: draft, mode: 'full' };
    const call = { route: 'POST /v1/regenerate', key: newKey(caller, memory), body };
    return remember(memory, await caller.repeat(call));
  },

  async cancel(caller, memory) {
    const id = memory.generations.at(-1);
    if (id === undefined) return undefined;
    const path = `/v1/generations/${id}/cancel`;
    return caller.repeat({ route: 'POST /v1/generations/:id/cancel', path, key: newKey(caller, memory) });
  },

  async chat(caller, memory) {
    const { chance } = caller.parts;
    const call = { route: 'POST /v1/ai/chat/completions', body: chatBody(caller, false) };
    if (chance.happens(0.5)) return caller.repeat({ ...call, key: newKey(caller, memory) });
    return caller.send(call);
  },

  async stream(caller, memory) {
    const { chance } = caller.parts;
    const call = { route: 'POST /v1/ai/chat/completions', body: chatBody(caller, true) };
    if (chance.happens(0.3)) return caller.repeat({ ...call, key: newKey(caller, memory) });
    return caller.send(call);
  },

  /** A caller that leaves before the end: often just before or after the first token. */
  async leave(caller) {
    const { chance } = caller.parts;
    const patience = chance.pick([
      chance.between(5, 40),
      chance.between(20, 150),
      chance.between(100, 1_000),
    ]);
    const body = chatBody(caller, chance.happens(0.7));
    return caller.send({ route: 'POST /v1/ai/chat/completions', body, patience });
  },

  /** A question to Adiuva by its socket: with a key, without one, and left in the middle. */
  async talk(caller, memory) {
    const { chance } = caller.parts;
    const body = { message: `Please go on with part ${chance.between(1, 40)}.` };
    const call = { route: 'POST /v1/chat', socket: '/v1/chat/stream', body };
    if (chance.happens(0.3)) return caller.send({ ...call, patience: chance.between(5, 1_000) });
    if (chance.happens(0.5)) return caller.repeat({ ...call, key: newKey(caller, memory) });
    return caller.send(call);
  },

  permit: borrow,

  async report(caller) {
    const { chance } = caller.parts;
    const events = Array.from({ length: chance.between(1, 5) }, () => ({
      id: chance.uuid(),
      ...ELSEWHERE,
      cost_micros: chance.between(0, 2_000),
    }));
    return caller.repeat({ route: 'POST /v1/usage-events', body: { events } });
  },

  usage: (caller) => caller.send({ route: 'GET /v1/usage' }),

  async read(caller, memory) {
    const id = anyOf(caller, memory.generations);
    if (id === undefined) return undefined;
    return caller.send({ route: 'GET /v1/generations/:id', path: `/v1/generations/${id}?wait=1` });
  },
};

/** A permit for work elsewhere: it is settled, given back, prolonged, or forgotten. */
async function borrow(caller: Caller, memory: Memory): Promise<Exchange> {
  const { chance } = caller.parts;
  const units = chance.between(1, 3);
  const reserve = chance.between(0, 4_000);
  const wanted = { ...ELSEWHERE, units, ttl_seconds: chance.between(1, 20) };
  const taken = await caller.repeat({
    route: 'POST /v1/permits',
    key: newKey(caller, memory),
    body: { ...wanted, estimate: { cost_micros: reserve } },
  });
  const id = field(taken.answer?.body, 'permit_id');
  if (typeof id !== 'string') return taken;
  const step = (name: string, body: object): Call => ({
    route: `POST /v1/permits/:id/${name}`,
    path: `/v1/permits/${id}/${name}`,
    body,
  });
  if (chance.happens(0.2)) {
    const more = { ttl_seconds: chance.between(1, 20), cost_micros: reserve + chance.between(0, 1_000) };
    await caller.repeat(step('extend', more));
  }
  const end = chance.weighted({ settle: 7, release: 2, forget: 1 });
  if (end === 'release') return caller.repeat(step('release', {}));
  if (end !== 'settle') return taken;
  const cost = { cost_micros: chance.between(0, reserve) };
  return caller.repeat(
    step('settle', chance.happens(0.3) ? { ...cost, units: chance.between(0, units) } : cost),
  );
}

function newKey({ parts }: Caller, memory: Memory): string {
  memory.keys += 1;
  return `${parts.name}-key-${memory.keys}`;
}

function anyOf({ parts }: Caller, ids: readonly string[]): string | undefined {
  return ids[parts.chance.between(0, Math.max(0, ids.length - 1))];
}

function remember(memory: Memory, exchange: Exchange): Exchange {
  const body = exchange.answer?.body;
  const [generation, draft] = [field(body, 'generation_id'), field(body, 'draft_id')];
  if (typeof generation === 'string') memory.generations.push(generation);
  if (typeof draft === 'string') memory.drafts.push(draft);
  return exchange;
}

function chatBody({ parts: { chance } }: Caller, stream: boolean) {
  const content = `Say hello to crew ${chance.between(1, 30)}${' again'.repeat(chance.between(0, 12))}.`;
  return {
    model: chance.weighted({ 'sandbox-small': 75, 'sandbox-large': 10, 'sandbox-reasoning': 15 }),
    messages: [{ role: 'user', content }],
    ...(chance.happens(0.8) ? { max_tokens: chance.between(20, 300) } : {}),
    stream,
  };
}
