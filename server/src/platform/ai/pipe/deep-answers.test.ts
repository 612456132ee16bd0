import { expect, test } from 'vitest';
import { unlessTooDeep } from '#platform/kernel';
import { CHAT } from '../dialects/chat.ts';
import { MESSAGES } from '../dialects/messages.ts';
import { RESPONSES } from '../dialects/responses.ts';
import { createPrices } from '../metering/prices.ts';
import type { Target } from '../providers/providers.ts';
import { readWire } from '../wire.ts';
import { toCallFigures } from './ledger.ts';

/** It can be parsed, and not be written again. */
const DEEP = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const ANSWERS = [
  [CHAT, `{"choices":[{"message":{"content":${DEEP}}}]}`],
  [RESPONSES, `{"output":[{"type":"message","content":[{"type":"output_text","text":${DEEP}}]}]}`],
  [MESSAGES, `{"content":[{"type":"text","text":${DEEP}}],"stop_reason":"end_turn"}`],
] as const;

test.each(ANSWERS)(
  'an answer that is nested too deep has no words to count, and is no stream: $name',
  (dialect, text) => {
    const wire = readWire(dialect, '{"model":"m"}');
    const answer = JSON.parse(text) as Record<string, unknown>;
    const body = Buffer.from(text);
    const target = { price: createPrices().default } as Target;
    const { shown, shownTokens } = toCallFigures({ wire, target }, dialect.readAnswer(answer), {
      headers: {},
      body,
    });
    expect([shown, shownTokens > 0]).toEqual([undefined, true]);
    expect(unlessTooDeep(() => dialect.asStream(answer))).toBeUndefined();
  },
);
