import type { Call, Caller } from './caller.ts';
import { field } from './oracle/answers.ts';

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
  cancel: 8,
  regenerate: 10,
  usage: 4,
  read: 6,
  permit: 20,
  report: 5,
};

/** What backends of an account's own may take permits for. */
const ELSEWHERE = { product: 'gateway', feature: 'external' };

/** A caller's program: one request after the other, each chosen by chance, until it is told to stop. */
export async function callUntil(caller: Caller, over: () => boolean): Promise<void> {
  const memory: Memory = { generations: [], drafts: [], keys: 0 };
  while (!over()) {
    await REQUESTS[caller.parts.chance.weighted(WEIGHTS)](caller, memory);
  }
}

type Request = (caller: Caller, memory: Memory) => Promise<unknown>;

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
    remember(memory, (await caller.repeat(call)).answer?.body);
  },

  async regenerate(caller, memory) {
    const draft = anyOf(caller, memory.drafts);
    if (draft === undefined) return;
    const body = { draft_id: draft, mode: 'full' };
    const call = { route: 'POST /v1/regenerate', key: newKey(caller, memory), body };
    remember(memory, (await caller.repeat(call)).answer?.body);
  },

  async cancel(caller, memory) {
    const id = memory.generations.at(-1);
    if (id === undefined) return;
    const path = `/v1/generations/${id}/cancel`;
    await caller.repeat({ route: 'POST /v1/generations/:id/cancel', path, key: newKey(caller, memory) });
  },

  async chat(caller, memory) {
    const { chance } = caller.parts;
    const call = { route: 'POST /v1/ai/chat/completions', body: chatBody(caller, false) };
    if (chance.happens(0.5)) await caller.repeat({ ...call, key: newKey(caller, memory) });
    else await caller.send(call);
  },

  async stream(caller, memory) {
    const { chance } = caller.parts;
    const call = { route: 'POST /v1/ai/chat/completions', body: chatBody(caller, true) };
    if (chance.happens(0.3)) await caller.repeat({ ...call, key: newKey(caller, memory) });
    else await caller.send(call);
  },

  permit: borrow,

  async report(caller) {
    const { chance } = caller.parts;
    const events = Array.from({ length: chance.between(1, 5) }, () => ({
      id: chance.uuid(),
      ...ELSEWHERE,
      cost_micros: chance.between(0, 2_000),
    }));
    await caller.repeat({ route: 'POST /v1/usage-events', body: { events } });
  },

  usage: (caller) => caller.send({ route: 'GET /v1/usage' }),

  async read(caller, memory) {
    const id = anyOf(caller, memory.generations);
    if (id === undefined) return;
    await caller.send({ route: 'GET /v1/generations/:id', path: `/v1/generations/${id}?wait=1` });
  },
};

/** A permit for work elsewhere: it is settled, given back, prolonged, or forgotten. */
async function borrow(caller: Caller, memory: Memory): Promise<void> {
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
  if (typeof id !== 'string') return;
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
  if (end === 'release') await caller.repeat(step('release', {}));
  if (end !== 'settle') return;
  const cost = { cost_micros: chance.between(0, reserve) };
  await caller.repeat(
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

function remember(memory: Memory, body: unknown): void {
  const [generation, draft] = [field(body, 'generation_id'), field(body, 'draft_id')];
  if (typeof generation === 'string') memory.generations.push(generation);
  if (typeof draft === 'string') memory.drafts.push(draft);
}

function chatBody({ parts: { chance } }: Caller, stream: boolean) {
  const content = `Say hello to crew ${chance.between(1, 30)}${' again'.repeat(chance.between(0, 12))}.`;
  return {
    model: chance.happens(0.9) ? 'sandbox-small' : 'sandbox-large',
    messages: [{ role: 'user', content }],
    ...(chance.happens(0.8) ? { max_tokens: chance.between(20, 300) } : {}),
    stream,
  };
}
