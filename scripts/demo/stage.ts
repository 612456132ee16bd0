import { Customer, type CallOptions, type Reply, type StreamEvent } from './customer.ts';

/** Where the day takes place: a server, its owner's key, and what only its director may do. */
export interface Stage {
  readonly url: string;
  readonly ownerKey: string;
  /** Moves the server's clock on: `1 hour`. */
  advance(interval: string): Promise<void>;
  /** The model keeps silent at its next call, as models do. */
  nextCallHangs(): void;
  /** The model reports absurd usage at its next call. */
  nextCallIsDear(): void;
  /** Prints what happens; a test keeps still. */
  say(line: string): void;
}

/** A denial as the customer reads it. */
export interface Denial {
  readonly limit: string;
  readonly used: number;
  readonly max: number;
  readonly resets_at: string | null;
  readonly upgrade: string | null;
}

/** Who calls, and where what happens is printed. */
interface StageCaller {
  readonly stage: Pick<Stage, 'say'>;
  readonly by: Customer;
}

const WIDEST = 150;

/** Tells a call and its answer in a line each, and answers the answer. A status that was not expected ends the day. */
export async function showCall(
  { stage, by }: StageCaller,
  call: string,
  options: CallOptions & { readonly expect: number },
): Promise<Reply> {
  const { expect, ...sent } = options;
  const reply = await by.call(call, sent);
  stage.say(`  ${call}${sent.body === undefined ? '' : ` ${abbreviate(sent.body)}`}`);
  stage.say(`    ${reply.status} ${abbreviate(reply.body)}`);
  if (reply.status !== expect) {
    throw new Error(`${call} answered ${reply.status} in place of ${expect}: ${JSON.stringify(reply.body)}`);
  }
  return reply;
}

/** Tells a stream event by event, and answers them. */
export async function showStream(
  { stage, by }: StageCaller,
  call: string,
  options: CallOptions = {},
): Promise<StreamEvent[]> {
  const said = options.body === undefined ? '' : ` ${abbreviate(options.body)}`;
  stage.say(`  ${call}${said}   (accept: text/event-stream)`);
  const events: StreamEvent[] = [];
  for await (const event of by.events(call, options)) {
    stage.say(`    ${event.event} ${abbreviate(event.data)}`);
    events.push(event);
  }
  return events;
}

function abbreviate(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > WIDEST ? `${text.slice(0, WIDEST)}…` : text;
}
