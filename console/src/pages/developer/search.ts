export const JOB_STATES = ['ready', 'delayed', 'running', 'done', 'dead', 'cancelled'] as const;
export const DELIVERY_STATES = ['waiting', 'sending', 'delivered', 'dead'] as const;

type Raw = Readonly<Record<string, unknown>>;

const word = (raw: Raw, name: string) => {
  const said = raw[name];
  return typeof said === 'string' && said !== '' && said.length <= 200 ? { [name]: said } : {};
};
const oneOf = <Word extends string>(raw: Raw, words: readonly Word[]) =>
  words.includes(raw['status'] as Word) ? { status: raw['status'] as Word } : {};

/** What the pages' addresses say of what they show. */
export interface JobSearch {
  readonly job?: string;
  readonly status?: (typeof JOB_STATES)[number];
}
export interface WebhookSearch {
  readonly webhook?: string;
  readonly status?: (typeof DELIVERY_STATES)[number];
}
export interface MailSearch {
  readonly mail?: string;
  readonly template?: string;
}
export interface ServerSearch {
  readonly all?: true;
}

export const readJobSearch = (raw: Raw): JobSearch => ({
  ...word(raw, 'job'),
  ...oneOf(raw, JOB_STATES),
});

export const readWebhookSearch = (raw: Raw): WebhookSearch => ({
  ...word(raw, 'webhook'),
  ...oneOf(raw, DELIVERY_STATES),
});

export const readMailSearch = (raw: Raw): MailSearch => ({
  ...word(raw, 'mail'),
  ...word(raw, 'template'),
});

export const readServerSearch = (raw: Raw): ServerSearch => (raw['all'] === true ? { all: true } : {});
