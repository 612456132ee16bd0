/** Requests of each door, and what a provider answers to them: the same words, in each protocol. */

const WORDS = ' word'.repeat(64);
const TOKENS = 64;
const PROMPT = 41;
const QUESTION = 'What does a gateway cost that has to be asked for each word of an answer?';
const DIMENSIONS = 1_536;
const INPUTS = 1_000;

export interface Exchange {
  /** Its path behind a base URL. */
  readonly path: string;
  /** The end of its path at the provider, where that is another. */
  readonly asks?: string;
  readonly request: object;
  readonly answer: Buffer;
}

const json = (value: object) => Buffer.from(JSON.stringify(value));
const asked = { role: 'user', content: QUESTION };
const vector = Buffer.from(Float32Array.from({ length: DIMENSIONS }, (_, n) => Math.sin(n)).buffer);

/** By door. A translated one is asked for another model. */
export const EXCHANGES: Readonly<Record<string, Exchange>> = {
  chat: {
    path: '/chat/completions',
    request: { model: 'bench', messages: [asked] },
    answer: json({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'bench',
      choices: [{ index: 0, message: { role: 'assistant', content: WORDS }, finish_reason: 'stop' }],
      usage: { prompt_tokens: PROMPT, completion_tokens: TOKENS, total_tokens: PROMPT + TOKENS },
    }),
  },
  responses: {
    path: '/responses',
    request: { model: 'bench', input: QUESTION },
    answer: json({
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      status: 'completed',
      model: 'bench',
      output: [
        {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: WORDS, annotations: [] }],
        },
      ],
      usage: { input_tokens: PROMPT, output_tokens: TOKENS, total_tokens: PROMPT + TOKENS },
    }),
  },
  messages: {
    path: '/messages',
    request: { model: 'bench', max_tokens: 200, messages: [asked] },
    answer: json({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'bench',
      content: [{ type: 'text', text: WORDS }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: PROMPT, output_tokens: TOKENS },
    }),
  },
  google: {
    path: '/google/v1beta/models/bench:generateContent',
    asks: ':generateContent',
    request: { contents: [{ role: 'user', parts: [{ text: QUESTION }] }] },
    answer: json({
      candidates: [{ index: 0, content: { role: 'model', parts: [{ text: WORDS }] }, finishReason: 'STOP' }],
      usageMetadata: {
        promptTokenCount: PROMPT,
        candidatesTokenCount: TOKENS,
        totalTokenCount: PROMPT + TOKENS,
      },
      modelVersion: 'bench',
      responseId: 'r1',
    }),
  },
  embeddings: {
    path: '/embeddings',
    request: {
      model: 'bench-embed',
      input: Array.from({ length: INPUTS }, (_, n) => `${QUESTION} ${n}`),
      dimensions: DIMENSIONS,
      encoding_format: 'base64',
    },
    answer: json({
      object: 'list',
      model: 'bench-embed',
      data: Array.from({ length: INPUTS }, (_, index) => ({
        object: 'embedding',
        index,
        embedding: vector.toString('base64'),
      })),
      usage: { prompt_tokens: 16_000, total_tokens: 16_000 },
    }),
  },
};
