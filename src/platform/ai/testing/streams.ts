import { readFileSync } from 'node:fs';
import type { TokenUsage } from '../metering/usage.ts';

/** A stream as a vendor's documentation shows it: its form, with words of ours. */
export interface VendorStream {
  readonly name: string;
  /** Where the form is documented. */
  readonly source: string;
  readonly bytes: Buffer;
  /** What the vendor bills, in our terms; none where it says nothing. */
  readonly usage: TokenUsage | undefined;
  /** The events with words, thoughts or arguments. */
  readonly shownTokens: number;
  readonly id: string;
}

type Facts = Omit<VendorStream, 'name' | 'bytes'>;

/** Prompt, cached, completion, reasoning, and what was written to a cache. */
function billed(tokens: readonly [number, number, number, number], written = 0): TokenUsage {
  const [promptTokens, cachedTokens, completionTokens, reasoningTokens] = tokens;
  return {
    promptTokens,
    cachedTokens,
    ...(written === 0 ? {} : { cacheWriteTokens: written }),
    completionTokens,
    reasoningTokens,
  };
}

const FACTS: Readonly<Record<string, Facts>> = {
  openai: {
    source: 'https://platform.openai.com/docs/api-reference/chat-streaming/streaming',
    usage: billed([19, 0, 4, 0]),
    shownTokens: 8,
    id: 'chatcmpl-Bx1a',
  },
  'azure-openai': {
    source: 'https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming',
    usage: billed([11, 0, 3, 0]),
    shownTokens: 4,
    id: 'chatcmpl-Az7',
  },
  openrouter: {
    source: 'https://openrouter.ai/docs/api-reference/streaming',
    usage: billed([1_194, 1_000, 9, 2], 150),
    shownTokens: 4,
    id: 'gen-1751-aB',
  },
  groq: {
    source: 'https://console.groq.com/docs/api-reference#chat-create',
    usage: billed([43, 0, 3, 0]),
    shownTokens: 4,
    id: 'chatcmpl-0a2f',
  },
  mistral: {
    source: 'https://docs.mistral.ai/api/#tag/chat',
    usage: billed([16, 0, 3, 0]),
    shownTokens: 3,
    id: 'cmpl-e5cc',
  },
  deepseek: {
    source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    usage: billed([40, 32, 6, 3]),
    shownTokens: 3,
    id: '1f633d8b-fc58',
  },
  xai: {
    source: 'https://docs.x.ai/docs/guides/streaming-response',
    usage: billed([32, 6, 96, 94]),
    shownTokens: 8,
    id: '5d41-xai',
  },
  together: {
    source: 'https://docs.together.ai/reference/chat-completions-1',
    usage: billed([41, 0, 3, 0]),
    shownTokens: 2,
    id: 'oL8v',
  },
  fireworks: {
    source: 'https://docs.fireworks.ai/api-reference/post-chatcompletions',
    usage: billed([24, 16, 3, 0]),
    shownTokens: 2,
    id: '3eb0ea8f',
  },
  vllm: {
    source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html',
    usage: billed([13, 0, 3, 0]),
    shownTokens: 3,
    id: 'chatcmpl-7c0d',
  },
  ollama: {
    source: 'https://docs.ollama.com/api/openai-compatibility',
    usage: billed([26, 0, 3, 0]),
    shownTokens: 2,
    id: 'chatcmpl-519',
  },
  'lm-studio': {
    source: 'https://lmstudio.ai/docs/app/api/tools',
    usage: undefined,
    shownTokens: 7,
    id: 'chatcmpl-uu9',
  },
  minimax: {
    source: 'https://platform.minimax.io/docs/api-reference/text-post',
    usage: billed([248, 0, 4, 1]),
    shownTokens: 7,
    id: '04ecb5d9b1921ae0fb0e8da9017a5474',
  },
  gemini: {
    source: 'https://ai.google.dev/gemini-api/docs/openai',
    usage: billed([8, 0, 53, 51]),
    shownTokens: 3,
    id: 'DQhoaKz3',
  },
  anthropic: {
    source: 'https://docs.anthropic.com/en/api/openai-sdk',
    usage: billed([2_095, 200, 4, 0], 1_800),
    shownTokens: 3,
    id: 'msg_01XF',
  },
};

/** The streams of all vendors, each from its file in `streams/`. */
export const VENDOR_STREAMS: readonly VendorStream[] = Object.entries(FACTS).map(([name, facts]) => ({
  name,
  ...facts,
  bytes: readFileSync(new URL(`./streams/${name}.sse`, import.meta.url)),
}));
