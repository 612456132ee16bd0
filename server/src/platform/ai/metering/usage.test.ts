import { expect, test } from 'vitest';
import { jsonIn } from '#platform/kernel';
import { readObject } from './usage.ts';

const USAGE = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
const OTHER = { prompt_tokens: 900, completion_tokens: 900, total_tokens: 1_800 };
const choice = (content: string) => [{ index: 0, message: { role: 'assistant', content } }];

/** Tokens of prompt and completion; undefined where the answer has no figures that can be. */
function tokensIn(text: string): readonly [number, number] | undefined {
  const { usage } = readObject(jsonIn(text));
  return usage === undefined ? undefined : [usage.promptTokens, usage.completionTokens];
}

const said = (answer: object) => JSON.stringify({ id: 'x', choices: choice('tea'), ...answer });

test.each([
  ['usage', said({ usage: USAGE }), [12, 3]],
  ['none', said({}), undefined],
  ['usage that is null', said({ usage: null }), undefined],
  ['usage that is a text', said({ usage: JSON.stringify(USAGE) }), undefined],
  ['figures that are texts', said({ usage: { prompt_tokens: '12', completion_tokens: '3' } }), [12, 3]],
  [
    'figures that are other texts',
    said({ usage: { prompt_tokens: '12 k', completion_tokens: '' } }),
    undefined,
  ],
  [
    'usage written twice, of which the last holds',
    `{"choices":[1],"usage":${JSON.stringify(OTHER)},"usage":${JSON.stringify(USAGE)}}`,
    [12, 3],
  ],
  ['usage within its words only', said({ choices: choice(`"usage":${JSON.stringify(OTHER)}`) }), undefined],
  [
    'usage within its words, and its own',
    said({ choices: choice(`"usage":${JSON.stringify(OTHER)}`), usage: USAGE }),
    [12, 3],
  ],
  [
    'usage of a choice alone',
    said({ choices: [{ index: 0, message: { content: 'tea' }, usage: OTHER }] }),
    [900, 900],
  ],
  [
    'usage of a choice, and its own',
    said({ choices: [{ index: 0, message: { content: 'tea' }, usage: OTHER }], usage: USAGE }),
    [12, 3],
  ],
  [
    'usage of a choice, and one of its own without a figure',
    said({ choices: [{ index: 0, usage: OTHER }], usage: { prompt_tokens: 0, completion_tokens: null } }),
    [900, 900],
  ],
  ['Groq’s usage of a stream', said({ x_groq: { usage: USAGE } }), [12, 3]],
  ['usage deep within, and its own', said({ x: { y: [{ usage: OTHER }] }, usage: USAGE }), [12, 3]],
  ['its usage in front of everything', `{"usage":${JSON.stringify(USAGE)},"choices":[1]}`, [12, 3]],
  ['its name written in escapes', `{"choices":[1],"\\u0075sage":${JSON.stringify(USAGE)}}`, [12, 3]],
  [
    'words of more than a megabyte',
    said({ choices: choice('tea "usage" \\ é'.repeat(80_000)), usage: USAGE }),
    [12, 3],
  ],
  ['figures without a completion, beside words', said({ usage: { prompt_tokens: 12 } }), undefined],
  ['a completion that is null', said({ usage: { prompt_tokens: 12, completion_tokens: null } }), undefined],
  [
    'a completion of nothing, beside words',
    said({ usage: { ...USAGE, completion_tokens: 0, total_tokens: 12 } }),
    undefined,
  ],
  [
    'an output of nothing in Anthropic’s names, beside words',
    said({ usage: { input_tokens: 12, output_tokens: 0 } }),
    undefined,
  ],
  ['no output in Anthropic’s names', said({ usage: { input_tokens: 12 } }), undefined],
  ['a completion below nothing', said({ usage: { prompt_tokens: 12, completion_tokens: -3 } }), undefined],
  ['half a token', said({ usage: { prompt_tokens: 12, completion_tokens: 2.5 } }), undefined],
  ['no prompt', said({ usage: { completion_tokens: 3, total_tokens: 3 } }), undefined],
  [
    'no completion, and a total that has it',
    said({ usage: { prompt_tokens: 12, total_tokens: 15 } }),
    [12, 3],
  ],
  [
    'no words, and so no completion',
    said({ choices: choice(''), usage: { prompt_tokens: 12, total_tokens: 12 } }),
    [12, 0],
  ],
  [
    'a call of a tool for its words, and no completion',
    said({
      choices: [{ message: { content: null, tool_calls: [{ id: 'a' }] } }],
      usage: { prompt_tokens: 12, total_tokens: 12 },
    }),
    undefined,
  ],
  [
    'no words and no word of a completion: it may have thought',
    said({ choices: choice(''), usage: { prompt_tokens: 12 } }),
    undefined,
  ],
  ['embeddings, which have no completion', '{"data":[1],"usage":{"prompt_tokens":12}}', [12, 0]],
  ['an end that is missing', said({ usage: USAGE }).slice(0, -1), undefined],
  ['something behind its end', `${said({ usage: USAGE })}}`, undefined],
])('a plain answer that has %s', (_, text, expected) => {
  expect(tokensIn(text)).toEqual(expected);
});
