import { listen, type ListeningOptions } from '../listen.ts';
import { Bill, type BilledCall } from './bill.ts';
import { PromptCache } from './anthropic/prompt-cache.ts';
import { prepareMessage } from './anthropic/serve.ts';
import { PreparedAnswers, preparedAnswers, type Vendor } from './calls.ts';
import { FaultPlan, type Faults } from './faults.ts';
import { Pace } from './pace.ts';
import { vendorListener } from './server.ts';

export { type BilledCall, readBillFile } from './bill.ts';
export { AWS_KEYS } from './converse/signature.ts';
export type { Fault, Faults } from './faults.ts';
import { PROFILES } from './profiles.ts';

export interface OpenAISandboxOptions extends ListeningOptions {
  /** Time before each answer, and over which a stream's tokens come after that; 0 by default. */
  readonly latencyMs?: number | undefined;
  /** Time between the tokens of a stream; at 0, the default, `latencyMs` says how fast they come. */
  readonly perTokenMs?: number | undefined;
  /** A file of JSON lines that gets each billed call before its answer leaves, and is read again at the next start. */
  readonly billFile?: string | undefined;
}

/** Families of models that refuse what their documents say; `…/as/NAME/v1` is the base URL of one. */
export const PROFILE_NAMES: readonly string[] = [...PROFILES.keys()];

/** A stand-in for OpenAI, Anthropic and Bedrock that is running. */
export interface OpenAISandbox {
  /** The base URL for clients: http://127.0.0.1:PORT/v1. Anthropic's package adds the /v1 itself, and Bedrock has none. */
  readonly url: string;
  /** A key that is accepted, as is any that is not empty. */
  readonly apiKey: string;
  /** The billed calls, oldest first; the last 100,000. */
  bill(): readonly BilledCall[];
  /** How many requests of the vendor's protocol came, billed or not, successful or not. */
  requests(): number;
  readonly faults: Faults;
  /** `latencyMs` from now on. */
  setLatency(ms: number): void;
  /** Stops at once: connections are cut, and what was not yet ready is neither answered nor billed. */
  close(): Promise<void>;
}

/**
 * Starts a server on loopback that speaks OpenAI's protocol (chat completions, responses, embeddings, models), Anthropic's (messages) and Bedrock's (Converse), and answers
 * from the words it is given, the same for the same request. It can be told to fail (by `faults`, by
 * `POST /sandbox/faults`, by the header `x-sandbox-fault`), and it keeps a bill, as the vendor would: a call is
 * billed when its answer is ready, whether or not the caller still waits for it; refused calls never are.
 * Throws when the port is taken.
 */
export async function createOpenAISandbox(options: OpenAISandboxOptions = {}): Promise<OpenAISandbox> {
  const vendor: Vendor = {
    bill: new Bill(options.billFile),
    faults: new FaultPlan(),
    pace: new Pace({ latencyMs: options.latencyMs ?? 0, perTokenMs: options.perTokenMs ?? 0 }),
    prepared: preparedAnswers(),
    preparedMessages: new PreparedAnswers(prepareMessage),
    promptCache: new PromptCache(),
    requests: 0,
  };
  const listening = await listen('OpenAI', vendorListener(vendor), options).catch((error: unknown) => {
    vendor.bill.close();
    throw error;
  });
  let closed: Promise<void> | undefined;
  async function end(): Promise<void> {
    vendor.pace.stop();
    await listening.close();
    vendor.bill.close();
  }
  return {
    url: `${listening.url}/v1`,
    apiKey: 'sk-sandbox',
    bill: () => vendor.bill.list(),
    requests: () => vendor.requests,
    faults: vendor.faults,
    setLatency: (ms) => {
      vendor.pace.latencyMs = ms;
    },
    close: () => (closed ??= end()),
  };
}
