import { count, dollars, httpUrl, key, setting, type Setting, text, toggle } from './setting.ts';

/** Where model calls go, and by what they are governed. */
export const AI_SETTINGS = {
  OPENAI_API_KEY: setting(key.optional(), {
    group: 'AI',
    says: 'Calls go to OpenAI. Without any key or upstream the sandbox answers.',
    secret: true,
    example: 'sk-…',
  }),
  OPENAI_BASE_URL: setting(httpUrl.default('https://api.openai.com/v1'), {
    group: 'AI',
    says: 'Where OpenAI is.',
  }),
  MINIMAX_API_KEY: setting(key.optional(), {
    group: 'AI',
    says: 'Calls go to MiniMax.',
    secret: true,
    example: '…',
  }),
  MINIMAX_BASE_URL: setting(httpUrl.default('https://api.minimax.io/v1'), {
    group: 'AI',
    says: 'Where MiniMax is.',
  }),
  AI_UPSTREAMS: setting(text.optional(), {
    group: 'AI',
    says: 'Any other OpenAI-compatible upstreams: a JSON file, or the JSON itself; a list of {"name", "base_url", "api_key"?, "keys"?, "auth_header"?, "models"?, "speaks"?, "aws"?, "google"?}. `keys` are several keys in place of one, each {"key", "name"?, "weight"?} (docs/providers.md). `base_url` may end in a query (`?api-version=` of Azure), and `auth_header` names the header that takes the key as it is (`api-key` of Azure). `models` lists its models; it is needed where the price catalogue does not know the name. `speaks` lists its protocols (`chat`, `responses`, `embeddings`, `moderations`, `images`, `speech`, `messages`, `gemini`; `converse`, `mistral`), where they are others than `chat` and `embeddings`. `aws` has keys of AWS (`access_key_id`, `secret_access_key`, `session_token`?, `region`?), `google` credentials of Vertex AI. A file that changes is read again within 2 seconds, as that of AI_CONFIG is.',
    secret: true,
    example: './upstreams.json',
  }),
  AI_CONFIG: setting(text.optional(), {
    group: 'AI',
    says: 'Prices, models, aliases, policies and allowed fields: a JSON file, or the JSON itself (docs/gateway.md). A file that changes is read again within 2 seconds; one that is not right is refused, and what was in effect stays.',
    example: './ai.json',
  }),
  AI_SLOTS: setting(text.optional(), {
    group: 'AI',
    says: 'Calls under way at once, over all processes: `provider/model=20`, with `*` for all models of a provider together, and `:batch` or `:interactive` for one lane. A call takes a place in each entry that fits it, and waits for it. Not set: as many as come.',
    example: 'openai/*=50,minimax/MiniMax-Text-01:batch=4',
  }),
  AI_FAILURES_PER_DAY: setting(dollars.default(25), {
    group: 'AI',
    says: 'Dollars a day that you bear for one account’s calls that providers broke: nobody is charged for those. Past it the account is denied until the day (UTC) is over; what its running calls may cost together stays below it too (docs/failures.md).',
  }),
  SAFETY_MODERATION: setting(toggle.default(true), {
    group: 'AI',
    says: 'Whether the provider’s moderation endpoint looks at what people write, after the rules of the precheck have passed it, where OpenAI is configured or the sandbox answers (docs/safety.md).',
  }),
  SANDBOX_AI: setting(toggle.optional(), {
    group: 'AI',
    says: 'true to run the AI sandbox in production, or beside real upstreams.',
  }),
  SANDBOX_LATENCY_MS: setting(count(600_000, 0).default(0), {
    group: 'AI',
    says: 'How long the sandbox thinks, and, when it streams, how long it writes after that.',
  }),
} as const satisfies Record<string, Setting>;
