import { isRecord } from '#platform/kernel';
import type { Figures } from '../metering/usage.ts';
import { namedEvent } from './named-event.ts';

/** Says that a message is whole. */
export const END = namedEvent({ type: 'message_stop' });

/** Members that only the end of a stream can tell. */
const AT_END = new Set(['stop_reason', 'stop_sequence', 'stop_details', 'container']);

/** A plain message in the form of a stream: each block in one piece, for a provider that does not stream. */
export function asMessageStream(answer: Figures): Buffer {
  const { content, usage, ...rest } = answer;
  const blocks: readonly unknown[] = Array.isArray(content) ? content : [];
  const ends = Object.entries(rest).filter(([name]) => AT_END.has(name));
  const message = { ...rest, ...Object.fromEntries(ends.map(([name]) => [name, null])), content: [], usage };
  const delta = Object.fromEntries(ends);
  const events = [
    namedEvent({ type: 'message_start', message }),
    ...blocks.flatMap(eventsOf),
    namedEvent({ type: 'message_delta', delta, usage }),
    END,
  ];
  return Buffer.from(events.join(''));
}

function eventsOf(block: unknown, index: number): string[] {
  const [empty, deltas] = isRecord(block) ? partsOf(block) : [block, []];
  return [
    namedEvent({ type: 'content_block_start', index, content_block: empty }),
    ...deltas.map((delta) => namedEvent({ type: 'content_block_delta', index, delta })),
    namedEvent({ type: 'content_block_stop', index }),
  ];
}

/** A block as it begins, and what fills it. */
function partsOf(block: Figures): readonly [empty: Figures, deltas: readonly Figures[]] {
  switch (block['type']) {
    case 'text':
      return [{ ...block, text: '' }, [{ type: 'text_delta', text: block['text'] }]];
    case 'thinking':
      return [
        { ...block, thinking: '', signature: '' },
        [
          { type: 'thinking_delta', thinking: block['thinking'] },
          { type: 'signature_delta', signature: block['signature'] },
        ],
      ];
    case 'tool_use': {
      const json = JSON.stringify(block['input']);
      return [{ ...block, input: {} }, [{ type: 'input_json_delta', partial_json: json }]];
    }
    default:
      return [block, []];
  }
}
