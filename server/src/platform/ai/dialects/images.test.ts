import { expect, test } from 'vitest';
import { IMAGES } from './images.ts';

const FIGURES = { input_tokens: 10, output_tokens: 272, total_tokens: 282 };
const TOKENS = { promptTokens: 10, cachedTokens: 0, completionTokens: 272, reasoningTokens: 0 };

test.each([
  ['a picture', { data: [{ b64_json: 'iVBOR' }], usage: FIGURES }, true, TOKENS],
  ['a link', { data: [{ url: 'https://x.example/1.png' }], usage: FIGURES }, true, TOKENS],
  ['a picture without usage', { data: [{ url: 'https://x.example/1.png' }] }, true, undefined],
  ['a picture of no tokens', { data: [{ b64_json: 'i' }], usage: { input_tokens: 10 } }, true, undefined],
  ['no picture', { data: [], usage: FIGURES }, false, TOKENS],
  ['an empty one', { data: [{ b64_json: '' }], usage: FIGURES }, false, TOKENS],
  ['an error', { error: { message: 'no' } }, false, undefined],
  ['a text', 'no', false, undefined],
])('%s is read as what it is', (_, answer, ...[usable, usage]) => {
  expect(IMAGES.readAnswer(answer)).toMatchObject({ usable, usage });
});
