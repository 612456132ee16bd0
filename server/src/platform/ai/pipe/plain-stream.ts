import type { StreamSource } from './live-stream.ts';
import { isRecord, parseText } from '../metering/usage.ts';

/**
 * A plain answer in the form of a stream, for a caller who asked for one: some servers answer plainly to either request.
 * One event of all words, the event of usage, and [DONE]; undefined: it is nested too deep.
 */
export function asStream(body: Buffer): Buffer | undefined {
  const answer = parseText(body.toString('utf8'));
  if (!isRecord(answer)) return Buffer.alloc(0);
  const { choices, usage, ...common } = answer;
  const frame = { ...common, object: 'chat.completion.chunk' };
  const events = [{ ...frame, choices: Array.isArray(choices) ? choices.map(asDelta) : [] }];
  const all = [...events, ...(isRecord(usage) ? [{ ...frame, choices: [], usage }] : [])];
  try {
    return Buffer.from(
      `${all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`,
    );
  } catch (error) {
    // JSON that can be parsed may be too deep to be written.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function asDelta(choice: unknown): unknown {
  if (!isRecord(choice)) return choice;
  const { message, ...rest } = choice;
  if (!isRecord(message)) return choice;
  const calls = message['tool_calls'];
  const numbered = Array.isArray(calls)
    ? { tool_calls: calls.map((call: unknown, index) => (isRecord(call) ? { index, ...call } : call)) }
    : {};
  return { ...rest, delta: { ...message, ...numbered } };
}

/** Nothing more comes: the whole answer is the stream's head. */
export function endedSource(head: Buffer): StreamSource {
  return {
    head,
    attach: (consumer) => consumer.end(),
    resume: () => {},
    stop: () => {},
    conclude: () => {},
  };
}
