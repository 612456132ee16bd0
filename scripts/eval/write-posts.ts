import { z } from 'zod';
import { type Platform, PLATFORM_NAMES } from '../../products/reel/platforms.ts';
import type { Brief } from './briefs.ts';
import type { Candidate } from './rules/index.ts';

/** A server that writes posts, and a customer of it for each brief: five posts at once are what a plan allows. */
export interface Fixture {
  readonly url: string;
  readonly keys: readonly string[];
}

/** What was written for one brief on all platforms, and what it took by the ledger. */
export interface WrittenPosts {
  readonly candidates: readonly Candidate[];
  /** Requests that ended without a post, with the error's code. */
  readonly failures: readonly string[];
  readonly spent: SpentAmounts;
}

/** Figures of the ledger. */
export interface SpentAmounts {
  readonly calls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costMicros: number;
  readonly models: readonly string[];
}

const generation = z.object({
  status: z.string(),
  variants: z.array(
    z.object({ hook: z.string(), body: z.string(), cta: z.string(), hashtags: z.array(z.string()) }),
  ),
  error: z.object({ code: z.string() }).nullish(),
});

const ledger = z.object({
  events: z.array(
    z.object({
      model: z.string(),
      provider: z.string(),
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      cost_micros: z.number(),
      status: z.string(),
    }),
  ),
});

/** Variants of each request: enough to see whether they differ. */
const VARIANTS = 3;
const LONGEST_WAIT_SECONDS = 20;
const MOST_WAITS = 30;

/** Asks for posts on all platforms as a customer does, over HTTP: nothing of the product is left out or done for it. */
export async function writePosts(fixture: Fixture, brief: Brief, at: number): Promise<WrittenPosts> {
  const ask = caller(fixture.url, fixture.keys[at] ?? '');
  const results = await Promise.all(PLATFORM_NAMES.map((platform) => onePost(ask, brief, platform)));
  const spent = spentBy(ledger.parse(await ask('GET /v1/usage?limit=100')));
  return {
    candidates: results.flatMap((result) => result.candidates),
    failures: results.flatMap((result) => result.failures),
    spent,
  };
}

type Ask = (call: string, body?: object) => Promise<unknown>;

/** Calls of a customer; a refusal throws. */
export function caller(url: string, key: string): Ask {
  return async (call, body) => {
    const [method = 'GET', path = '/'] = call.split(' ');
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${call} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
}

async function onePost(
  ask: Ask,
  brief: Brief,
  platform: Platform,
): Promise<Pick<WrittenPosts, 'candidates' | 'failures'>> {
  const { id: _id, avoid: _avoid, hostile: _hostile, ...asked } = brief;
  const accepted = await ask('POST /v1/create', { ...asked, platform, variants: VARIANTS });
  const { status_url: path } = z.object({ status_url: z.string() }).parse(accepted);
  for (let wait = 0; wait < MOST_WAITS; wait += 1) {
    const { status, variants, error } = generation.parse(
      await ask(`GET ${path}?wait=${LONGEST_WAIT_SECONDS}`),
    );
    if (status === 'queued' || status === 'running') continue;
    const posts = variants.map(({ hook, body, cta, hashtags }) => ({ hook, body, cta, hashtags }));
    const candidates = posts.map((post) => ({
      brief,
      platform,
      post,
      others: posts.filter((other) => other !== post),
    }));
    return { candidates, failures: candidates.length > 0 ? [] : [error?.code ?? status] };
  }
  return { candidates: [], failures: ['never_ended'] };
}

function spentBy({ events }: z.output<typeof ledger>): SpentAmounts {
  const posted = events.filter(({ status }) => status === 'posted');
  const sum = (of: (event: (typeof posted)[number]) => number) =>
    posted.reduce((total, event) => total + of(event), 0);
  return {
    calls: posted.length,
    promptTokens: sum((event) => event.prompt_tokens),
    completionTokens: sum((event) => event.completion_tokens),
    costMicros: sum((event) => event.cost_micros),
    models: [...new Set(posted.map(({ provider, model }) => `${provider}/${model}`))],
  };
}
